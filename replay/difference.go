package replay

import (
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/compare"
)

// place is one string of a payload: its node, and the text, because documents in
// strings share a node.
type place struct {
	node int
	text string
}

// note compares what two sides do with one payload.
func (d *Difference) note(p Payload, before, after *outcome) {
	old, now := before.byPlace(), after.byPlace()
	places := make([]place, 0, len(old)+len(now))
	for at := range old {
		places = append(places, at)
	}
	for at := range now {
		if _, both := old[at]; !both {
			places = append(places, at)
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.node != b.node {
			return a.node - b.node
		}
		return strings.Compare(a.text, b.text)
	})
	var oldAll, nowAll []compare.Sighting
	for i, at := range places { // apart, so that equal offsets of two strings are two places
		shift := i << 32
		oldAll, nowAll = append(oldAll, shifted(old[at], shift)...), append(nowAll, shifted(now[at], shift)...)
	}
	d.Note(p.Where(), append(oldAll, before.asked()...), append(nowAll, after.asked()...))
	direction := after.direction.String()
	for _, reason := range without(after.refusals, before.refusals) {
		d.Refused = refused(d.Refused, direction, reason, p.Where())
	}
	for _, reason := range without(before.refusals, after.refusals) {
		d.Accepted = refused(d.Accepted, direction, reason, p.Where())
	}
}

// byPlace groups the findings of a payload by the string that they stand in.
func (o *outcome) byPlace() map[place][]compare.Sighting {
	found := map[place][]compare.Sighting{}
	for _, s := range o.sightings {
		at := place{s.Node, s.Text}
		found[at] = append(found[at], compare.Sighting{
			Rule: s.Rule, Kind: s.Kind, Action: actionOf(s), Start: s.Start, End: s.End, Shape: rules.ShapeOf(s.Value()),
		})
	}
	return found
}

// actionOf is what is done about a finding, and that it is not done in shadow.
func actionOf(s redact.Sighting) string {
	if s.Mode != rules.Enforce {
		return s.Action.String() + " (" + s.Mode.String() + ")"
	}
	return s.Action.String()
}

// asked lists the prompts as findings without a place of their own.
func (o *outcome) asked() []compare.Sighting {
	var list []compare.Sighting
	for i, p := range o.prompts {
		list = append(list, compare.Sighting{
			Rule: p.ask.Rule, Kind: "asks " + strings.Join(p.ask.Asks, ","), Action: p.what(), Start: -1 - i, End: -1 - i,
		})
	}
	return list
}

func shifted(list []compare.Sighting, by int) []compare.Sighting {
	for i := range list {
		list[i].Start += by
		list[i].End += by
	}
	return list
}

// without are the reasons of a list that another one lacks.
func without(list, others []string) []string {
	others = slices.Clone(others)
	var rest []string
	for _, reason := range list {
		if i := slices.Index(others, reason); i >= 0 {
			others = slices.Delete(others, i, i+1)
			continue
		}
		rest = append(rest, reason)
	}
	return rest
}
