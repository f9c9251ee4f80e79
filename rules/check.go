package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxRules        = 1000
	maxPatternBytes = 4 << 10
	maxQuotedRunes  = 80
)

var (
	idShape     = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	kindShape   = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)
	regionShape = regexp.MustCompile(`^[A-Za-z]{2}$`)
	channels    = []string{"messenger", "instagram", "whatsapp"}
)

// checker collects every complaint of a load.
type checker struct {
	complaints Errors
	first      map[string]string // id to where it was first defined
	count      int
}

// quote shows an author's own text, shortened.
func quote(text string) string {
	if runes := []rune(text); len(runes) > maxQuotedRunes {
		text = string(runes[:maxQuotedRunes]) + "…"
	}
	return strconv.Quote(text)
}

// at returns a function that complains about one rule of doc.
func (c *checker) at(doc document, id string) func(text string, path ...any) {
	return func(text string, path ...any) {
		c.complaints = append(c.complaints, Complaint{File: doc.name, Line: doc.line(path...), Rule: id, Text: text})
	}
}

func (c *checker) id(doc document, id, section string, i int) {
	complain := c.at(doc, "")
	c.count++
	if c.count == maxRules+1 {
		complain(fmt.Sprintf("more than %d rules; remove some or load fewer packs", maxRules), section, i)
	}
	switch {
	case id == "":
		complain("the rule has no id; add one of a-z, 0-9 and _", section, i)
	case !idShape.MatchString(id):
		complain("id "+quote(id)+" must be at most 64 of a-z, 0-9 and _, a letter first", section, i, "id")
	case c.first[id] != "":
		complain(fmt.Sprintf("id %s is already defined at %s; rename one", id, c.first[id]), section, i, "id")
	default:
		c.first[id] = fmt.Sprintf("%s:%d", doc.name, doc.line(section, i, "id"))
	}
}

// rule checks what needs no engine.
func (c *checker) rule(doc document, i int) {
	r := doc.file.Rules[i]
	c.id(doc, r.ID, "rules", i)
	complain := c.at(doc, r.ID)
	if r.Kind == "" {
		complain("the rule has no kind; add one such as phone, or a name of your own", "rules", i)
	} else if !kindShape.MatchString(r.Kind) {
		complain("kind "+quote(r.Kind)+" must be of a-z, 0-9 and _", "rules", i, "kind")
	}
	if len(r.Patterns)+len(r.Shapes)+len(r.Said)+len(r.Words) == 0 {
		complain("the rule matches nothing; add patterns, shapes, said or words", "rules", i)
	}
	for j, region := range r.Regions {
		if !regionShape.MatchString(region) {
			complain("region "+quote(region)+" is not a two-letter ISO 3166 code such as US", "rules", i, "regions", j)
		}
	}
	for j, p := range r.Patterns {
		checkRegex(p.Regex, complain, "rules", i, "patterns", j, "regex")
		checkRange("score", p.Score, -1, 1, complain, "rules", i, "patterns", j, "score")
	}
	for j, shape := range r.Shapes {
		checkRange("score", shape.Score, -1, 1, complain, "rules", i, "shapes", j, "score")
	}
	for _, problem := range checkSaid(r.Said) {
		complain(problem.Error(), "rules", i, "said")
	}
	for j, word := range r.Words {
		if len(wordsOf(word)) == 0 || len(word) > maxPatternBytes {
			complain("word "+quote(word)+" needs a letter or digit and at most 4 KiB", "rules", i, "words", j)
		}
	}
	if t := r.Threshold; t.set && (t.value <= 0 || t.value > 1) {
		complain("threshold must be above 0 and at most 1", "rules", i, "threshold")
	}
	checkMode(r.Mode, complain, "rules", i, "mode")
	checkValidate(r.Validate, complain, i)
	checkContext(r.Context, complain, i)
	checkWhere(r.Where, complain, i)
}

func checkMode(mode string, complain func(string, ...any), path ...any) {
	if _, err := ParseMode(mode); err != nil {
		complain(err.Error(), path...)
	}
}

func checkRange(name string, n number, low, high float64, complain func(string, ...any), path ...any) {
	if n.set && (n.value < low || n.value > high) {
		complain(fmt.Sprintf("%s must be from %g to %g", name, low, high), path...)
	}
}

func checkRegex(regex string, complain func(string, ...any), path ...any) {
	switch {
	case regex == "":
		complain("the pattern is empty; write a regular expression or remove it", path...)
		return
	case len(regex) > maxPatternBytes:
		complain("the pattern is over 4 KiB; split it", path...)
		return
	case !utf8.ValidString(regex):
		complain("the pattern is not valid UTF-8", path...)
		return
	}
	for _, r := range regex {
		switch to := foldRune(r); {
		case to == r:
		case to == removed:
			complain(fmt.Sprintf("the pattern holds the invisible character U+%04X, which scanned text never has; remove it", r), path...)
			return
		default:
			complain(fmt.Sprintf("the pattern holds U+%04X, which scanned text shows as %q; write that", r, to), path...)
			return
		}
	}
}

