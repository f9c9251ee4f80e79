package redact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

const given = "pii_address_abcdefghijklmnopqrstuvwxyz"

// What a call put back comes back as its token wherever an answer says it: as a
// word, in any case, in shadow mode, also where no rule would find it, and not in
// the middle of other words and numbers.
func TestRestoredInAnswers(t *testing.T) {
	e, _ := engine(t)
	for _, mode := range []rules.Mode{rules.Enforce, rules.Shadow} {
		for _, test := range []struct{ value, said, want string }{
			{"behind the mill", "to Behind The Mill.", "to " + given + "."},
			{"12 High St, SW1A 1AA", "at 12 High St, SW1A 1AA", "at " + given},
			{"Höhe 7", "Höhe 7, Höhe 71, xHöhe 7", given + ", Höhe 71, xHöhe 7"},
			{"42", "42 of 1426, 42a", given + " of 1426, 42a"},
			{"a.b@c", "a.b@c,a.b@c", given + "," + given},
		} {
			s := scope(t, func(s *redact.Scope) {
				s.Mode, s.Restored = mode, []redact.Restored{{Text: test.value, Token: given}}
			})
			if got := words(t, e, test.said, s); got.Text != test.want {
				t.Errorf("%s, mode %s: %s", test.said, mode, got.Text)
			}
		}
	}
	if printed := fmt.Sprintf("%v %+v %q", redact.Restored{Text: email}, redact.Restored{Text: email}, redact.Restored{Text: email}); strings.Contains(printed, "jane") {
		t.Error(printed)
	}
}
