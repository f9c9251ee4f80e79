package redact

import "github.com/piiproxy/piiproxy/rules"

// Sighting is one finding where it stands, for who looks at findings instead of
// payloads: a replay, the review list. It is what a tally counts, plus the text.
//
// Text is somebody's words as they came. Whoever takes a Sighting makes a shape
// of it or seals it before it is kept anywhere.
type Sighting struct {
	Rule, Kind string
	Action     Action     // what policy does about it in this place
	Mode       rules.Mode // Enforce: it was done; Shadow: it would have been
	Score      float64    // 0 for rules that are no rules: field, token, budget
	Why        []rules.Reason
	Stretch    int // index in Body.Stretches
	Node       int // in the outermost document
	Field      string
	Start, End int // bytes of Text
	Text       string
}

// Value is the part of the text that was found.
func (s Sighting) Value() string { return s.Text[s.Start:s.End] }

// see hands a sighting to whoever wants them.
func (w *walk) see(at place, s Sighting) {
	if w.body.Observe == nil {
		return
	}
	s.Stretch, s.Node, s.Field = at.owner, at.outermost, fieldName(at)
	w.body.Observe(s)
}

// seeFinding hands on a finding of a rule.
func (w *walk) seeFinding(at place, f rules.Finding, action Action, mode rules.Mode, text string) {
	if w.body.Observe == nil {
		return
	}
	w.see(at, Sighting{Rule: f.Rule, Kind: f.Kind, Action: action, Mode: mode, Score: f.Score, Why: f.Why, Start: f.Start, End: f.End, Text: text})
}
