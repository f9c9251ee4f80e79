package redact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// Whoever observes sees every finding once, with the place and the action that
// the tallies count, and the payload comes out the same.
func TestObserve(t *testing.T) {
	const body = `{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"7301558493021174"},"message":{"mid":"m","text":"card 4111 1111 1111 1111, mail jane.doe@corp.example"}}]}]}`
	ch, _ := channel.ByName("messenger")
	for _, mode := range []rules.Mode{rules.Enforce, rules.Shadow} {
		var seen []string
		run := func(observe func(redact.Sighting)) redact.Result {
			document, err := payload.Parse([]byte(body), payload.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			result, err := bare().Rewrite(t.Context(), redact.Body{
				Document: document, Channel: ch, Table: ch.Webhook(), LastTry: true, Observe: observe,
				Stretches: []redact.Stretch{{Scope: scope(t, func(s *redact.Scope) { s.Mode = mode })}},
			})
			if err != nil {
				t.Fatal(err)
			}
			return result
		}
		observed := run(func(s redact.Sighting) {
			seen = append(seen, fmt.Sprintf("%s %s %s %s in %s", s.Kind, s.Value(), s.Action, s.Mode, s.Field))
			if s.Score == 0 || len(s.Why) == 0 || !strings.HasPrefix(s.Text, "card ") {
				t.Errorf("got %+v", s)
			}
		})
		want := []string{
			"credit_card 4111 1111 1111 1111 tokenize " + mode.String() + " in text",
			"email jane.doe@corp.example tokenize " + mode.String() + " in text",
		}
		if strings.Join(seen, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: got %q", mode, seen)
		}
		if plain := run(nil); string(plain.Bytes) != string(observed.Bytes) || len(plain.Tallies) != len(observed.Tallies) {
			t.Errorf("%s: observing changed the payload", mode)
		}
	}
}
