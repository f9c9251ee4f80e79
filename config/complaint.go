package config

import (
	"fmt"
	"regexp"
	"strings"
)

// Complaint is one thing that is wrong with a configuration: where, and what
// to do. It never holds a secret.
type Complaint struct {
	File    string
	Line    int    // 0 when it is about no one line
	Key     string // "accounts[0].bot_url"; empty when it is about the file
	Text    string
	Warning bool // piiproxy runs all the same
}

// String is "file:line: key: text".
func (c Complaint) String() string {
	var b strings.Builder
	b.WriteString(c.File)
	if c.Line > 0 {
		fmt.Fprintf(&b, ":%d", c.Line)
	}
	b.WriteString(": ")
	if c.Warning {
		b.WriteString("warning: ")
	}
	if c.Key != "" {
		b.WriteString(c.Key + ": ")
	}
	b.WriteString(c.Text)
	return b.String()
}

// Errors is every complaint that keeps a configuration from being used.
type Errors []Complaint

// Error has one complaint a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, c := range e {
		lines[i] = c.String()
	}
	return "invalid configuration:\n" + strings.Join(lines, "\n")
}

// word is what may be quoted from a configuration: a misspelt name. Anything
// longer or stranger could be a secret in the wrong place.
var word = regexp.MustCompile(`^[A-Za-z][A-Za-z_./-]{0,23}$`)

func quoted(text string) string {
	if !word.MatchString(text) {
		return ""
	}
	return ` "` + text + `"`
}

// shown is a name for a key path.
func shown(text string) string {
	if len(text) > 24 || !plainName.MatchString(text) {
		return "…"
	}
	return text
}

// didYouMean ends a complaint with the nearest known name, if one is near.
func didYouMean(text string, known []string) string {
	best, distance := "", len(text)/3+1
	for _, name := range known {
		if d := edits(strings.ToLower(text), name); d <= distance && (best == "" || d < distance) {
			best, distance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(`: did you mean "%s"?`, best)
}

// edits is the Levenshtein distance of two short texts.
func edits(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
