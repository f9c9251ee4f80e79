package channel

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

//go:embed paths.tsv
var pathsFile string

// line is one pattern of paths.tsv. A line of the file with alternatives becomes
// several that stand side by side.
type line struct {
	tokens []token
	rule   rule
}

// token is one step of a pattern.
type token struct {
	symbols []int // the names it takes, or symbolElement
	anyName bool  // *
	deep    bool  // **
	either  bool  // any name or element
}

// matches reports whether a token other than ** takes one step over symbol.
func (t token) matches(symbol int) bool {
	if t.either {
		return true
	}
	if t.anyName {
		return symbol != symbolElement
	}
	return slices.Contains(t.symbols, symbol)
}

// classLetters are the letters of the class column.
var classLetters = map[string]Class{
	"F": Free, "S": Structural, "R": Routing, "U": URL, "X": Opaque, "P": Personal,
	"report": Report, "copy": Copy, "parameter": Parameter, "unlisted": Unlisted,
}

// loadTables compiles paths.tsv, keyed by "fb webhook" and the like. The file is
// part of the program, so a mistake in it is one of ours and every test fails.
func loadTables() map[string]*Table {
	tables, err := compile(pathsFile)
	if err != nil {
		panic(err) // cannot happen in a build whose tests passed
	}
	return tables
}

// compile reads the format that the head of paths.tsv explains.
func compile(file string) (map[string]*Table, error) {
	c := compiler{tables: map[string]*Table{}, short: map[string]string{}}
	for i, row := range strings.Split(file, "\n") {
		if row == "" || strings.HasPrefix(row, "#") {
			continue
		}
		if err := c.row(strings.Split(row, "\t")); err != nil {
			return nil, fmt.Errorf("paths.tsv:%d: %w", i+1, err)
		}
	}
	for _, t := range c.tables {
		t.start()
	}
	return c.tables, nil
}

type compiler struct {
	tables map[string]*Table
	short  map[string]string // what "let" lines defined, by name with its slash
}

func (c *compiler) row(columns []string) error {
	if columns[0] == "let" && len(columns) == 3 {
		c.short[columns[1]+"/"] = c.spellOut(columns[2])
		return nil
	}
	if len(columns) < 5 {
		return errors.New("want channel, direction, path, class, kind and an optional note")
	}
	class, ok := classLetters[columns[3]]
	if !ok {
		return fmt.Errorf("unknown class %q", columns[3])
	}
	r := rule{class: class, kind: strings.TrimPrefix(columns[4], "-")}
	if (class == Personal) != (r.kind != "") {
		return errors.New("class P, and no other, names a kind")
	}
	path := c.spellOut(columns[2])
	if strings.Contains(path, "/") {
		return errors.New("a name before a slash that no let line defines")
	}
	for _, channel := range strings.Split(columns[0], ",") {
		for _, direction := range strings.Split(columns[1], ",") {
			if err := c.table(channel+" "+direction).add(path, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// shortName is a name that a let line may define, where a path uses it.
var shortName = regexp.MustCompile(`\b[A-Z]+/`)

func (c *compiler) spellOut(path string) string {
	return shortName.ReplaceAllStringFunc(path, func(name string) string {
		if value, ok := c.short[name]; ok {
			return value
		}
		return name
	})
}

func (c *compiler) table(key string) *Table {
	t := c.tables[key]
	if t == nil {
		t = &Table{symbols: map[string]int{}, steps: map[string]*Step{}}
		c.tables[key] = t
	}
	return t
}

// start makes the root step. No line may be added after it.
func (t *Table) start() {
	var positions []position
	for i := range t.lines {
		positions = t.reach(positions, position{line: uint16(i)})
	}
	t.root = t.intern(normalized(positions), rule{})
}

func (t *Table) add(path string, r rule) error {
	for _, plain := range expand(path) {
		tokens, err := t.tokens(plain)
		if err != nil {
			return err
		}
		t.lines = append(t.lines, line{tokens, r})
		if len(t.lines) > 1<<15 {
			return fmt.Errorf("too many lines")
		}
	}
	return nil
}

// expand writes out the alternatives {a,b}. Alternatives between plain names
// stay, because they are one token: they become (a|b).
func expand(path string) []string {
	start := strings.IndexByte(path, '{')
	end := closing(path, start)
	if start < 0 || end < 0 {
		return []string{path}
	}
	head, inside, tail := path[:start], path[start+1:end], path[end+1:]
	var choices []string
	if isNames(head, inside, tail) {
		choices = []string{"(" + strings.ReplaceAll(inside, ",", "|") + ")"}
	} else {
		for _, choice := range splitChoices(inside) {
			choices = append(choices, expand(choice)...)
		}
	}
	var all []string
	for _, rest := range expand(tail) {
		for _, choice := range choices {
			all = append(all, head+choice+rest)
		}
	}
	return all
}

// closing returns where the brace that opens at start closes, or -1.
func closing(path string, start int) int {
	depth := 0
	for i := max(start, 0); i < len(path); i++ {
		switch path[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// splitChoices splits at the commas that stand in no inner braces.
func splitChoices(inside string) []string {
	var choices []string
	depth, from := 0, 0
	for i := range len(inside) {
		switch inside[i] {
		case '{':
			depth++
		case '}':
			depth--
		case ',':
			if depth == 0 {
				choices = append(choices, inside[from:i])
				from = i + 1
			}
		}
	}
	return append(choices, inside[from:])
}

// isNames reports whether choices are plain names that stand for a whole segment.
func isNames(head, choices, tail string) bool {
	if strings.ContainsAny(choices, ".[]{}*()") || slices.Contains(strings.Split(choices, ","), "") {
		return false
	}
	return (head == "" || strings.HasSuffix(head, ".")) && (tail == "" || strings.ContainsAny(tail[:1], ".["))
}

// tokens reads a path without braces.
func (t *Table) tokens(path string) ([]token, error) {
	var tokens []token
	for i, segment := range strings.Split(path, ".") {
		name := strings.TrimRight(segment, "[]")
		elements := segment[len(name):]
		depth := len(elements) / 2
		if elements != strings.Repeat("[]", depth) || strings.ContainsAny(name, "{}[]/ ") || name == "" && (i > 0 || depth == 0) {
			return nil, fmt.Errorf("bad path segment %q", segment)
		}
		switch name {
		case "":
		case "*":
			tokens = append(tokens, token{anyName: true})
		case "**":
			tokens = append(tokens, token{deep: true})
		default:
			tokens = append(tokens, t.names(name))
		}
		for range depth {
			tokens = append(tokens, token{symbols: []int{symbolElement}})
		}
	}
	return tokens, nil
}

// names reads a name, or several as (a|b).
func (t *Table) names(segment string) token {
	var symbols []int
	for _, name := range strings.Split(strings.Trim(segment, "()"), "|") {
		symbols = append(symbols, t.symbol(name))
	}
	return token{symbols: symbols}
}

func (t *Table) symbol(name string) int {
	symbol, ok := t.symbols[name]
	if !ok {
		symbol = symbolNames + len(t.symbols)
		t.symbols[name] = symbol
	}
	return symbol
}
