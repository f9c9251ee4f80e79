package rules

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dlclark/regexp2/v2"
)

const (
	defaultThreshold = 0.5
	defaultScore     = 0.5 // of a pattern that states none
	wordScore        = 0.6 // of the words list: a listed word is meant
	defaultPass      = 0.3
	defaultFail      = -0.3
	wordsPerPattern  = 200 // listed words are joined to patterns of this size
)

// rule is a compiled rule. It never changes after Load.
type rule struct {
	id, kind, file string
	line, order    int
	regions        []string
	patterns       []pattern
	shapes         []shapeOf
	said           *said
	validator      string // "" for none
	validate       validator
	pass, fail     float64
	drop           bool // a failed validator drops the match
	near, far      bitset
	kinds          []string
	roots          []string // kinds, and the kinds that their rules look for in turn
	best           float64  // the most that the validator adds
	window         int
	boost          float64
	where          whereYAML
	direction      int8 // -1 both, else a Direction
	threshold      float64
	mode           Mode
	tests          testsYAML
}

// pattern is one way to match a rule.
type pattern struct {
	engine  *engine
	score   float64
	ceiling float64 // the highest score of a match without context
	name    string  // for reasons: its number in the rule, or "words"
	need    need
}

// prompt is a compiled prompt rule.
type prompt struct {
	id, file    string
	line, order int
	asks        []string
	said        *said // words that may be asked for
	patterns    []pattern
	ignore      []pattern
	mode        Mode
	tests       testsYAML
}

// compileRule builds what check has found complete; its errors are complaints
// about patterns.
func compileRule(doc document, i int, lexicon *lexicon, compiled regexes, complain func(text string, path ...any)) *rule {
	y := doc.file.Rules[i]
	r := &rule{
		id: y.ID, kind: y.Kind, file: doc.name, line: doc.line("rules", i),
		regions: upperAll(y.Regions), validator: y.Validate.Name, validate: validatorNamed(y.Validate.Name),
		pass: y.Validate.Pass.or(defaultPass), fail: y.Validate.Fail.or(defaultFail), drop: y.Validate.Fail.drop,
		near: lexicon.add(y.Context.Near), far: lexicon.add(y.Context.Far), kinds: y.Context.Kinds,
		window: y.Context.Window, boost: y.Context.Boost.or(defaultBoost),
		where: y.Where, direction: -1, threshold: y.Threshold.or(defaultThreshold), tests: y.Tests,
	}
	r.mode, _ = ParseMode(y.Mode) // check has complained
	if r.window == 0 {
		r.window = defaultWindow
	}
	switch y.Where.Direction {
	case "inbound":
		r.direction = int8(Inbound)
	case "outbound":
		r.direction = int8(Outbound)
	}
	for j, written := range y.Patterns {
		p, err := compiled.pattern(written.Regex, written.Span)
		if err != nil {
			complain("pattern "+quote(written.Regex)+" does not compile: "+err.Error(), "rules", i, "patterns", j, "regex")
			continue
		}
		p.score, p.name = written.Score.or(defaultScore), strconv.Itoa(j+1)
		r.patterns = append(r.patterns, p)
	}
	for j, written := range y.Shapes {
		variants, err := newShapes(written.Form)
		if err != nil {
			complain("shape "+quote(written.Form)+": "+err.Error(), "rules", i, "shapes", j, "form")
			continue
		}
		f := &form{name: written.Form, score: written.Score.or(defaultScore)}
		for _, v := range variants {
			r.shapes = append(r.shapes, shapeOf{shape: v, rule: r, form: f})
		}
	}
	r.said = newSaid(y.Said)
	r.patterns = append(r.patterns, wordPatterns(y.Words)...)
	r.best = r.bestVerdict()
	for j := range r.patterns {
		r.patterns[j].ceiling = r.patterns[j].score + r.best
	}
	return r
}

// bestVerdict is the most that the validator adds.
func (r *rule) bestVerdict() float64 {
	switch {
	case r.validate == nil:
		return 0
	case r.drop:
		return r.pass
	default:
		return max(r.pass, r.fail)
	}
}

func newPattern(regex, span string) (pattern, error) {
	compiled, err := compileRegex(regex)
	if err != nil {
		return pattern{}, err
	}
	e, err := newEngine(compiled, span)
	return pattern{engine: e, need: needOf(regex)}, err
}

// wordPatterns turns a list of words and phrases into patterns that match them
// as whole words, white space in phrases as any few of white space. Each word's
// longest part in ASCII calls the pattern up, however long the list is.
func wordPatterns(words []string) []pattern {
	var patterns []pattern
	for chunk := range slices.Chunk(words, wordsPerPattern) {
		quoted := make([]string, 0, len(chunk))
		for _, word := range chunk {
			parts := strings.Fields(foldText(word))
			for i := range parts {
				parts[i] = regexp2.Escape(parts[i])
			}
			quoted = append(quoted, strings.Join(parts, `\s{1,4}`))
		}
		p, err := newPattern(`(?<![\p{L}\p{N}_])(?:`+strings.Join(quoted, "|")+`)(?![\p{L}\p{N}_])`, "")
		if err != nil { // escaped text always compiles
			continue
		}
		p.score, p.name = wordScore, "words"
		list, foreign := listedWords(chunk)
		p.need.words = []wordList{{list, p.need.extent.width, foreign}}
		patterns = append(patterns, p)
	}
	return patterns
}

// listedWords returns a literal of each word or phrase in ASCII, and whether
// some have no letter in ASCII.
func listedWords(words []string) (list []string, foreign bool) {
	for _, word := range words {
		if literal := literalOf(wordsOf(foldText(word))); literal != "" {
			list = append(list, literal)
		} else {
			foreign = true
		}
	}
	return list, foreign
}

func compilePrompt(doc document, i int, compiled regexes, complain func(text string, path ...any)) *prompt {
	y := doc.file.Prompts[i]
	p := &prompt{id: y.ID, file: doc.name, line: doc.line("prompts", i), asks: y.Asks, tests: y.Tests}
	p.mode, _ = ParseMode(y.Mode)
	build := func(key string, list []string) []pattern {
		var patterns []pattern
		for j, regex := range list {
			p, err := compiled.pattern(regex, "")
			if err != nil {
				complain("pattern "+quote(regex)+" does not compile: "+err.Error(), "prompts", i, key, j)
				continue
			}
			patterns = append(patterns, p)
		}
		return patterns
	}
	p.patterns, p.ignore = build("patterns", y.Patterns), build("ignore", y.Ignore)
	p.said = wordsAsked(y.Words)
	return p
}

func upperAll(list []string) []string {
	result := make([]string, len(list))
	for i, s := range list {
		result[i] = strings.ToUpper(s)
	}
	return result
}

func clamp(score float64) float64 {
	// Rounded so that 0.1 + 0.4 reaches 0.5: authors add in decimal.
	return math.Round(min(1, max(0, score))*1e6) / 1e6
}