func checkValidate(v validateYAML, complain func(string, ...any), i int) {
	if v.Name == "" {
		if v.Pass.set || v.Fail.set {
			complain("validate has no name; add one of those that piiproxy rules validators lists", "rules", i, "validate")
		}
		return
	}
	if validatorNamed(v.Name) == nil {
		complain("unknown validator "+quote(v.Name)+suggest(v.Name, Validators())+"; piiproxy rules validators lists all",
			"rules", i, "validate", "name")
	}
	checkRange("pass", v.Pass, -1, 1, complain, "rules", i, "validate", "pass")
	checkRange("fail", v.Fail.number, -1, 1, complain, "rules", i, "validate", "fail")
}

func checkContext(x contextYAML, complain func(string, ...any), i int) {
	for _, list := range []struct {
		key   string
		words []string
	}{{"near", x.Near}, {"far", x.Far}} {
		for j, text := range list.words {
			if len(wordsOf(text)) == 0 || len(text) > 200 {
				complain(list.key+" "+quote(text)+" needs a letter or digit and at most 200 bytes", "rules", i, "context", list.key, j)
			}
		}
	}
	for j, kind := range x.Kinds {
		if !kindShape.MatchString(kind) {
			complain("kind "+quote(kind)+" must be of a-z, 0-9 and _", "rules", i, "context", "kinds", j)
		}
	}
	if x.Window < 0 || x.Window > maxWindow {
		complain(fmt.Sprintf("window must be from 1 to %d words", maxWindow), "rules", i, "context", "window")
	}
	checkRange("boost", x.Boost, 0, 1, complain, "rules", i, "context", "boost")
}

func checkWhere(w whereYAML, complain func(string, ...any), i int) {
	if w.Direction != "" && w.Direction != "inbound" && w.Direction != "outbound" {
		complain("direction must be inbound or outbound; leave it out for both"+
			suggest(w.Direction, []string{"inbound", "outbound"}), "rules", i, "where", "direction")
	}
	for j, name := range w.Channels {
		if !slices.Contains(channels, name) {
			complain("unknown channel "+quote(name)+suggest(name, channels)+"; known: "+strings.Join(channels, ", "),
				"rules", i, "where", "channels", j)
		}
	}
}

// prompt checks a prompt rule.
func (c *checker) prompt(doc document, i int) {
	p := doc.file.Prompts[i]
	c.id(doc, p.ID, "prompts", i)
	complain := c.at(doc, p.ID)
	if len(p.Asks) == 0 {
		complain("the prompt rule has no asks; list the kinds it asks for", "prompts", i)
	}
	if len(p.Patterns)+len(p.Words) == 0 {
		complain("the prompt rule matches nothing; add words or patterns", "prompts", i)
	}
	for j, word := range p.Words {
		switch {
		case len(wordsOf(word)) == 0 || len(word) > maxPatternBytes:
			complain("word "+quote(word)+" needs a letter or digit and at most 4 KiB", "prompts", i, "words", j)
		case alternatives(word) == nil:
			complain("word "+quote(word)+" stands for more than "+strconv.Itoa(maxAlternatives)+" phrases, or its groups nest or are open; write several", "prompts", i, "words", j)
		}
	}
	for j, regex := range p.Patterns {
		checkRegex(regex, complain, "prompts", i, "patterns", j)
	}
	for j, regex := range p.Ignore {
		checkRegex(regex, complain, "prompts", i, "ignore", j)
	}
	checkMode(p.Mode, complain, "prompts", i, "mode")
}

// kinds checks that every kind that is asked for, or is a context, exists:
// produced by a loaded rule, or one that piiproxy names itself.
func (c *checker) kinds(docs []document) {
	known := BuiltinKinds()
	for _, doc := range docs {
		for _, r := range doc.file.Rules {
			known = append(known, r.Kind)
		}
	}
	check := func(doc document, id string, list []string, path ...any) {
		for j, kind := range list {
			if !slices.Contains(known, kind) {
				c.at(doc, id)("no loaded rule finds kind "+quote(kind)+suggest(kind, known), append(path, j)...)
			}
		}
	}
	for _, doc := range docs {
		for i, r := range doc.file.Rules {
			check(doc, r.ID, r.Where.Asked, "rules", i, "where", "asked")
			check(doc, r.ID, r.Context.Kinds, "rules", i, "context", "kinds")
		}
		for i, p := range doc.file.Prompts {
			check(doc, p.ID, p.Asks, "prompts", i, "asks")
		}
	}
}
