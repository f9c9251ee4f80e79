package proxy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/channel"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// noted is what was handed on for review.
type noted []string

// Note implements Reviews.
func (n *noted) Note(account, _ string, direction rules.Direction, seen []redact.Sighting) {
	var words []string
	for _, s := range seen {
		words = append(words, s.Rule)
	}
	*n = append(*n, fmt.Sprintf("%s %s %s", account, direction, strings.Join(words, ",")))
}

// Findings go onto the list of the account whose they are, all of a payload when
// one of them is in shadow, and none when none is.
func TestReview(t *testing.T) {
	list := &noted{}
	p := &Proxy{config: Config{Reviews: list}}
	b := bundle{account: &Account{Name: "first"}}
	b.owners = []*Account{b.account, {Name: "second"}, {Name: "third"}}
	b.parts = make([]channel.Part, 3)
	var seen sightings
	observe := p.observe(&seen)
	for _, s := range []redact.Sighting{
		{Rule: "root", Stretch: 0, Mode: rules.Shadow},
		{Rule: "a", Stretch: 1},
		{Rule: "b", Stretch: 2},
		{Rule: "c", Stretch: 2, Mode: rules.Enforce},
		{Rule: "d", Stretch: 3},
		{Rule: "e", Stretch: 3, Mode: rules.Shadow},
	} {
		observe(s)
	}
	p.review(rules.Inbound, seen, b.ownerOf)
	if got := strings.Join(*list, "; "); got != "first inbound root,a; third inbound d,e" {
		t.Errorf("got %s", got)
	}
	if (&Proxy{}).observe(&seen) != nil {
		t.Error("findings are collected though nobody reviews")
	}
}
