package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/piiproxy/piiproxy/rules"
)

// Floors of the prompt set, of pairs and of messages.
const (
	promptPrecision = 0.98
	promptRecall    = 0.95
)

// TestPromptSet holds the rules to their floors on the messages that were set
// aside. `go test ./rules -run TestPromptSet -v` prints the figures and the
// misses of both parts.
func TestPromptSet(t *testing.T) {
	set := view(t, load(t, "builtin"), rules.View{})
	for _, part := range []string{"tuning", "aside"} {
		t.Run(part, func(t *testing.T) {
			pairs, messages, misses := measurePrompts(t, set, readPrompts(t, part))
			t.Log("\n" + promptTable(pairs, messages) + strings.Join(misses, "\n"))
			for what, c := range map[string]count{"pairs": sum(pairs), "messages": messages} {
				if c.precision() < promptPrecision || c.recall() < promptRecall {
					t.Errorf("%s: precision %.4f and recall %.4f, want %.2f and %.2f", what, c.precision(), c.recall(), promptPrecision, promptRecall)
				}
			}
		})
	}
}

// count is how often something was asked for and found, found only, or asked
// for only.
type count struct{ right, wrong, missed int }

func (c count) precision() float64 { return ratio(c.right, c.wrong) }
func (c count) recall() float64    { return ratio(c.right, c.missed) }

func ratio(right, other int) float64 {
	if right+other == 0 {
		return 1
	}
	return float64(right) / float64(right+other)
}

func (c count) plus(expected, got bool) count {
	switch {
	case expected && got:
		c.right++
	case got:
		c.wrong++
	case expected:
		c.missed++
	}
	return c
}

func sum(pairs map[string]count) (all count) {
	for _, c := range pairs {
		all = count{all.right + c.right, all.wrong + c.wrong, all.missed + c.missed}
	}
	return all
}

// measurePrompts counts pairs of a message and a kind, by kind, and messages
// that ask for anything.
func measurePrompts(t *testing.T, set *rules.Set, rows []labelled) (pairs map[string]count, messages count, misses []string) {
	t.Helper()
	pairs = map[string]count{}
	for _, row := range rows {
		var got []string
		for _, ask := range scan(t, set, row.Text, rules.Context{Direction: rules.Outbound}).Asks {
			got = append(got, ask.Asks...)
		}
		slices.Sort(got)
		got = slices.Compact(got)
		for _, kind := range rules.BuiltinKinds() {
			pairs[kind] = pairs[kind].plus(slices.Contains(row.Asks, kind), slices.Contains(got, kind))
		}
		messages = messages.plus(len(row.Asks) > 0, len(got) > 0)
		if !slices.Equal(got, row.Asks) {
			misses = append(misses, fmt.Sprintf("%s  asks %s, found %s: %q", row.ID, named(row.Asks), named(got), row.Text))
		}
	}
	return pairs, messages, misses
}

func named(kinds []string) string {
	if len(kinds) == 0 {
		return "nothing"
	}
	return strings.Join(kinds, "+")
}

func promptTable(pairs map[string]count, messages count) string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "kind\tright\twrong\tmissed\tprecision\trecall")
	line := func(name string, c count) {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%.4f\t%.4f\n", name, c.right, c.wrong, c.missed, c.precision(), c.recall())
	}
	for _, kind := range rules.BuiltinKinds() {
		if pairs[kind] != (count{}) {
			line(kind, pairs[kind])
		}
	}
	line("all pairs", sum(pairs))
	line("messages", messages)
	table.Flush()
	return b.String()
}
