package rules

import (
	"slices"
	"unicode"
)

// Written is a rule or prompt rule as its file has it, for tools that read
// rules instead of running them.
type Written struct {
	ID, Kind, File    string
	Line              int
	Asks              []string // of a prompt rule
	Regions           []string
	Patterns, Ignores []WrittenPattern
	Words             []string
	Shapes, Said      int // how many of them it has: native matchers, which cannot run away
	Near              []string
	Where             Context // where its examples are run: the first direction, channel, account, field, region that it names
	Mode              string
	Match, Ignore     []WrittenText // its examples
}

// Prompt tells a prompt rule from a rule.
func (w Written) Prompt() bool { return len(w.Asks) > 0 }

// WrittenPattern is one regular expression of a rule.
type WrittenPattern struct {
	Regex, Span string
	Line        int
}

// WrittenText is one example of a rule.
type WrittenText struct {
	Text string
	Line int
}

// Read decodes rule files without compiling them, in the order in which they
// are loaded. Its error is of type Errors. What Load would refuse besides, such
// as a pattern that does not compile, is not looked at.
func Read(sources []Source) ([]Written, error) {
	files, _, complaints := expand(sources)
	var list []Written
	for _, file := range files {
		doc, wrong := decode(file.Name, file.Body)
		complaints = append(complaints, wrong...)
		if wrong != nil {
			continue
		}
		for i := range doc.file.Rules {
			list = append(list, doc.written(i))
		}
		for i := range doc.file.Prompts {
			list = append(list, doc.writtenPrompt(i))
		}
	}
	if len(complaints) > 0 {
		return nil, complaints
	}
	return list, nil
}

func (d document) written(i int) Written {
	y := d.file.Rules[i]
	w := Written{
		ID: y.ID, Kind: y.Kind, File: d.name, Line: d.line("rules", i), Regions: upperAll(y.Regions), Words: y.Words,
		Shapes: len(y.Shapes), Said: len(y.Said), Near: y.Context.Near, Mode: y.Mode,
		Match: d.examples(y.Tests.Match, "rules", i, "tests", "match"), Ignore: d.examples(y.Tests.Ignore, "rules", i, "tests", "ignore"),
	}
	for j, p := range y.Patterns {
		w.Patterns = append(w.Patterns, WrittenPattern{p.Regex, p.Span, d.line("rules", i, "patterns", j, "regex")})
	}
	w.Where = Context{Channel: first(y.Where.Channels), Account: first(y.Where.Accounts), Field: first(y.Where.Fields), Region: or(first(w.Regions), fallbackRegions[0])}
	if y.Where.Direction == Outbound.String() {
		w.Where.Direction = Outbound
	}
	if len(y.Where.Asked) > 0 {
		w.Where.Asked = slices.Clone(y.Where.Asked[:1])
	}
	return w
}

func (d document) writtenPrompt(i int) Written {
	y := d.file.Prompts[i]
	w := Written{
		ID: y.ID, Asks: y.Asks, File: d.name, Line: d.line("prompts", i), Mode: y.Mode, Words: y.Words, Where: Context{Direction: Outbound},
		Match: d.examples(y.Tests.Match, "prompts", i, "tests", "match"), Ignore: d.examples(y.Tests.Ignore, "prompts", i, "tests", "ignore"),
	}
	for j, regex := range y.Patterns {
		w.Patterns = append(w.Patterns, WrittenPattern{Regex: regex, Line: d.line("prompts", i, "patterns", j)})
	}
	for j, regex := range y.Ignore {
		w.Ignores = append(w.Ignores, WrittenPattern{Regex: regex, Line: d.line("prompts", i, "ignore", j)})
	}
	return w
}

func (d document) examples(texts []string, path ...any) []WrittenText {
	var list []WrittenText
	for i, text := range texts {
		list = append(list, WrittenText{text, d.line(append(slices.Clone(path), i)...)})
	}
	return list
}

// Probe is one pattern by itself, run as a scan runs it: on folded text, within
// the budget of one search.
type Probe struct{ engine *engine }

// NewProbe compiles a pattern; span is the number or name of a group, or "".
func NewProbe(regex, span string) (*Probe, error) {
	setClock()
	p, err := newPattern(regex, span)
	if err != nil {
		return nil, err
	}
	return &Probe{p.engine}, nil
}

// Matches tells whether the pattern matches anywhere in text. ErrBudget says
// that the engine gave up. A text is as long as one window at most; what is
// beyond is not looked at.
func (p *Probe) Matches(text string) (bool, error) {
	runes := []rune(foldText(text))
	runes = runes[:min(len(runes), windowRunes)]
	found := false
	err := p.engine.each(runes, 0, func(int, int, int) bool {
		found = true
		return false
	})
	return found, err
}

// MaxWindow is how many characters of a text a pattern sees at once.
const MaxWindow = windowRunes

// Cost is what the prefilter can do for a pattern.
type Cost struct {
	Everywhere bool // nothing calls it up: it runs on every text
	Whole      bool // its matches have no longest one: where it runs, it runs over the whole text
}

// CostOf derives the cost of a pattern from its syntax tree.
func CostOf(regex string) Cost {
	n := needOf(regex)
	return Cost{Everywhere: n.digits == 0 && len(n.words) == 0, Whole: n.extent.width >= unbounded}
}

// maxShown bounds what ShapeOf returns, in characters.
const maxShown = 48

// ShapeOf returns what a value looks like without what it says, for reports: every
// digit is a 9, every letter an a or A, every other character that is not ASCII
// a ?; the rest stays.
func ShapeOf(value string) string {
	shape := make([]rune, 0, maxShown)
	for _, r := range value {
		if len(shape) == maxShown {
			return string(append(shape, '…'))
		}
		switch {
		case unicode.IsDigit(r):
			r = '9'
		case unicode.IsUpper(r):
			r = 'A'
		case unicode.IsLetter(r):
			r = 'a'
		case r == '\n' || r == '\r' || r == '\t':
			r = ' '
		case r < ' ' || r > '~':
			r = '?'
		}
		shape = append(shape, r)
	}
	return string(shape)
}
