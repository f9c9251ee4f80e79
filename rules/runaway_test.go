package rules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/rules"
)

// runaways are the published bad patterns that `rules lint` refuses (or that the
// engine sees through): here they run.
var runaways = []string{
	`^(a+)+$`, `^([a-zA-Z]+)*$`, `^(a|aa)+$`, `^(a|a?)+$`, `(.*a){20}$`, `(a|a)*b`, `(x+x+)+y`, `^(\w+\s?)*$`,
	`^[a-zA-Z]+(([\'\,\.\- ][a-zA-Z ])?[a-zA-Z]*)*$`,
	`^(([a-z])+.)+[A-Z]([a-z])+$`,
	`^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$`,
	`.*,.*,.*,.*,.*,.*,.*,.*,.*,.*,.*P`, `\s+$`, `(\d+)+(?=x)`, `(?<!(a+)+b)c`,
}

// texts are up to 1 MiB of what such patterns choke on.
func chokes() []string {
	var texts []string
	for _, pump := range []string{"a", "x", " ", ",", "a ", "a.a", "1", "aX", "\u00e9", "4111 1111 1111 1111 ", "a@b.co ", "c", "phone number ", "password:", "name-"} {
		for _, length := range []int{50, 1 << 20} {
			texts = append(texts, strings.Repeat(pump, length/len(pump))+"!")
		}
	}
	return texts
}

// returns fails the test when a scan does not come back by itself. The limit is
// no measure: it is far over the budget of any machine, and only ends a test that
// would otherwise hang.
func returns(t *testing.T, what string, scan func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- scan() }()
	select {
	case err := <-done:
		if err != nil && !errors.Is(err, rules.ErrBudget) {
			t.Errorf("%s: %v", what, err)
		}
	case <-time.After(2 * time.Minute):
		t.Fatalf("%s: still scanning", what)
	}
}

// No text up to 1 MiB holds a scan for longer than its budget says: it ends with
// a result or with ErrBudget, whatever the rule.
func TestRunaway(t *testing.T) {
	for i, regex := range runaways {
		body := fmt.Sprintf("rules:\n  - {id: tried, kind: tried, patterns: [{regex: '%s', score: 0.9}]}\n", strings.ReplaceAll(regex, "'", "''"))
		library, err := rules.Load([]rules.Source{{Name: "runaway.yaml", Body: []byte(body)}})
		if err != nil {
			t.Fatal(err)
		}
		set, err := library.Set(rules.View{})
		if err != nil {
			t.Fatal(err)
		}
		for j, text := range chokes() {
			returns(t, fmt.Sprintf("pattern %d, text %d", i, j), func() error {
				_, err := set.Scan(text, rules.Context{})
				return err
			})
		}
	}
}

// The same holds for all built-in rules together.
func TestRunawayBuiltin(t *testing.T) {
	library, err := rules.Load(rules.Sources("builtin"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := library.Set(rules.View{})
	if err != nil {
		t.Fatal(err)
	}
	for _, direction := range []rules.Direction{rules.Inbound, rules.Outbound} {
		for j, text := range chokes() {
			returns(t, fmt.Sprintf("%s text %d", direction, j), func() error {
				_, err := set.Scan(text, rules.Context{Direction: direction})
				return err
			})
		}
	}
}

// A message's deadline that has passed ends a scan before a pattern runs, and is
// ErrBudget, not a clean text.
func TestSpentDeadline(t *testing.T) {
	library, err := rules.Load(rules.Sources("builtin"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := library.Set(rules.View{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = set.Scan("my card is 4111 1111 1111 1111", rules.Context{Deadline: time.Now().Add(-time.Second)})
	if !errors.Is(err, rules.ErrBudget) {
		t.Errorf("got %v", err)
	}
}
