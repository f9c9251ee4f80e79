package rules

import (
	"math"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// ruleFile is one YAML file. The types below are plain values without custom
// decoding: a custom UnmarshalYAML on a struct would switch off KnownFields
// inside it. Only the scalars at the end of the file decode themselves.
type ruleFile struct {
	Rules   []ruleYAML   `yaml:"rules"`
	Prompts []promptYAML `yaml:"prompts"`
}

// ruleYAML is a rule as written.
type ruleYAML struct {
	ID        string        `yaml:"id"`
	Kind      string        `yaml:"kind"`
	Regions   []string      `yaml:"regions"`
	Patterns  []patternYAML `yaml:"patterns"`
	Shapes    []shapeYAML   `yaml:"shapes"`
	Said      []saidYAML    `yaml:"said"`
	Words     []string      `yaml:"words"`
	Validate  validateYAML  `yaml:"validate"`
	Context   contextYAML   `yaml:"context"`
	Where     whereYAML     `yaml:"where"`
	Threshold number        `yaml:"threshold"`
	Mode      string        `yaml:"mode"`
	Tests     testsYAML     `yaml:"tests"`
}

type patternYAML struct {
	Regex string `yaml:"regex"`
	Score number `yaml:"score"`
	Span  string `yaml:"span"` // number or name of the group that is the finding
}

// shapeYAML is an identifier of letters and digits; see shape.go.
type shapeYAML struct {
	Form  string `yaml:"form"`
	Score number `yaml:"score"`
}

// saidYAML is a value that words announce; see said.go.
type saidYAML struct {
	After  []string `yaml:"after"`
	Before []string `yaml:"before"`
	Take   string   `yaml:"take"`
	Score  number   `yaml:"score"`
}

type validateYAML struct {
	Name string  `yaml:"name"`
	Pass number  `yaml:"pass"`
	Fail verdict `yaml:"fail"`
}

type contextYAML struct {
	Near   []string `yaml:"near"`
	Far    []string `yaml:"far"`
	Kinds  []string `yaml:"kinds"` // findings of these kinds nearby count like a near phrase
	Window int      `yaml:"window"`
	Boost  number   `yaml:"boost"`
}

type whereYAML struct {
	Direction string   `yaml:"direction"`
	Channels  []string `yaml:"channels"`
	Accounts  []string `yaml:"accounts"`
	Fields    []string `yaml:"fields"`
	Asked     []string `yaml:"asked"` // the bot has just asked for one of these kinds
}

type testsYAML struct {
	Match  []string `yaml:"match"`
	Ignore []string `yaml:"ignore"`
}

// promptYAML is a prompt rule as written.
type promptYAML struct {
	ID       string    `yaml:"id"`
	Asks     []string  `yaml:"asks"`
	Words    []string  `yaml:"words"` // what is asked for; the engine knows how one asks
	Patterns []string  `yaml:"patterns"`
	Ignore   []string  `yaml:"ignore"`
	Mode     string    `yaml:"mode"`
	Tests    testsYAML `yaml:"tests"`
}

// number is a scalar that knows whether it was written, so that 0 and "left
// out" differ without pointers.
type number struct {
	value float64
	set   bool
}

// UnmarshalYAML reads a finite number, with or without a sign.
func (n *number) UnmarshalYAML(node *yaml.Node) error {
	value, err := strconv.ParseFloat(strings.TrimSpace(node.Value), 64)
	if node.Kind != yaml.ScalarNode || err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return complain(node.Line, "must be a number such as 0.4")
	}
	n.value, n.set = value, true
	return nil
}

// or returns the number, or fallback when it was left out.
func (n number) or(fallback float64) float64 {
	if n.set {
		return n.value
	}
	return fallback
}

// verdict is what a failed validator does: change the score, or drop the match.
type verdict struct {
	number
	drop bool
}

// UnmarshalYAML reads a number or the word drop.
func (v *verdict) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && node.Value == "drop" {
		v.drop, v.set = true, true
		return nil
	}
	if v.number.UnmarshalYAML(node) != nil {
		return complain(node.Line, "fail must be a number such as -0.4, or drop")
	}
	return nil
}

// complain makes an error that yaml.v3 collects with the others instead of
// stopping at it.
func complain(line int, text string) error {
	return &yaml.TypeError{Errors: []string{"line " + strconv.Itoa(line) + ": " + text}}
}
