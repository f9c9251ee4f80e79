package redact

import (
	"math"
	"strconv"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/rules"
)

// number judges a number: its text can hold a value, and cannot be edited.
func (w *walk) number(at place) {
	scope := w.body.Stretches[at.owner].Scope
	switch at.class {
	case channel.Structural, channel.Routing, channel.URL, channel.Opaque:
		return
	case channel.Personal:
		if at.step.Kind() == geo && isCoordinate(at.document.Text(at.node)) {
			w.coordinate(at, scope)
			return
		}
		if action := scope.action(at.step.Kind()); action != Allow {
			w.tally(ruleField, at.step.Kind(), Report, scope.mode(at.step.Kind()))
		}
		at.class = channel.Free // what else it is, the rules say
	}
	text := strings.TrimPrefix(at.document.Text(at.node), "-")
	if at.depth > 0 {
		w.innerNumber(at, scope, text)
		return
	}
	w.fixed(at, scope, text, ValueInNumber)
}

// isCoordinate says that a number in a place for degrees is what belongs there.
// With six or seven decimals many a latitude has the digits of a phone number,
// and refusing it would refuse every place that a person sends.
func isCoordinate(text string) bool {
	degrees, err := strconv.ParseFloat(text, 64)
	return err == nil && math.Abs(degrees) <= 180 && !strings.ContainsAny(text, "eE")
}

// geo is the kind of places for degrees.
const geo = "geo"

// coordinate gives degrees the action of policy. A number can hold no token and no
// name in brackets, so what is hidden is rounded: to a degree, which is 111 km from
// north to south, or, generalized, to a tenth of one.
func (w *walk) coordinate(at place, scope *Scope) {
	action, mode := scope.action(geo), scope.mode(geo)
	if action == Allow {
		return
	}
	w.tally(ruleField, geo, action, mode)
	text := at.document.Text(at.node)
	w.see(at, Sighting{Rule: ruleField, Kind: geo, Action: action, Mode: mode, End: len(text), Text: text})
	switch {
	case action == Report, mode != rules.Enforce:
	case action == Block:
		w.refuse(at.owner, PolicyBlock)
	default:
		node := at.document.Nodes[at.node]
		w.mark(at, mark{start: node.Start, end: node.End, action: action, rule: ruleField, kind: geo, by: rounded(text, action)})
		w.marks[len(w.marks)-1].codecs = at.outer
	}
}

// rounded is degrees without what tells a place from its surroundings.
func rounded(degrees string, action Action) string {
	value, _ := strconv.ParseFloat(degrees, 64) // isCoordinate has read it
	scale, decimals := 1.0, 0
	if action == Generalize {
		scale, decimals = 10, 1
	}
	return strconv.FormatFloat(math.Round(value*scale)/scale+0, 'f', decimals, 64)
}

// innerNumber judges a number of a document that stands in a string. Those
// are people's words spelled as JSON, so a finding replaces the whole number
// by a string.
func (w *walk) innerNumber(at place, scope *Scope, text string) {
	before := len(w.marks)
	w.judge(at, text)
	if len(w.marks) == before {
		return
	}
	w.forget(before + 1)
	node, m := at.document.Nodes[at.node], &w.marks[before]
	m.codecs, m.start, m.end, m.quoted = at.outer, node.Start, node.End, true
}

// name judges a member name, which cannot be edited either.
func (w *walk) name(at place) {
	switch at.class {
	case channel.Structural, channel.Routing:
		return
	}
	scope, name := w.body.Stretches[at.owner].Scope, at.document.Name(at.node)
	if scope.outbound() || !isID(name) {
		at.class = channel.Free // no place may carry a value in a name
	}
	w.fixed(at, scope, name, ValueInName)
}

// isID says that a name is digits and nothing else. The platform answers a call for
// several ids with an object that has them as names, and one id in ten has the
// check digit of a card.
func isID(name string) bool { return strings.Trim(name, "0123456789") == "" }

// fixed judges text that cannot be edited: a validated finding in a free place
// refuses the part, elsewhere it is reported (ids are numbers too).
func (w *walk) fixed(at place, scope *Scope, text string, reason Reason) {
	where := w.context(at, scope)
	result, err := scope.Rules.Scan(text, where)
	if err != nil {
		if w.lastTry(scope) {
			w.refuse(at.owner, RuleBudget)
		}
		return
	}
	for _, f := range result.Findings {
		action, mode := scope.action(f.Kind), scope.mode(f.Kind)
		if f.Mode != rules.Enforce {
			mode = f.Mode
		}
		if !f.Valid || action == Allow {
			continue
		}
		if at.class == channel.Free && action != Report {
			w.tally(f.Rule, f.Kind, Block, mode)
			w.seeFinding(at, f, Block, mode, text)
			if mode == rules.Enforce {
				w.refuse(at.owner, reason)
			}
			continue
		}
		w.tally(f.Rule, f.Kind, Report, mode)
		w.seeFinding(at, f, Report, mode, text)
	}
}
