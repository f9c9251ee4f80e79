package fragment_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/fragment"
	"github.com/piiproxy/piiproxy/rules"
)

// builtin is compiled once.
var builtin = sync.OnceValues(func() (*rules.Set, error) {
	library, err := rules.Load(rules.Sources("builtin"))
	if err != nil {
		return nil, err
	}
	return library.Set(rules.View{Account: "shop", Channel: "messenger", Regions: []string{"US", "GB"}, Languages: []string{"en"}})
})

var limits = fragment.Limits{Unarmed: 2 * time.Second, Armed: 20 * time.Second}

// chat is a person who writes to a bot, with what a caller does between them:
// it scans, asks the trail, and delivers.
type chat struct {
	t     testing.TB
	set   *rules.Set
	trail fragment.Trail
	now   time.Time
	asked []string
	sent  int

	texts map[string]string // of held messages, as they go out
	shows map[string]int
	got   []string // by the bot, in order; tokens as <kind>
	late  []string
	last  fragment.Decision
}

func newChat(t testing.TB, asked ...string) *chat {
	t.Helper()
	set, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	return &chat{t: t, set: set, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), asked: asked, texts: map[string]string{}, shows: map[string]int{}}
}

func (c *chat) scan(text string) []rules.Finding {
	c.t.Helper()
	var err error
	for range 10 { // the budget is time, and a busy machine has less of it
		var result rules.Result
		if result, err = c.set.Scan(text, rules.Context{Direction: rules.Inbound, Asked: c.asked}); err == nil {
			return result.Findings
		}
	}
	c.t.Fatal(err)
	return nil
}

func (c *chat) whole(text string) (kind, canonical string, ok bool) {
	found := c.scan(text)
	if len(found) != 1 || found[0].Start > 0 || found[0].End < len(text) || !found[0].Valid && found[0].Kind == "credit_card" {
		return "", "", false
	}
	return found[0].Kind, found[0].Canonical(), true
}

// say is a message of the person; its id is returned.
func (c *chat) say(text string) string {
	c.t.Helper()
	c.sent++
	id := string(rune('a'+c.sent%26)) + strings.Repeat("'", c.sent/26)
	c.again(id, text)
	return id
}

// again delivers a message with an id that may have been used.
func (c *chat) again(id, text string) {
	c.t.Helper()
	m := fragment.Message{ID: id, Text: text}
	shown := text
	found := c.scan(text)
	for i := len(found) - 1; i >= 0; i-- {
		m.Found = append(m.Found, fragment.Found{Kind: found[i].Kind, Start: found[i].Start, End: found[i].End})
		shown = shown[:found[i].Start] + "pii_" + found[i].Kind + "_" + shown[found[i].End:]
	}
	d := c.trail.Next(m, fragment.Setting{Now: c.now, Asked: c.asked, Limits: limits, Scan: c.whole})
	c.last = d
	c.deliver(d.Release)
	switch d.Verdict {
	case fragment.Hold:
		if wait := d.Due.Sub(c.now); wait <= 0 || wait > limits.Armed || len(c.asked) == 0 && wait > limits.Unarmed {
			c.t.Errorf("held for %v", wait)
		}
		c.texts[id], c.shows[id] = fragment.Mask(shown, d.Show), d.Show
	case fragment.Join:
		for _, gone := range d.Absorb {
			if _, ok := c.texts[gone]; !ok && !d.Repeated {
				c.t.Errorf("absorbed a message that was not held")
			}
			delete(c.texts, gone)
		}
		c.late = append(c.late, d.TooLate...)
		c.got = append(c.got, "<"+d.Kind+" "+d.Canonical+">")
	case fragment.Pass:
		c.got = append(c.got, fragment.Mask(shown, d.Show))
	}
	c.check()
}

// wait lets time go by; what is due goes out.
func (c *chat) wait(d time.Duration) {
	c.t.Helper()
	end := c.now.Add(d)
	if due, holding := c.trail.Due(); holding && !due.After(end) {
		c.now = due
		c.deliver(c.trail.Over(c.now))
		if _, still := c.trail.Due(); still {
			c.t.Error("something is held after its time")
		}
	}
	c.now = end
}

func (c *chat) deliver(released []fragment.Release) {
	c.t.Helper()
	for _, r := range released {
		text, ok := c.texts[r.ID]
		if !ok {
			c.t.Errorf("released a message that was not held")
		}
		delete(c.texts, r.ID)
		if c.shows[r.ID] != r.Show {
			c.t.Errorf("released otherwise than was said")
		}
		c.got = append(c.got, text)
	}
}

// check holds the trail to its bounds, and stores it as a caller does.
func (c *chat) check() {
	c.t.Helper()
	chars := 0
	for _, p := range c.trail.Parts {
		chars += len(strings.ReplaceAll(p.Read, " ", ""))
	}
	if len(c.trail.Parts) > fragment.MaxParts || chars > fragment.MaxChars {
		c.t.Fatalf("%d parts, %d characters", len(c.trail.Parts), chars)
	}
	kept, err := json.Marshal(c.trail)
	if err != nil {
		c.t.Fatal(err)
	}
	var read fragment.Trail
	if err := json.Unmarshal(kept, &read); err != nil {
		c.t.Fatal(err)
	}
	c.trail = read
}

// seen is what the bot got, in one line.
func (c *chat) seen() string { return strings.Join(c.got, " | ") }

// shown counts the digits that the bot saw outside of tokens.
func (c *chat) shown() int {
	count := 0
	for _, text := range c.got {
		if strings.HasPrefix(text, "<") {
			continue // a token
		}
		for _, r := range text {
			if r >= '0' && r <= '9' {
				count++
			}
		}
	}
	return count
}
