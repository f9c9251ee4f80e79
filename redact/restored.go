package redact

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// ruleEcho marks a restored value that comes back in an echo.
const ruleEcho = "echo"

// noToken is noted for a mask: its echo stays as it is. A mask is too short to
// tell which token it came from, and what it shows is no finding of its own.
const noToken = ""

const (
	// restoredFor is how long an echo of what was sent may take; the platform
	// redelivers, but an echo is sent at once.
	restoredFor = time.Hour
	// maxRestored bounds what is remembered of one person, maxPeople of how many.
	maxRestored = 32
	maxPeople   = 10_000
)

// restored remembers, in memory only, which values were put back into which
// chat, whole or masked. The echo of a value must give the bot the same token
// again, also where no rule would find it: an address is known by the field it
// came in, not by its words. The echo of a mask must stay, also where a rule
// would find the last four digits that it shows.
type restored struct {
	mu     sync.Mutex
	people map[person][]putBack
}

type person struct{ account, alias string }

// putBack is a value or a mask that stands in a chat, and the token that stood
// for it.
type putBack struct {
	text, token string
	at          time.Time
}

func newRestored() *restored { return &restored{people: map[person][]putBack{}} }

// note remembers a value that is put back under every name of the person.
func (r *restored) note(scope *Scope, text, token string) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.people) >= maxPeople {
		r.forget(now)
	}
	for _, alias := range scope.Aliases {
		who := person{scope.Context.Account, strings.Clone(alias)}
		list := r.people[who]
		for i := range list {
			if list[i].text == text {
				list = append(list[:i], list[i+1:]...)
				break
			}
		}
		if len(list) >= maxRestored {
			list = list[1:]
		}
		r.people[who] = append(list, putBack{text, strings.Clone(token), now})
	}
}

// forget drops people whose last value is old, and the half of all when none is.
func (r *restored) forget(now time.Time) {
	for who, list := range r.people {
		if now.Sub(list[len(list)-1].at) > restoredFor || len(r.people) > maxPeople*3/4 {
			delete(r.people, who)
		}
	}
}

// putBack remembers what a call puts into a chat, and tells it in the result.
func (w *walk) putBack(scope *Scope, kind, text, token string) {
	w.engine.restored.note(scope, text, token)
	if _, volatile := vault.Lifetime(kind); !volatile {
		w.back = append(w.back, Restored{Text: text, Token: strings.Clone(token)})
	}
}

// of gives what was put back for a person.
func (r *restored) of(scope *Scope) []putBack {
	if len(scope.Aliases) == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []putBack
	for _, b := range scope.Back {
		list = append(list, putBack{text: b.Text, token: b.Token})
	}
	for _, p := range r.people[person{scope.Context.Account, scope.Aliases[0]}] {
		if time.Since(p.at) <= restoredFor {
			list = append(list, p)
		}
	}
	return list
}

// echoed marks what was put back into the chat and comes back in an echo, as the
// tokens that it was. It adds the spans to those that are settled.
func (w *walk) echoed(at place, scope *Scope, text string, spans [][2]int) [][2]int {
	if at.class == channel.Report || scope.Mode != rules.Enforce {
		return spans
	}
	for _, p := range w.engine.restored.of(scope) {
		for _, span := range p.in(text) {
			if p.token == noToken || within(spans, span[0], span[1]) {
				continue
			}
			spans = append(spans, span)
			w.tally(ruleEcho, ruleToken, Tokenize, rules.Enforce)
			w.mark(at, mark{start: span[0], end: span[1], action: Tokenize, rule: ruleEcho, kind: ruleToken, canonical: p.token})
		}
	}
	return spans
}

// unmasked takes out of findings in an echo what lies inside a mask of our own.
// The mask stays in the text that the rules read, so that nothing that only
// begins in one is hidden by it.
func (w *walk) unmasked(at place, scope *Scope, text string, findings []rules.Finding) []rules.Finding {
	if at.class == channel.Report || scope.Mode != rules.Enforce || !strings.Contains(text, hidden) {
		return findings
	}
	var masks [][2]int
	for _, p := range w.engine.restored.of(scope) {
		if p.token == noToken {
			masks = append(masks, p.in(text)...)
		}
	}
	if len(masks) == 0 {
		return findings
	}
	return slices.DeleteFunc(slices.Clone(findings), func(f rules.Finding) bool {
		return slices.ContainsFunc(masks, func(m [2]int) bool { return m[0] <= f.Start && f.End <= m[1] })
	})
}

// in lists where it stands in a text.
func (p putBack) in(text string) (spans [][2]int) {
	for from := 0; ; {
		i := strings.Index(text[from:], p.text)
		if i < 0 {
			return spans
		}
		spans = append(spans, [2]int{from + i, from + i + len(p.text)})
		from += i + len(p.text)
	}
}

// within says that a span touches one of the spans.
func within(spans [][2]int, start, end int) bool {
	for _, s := range spans {
		if start < s[1] && s[0] < end {
			return true
		}
	}
	return false
}
