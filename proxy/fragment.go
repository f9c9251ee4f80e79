package proxy

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/fragment"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// words are what a message says, where they may be part of a value that comes in
// several messages.
type words struct {
	node   int // in the bundle's document; -1 when the message is no number
	text   string
	found  []fragment.Found // findings that hide a stretch of it
	passes bool             // a finding says what it is, and the bot sees it
	parted bool             // the message was held: it answers no question yet
	// earlier are the ids of the other messages of a value that this one made whole.
	earlier []string
}

// wordsOf reads a message. What was tapped, not typed, is part of nothing.
func wordsOf(d *payload.Document, root int) words {
	for _, place := range [][]string{{"message", "text"}, {"message_edit", "text"}, {"text", "body"}} {
		node := d.At(root, place...)
		if node < 0 || d.Nodes[node].Kind != payload.String || d.At(root, "message", "quick_reply") >= 0 {
			continue
		}
		if text := d.Text(node); isNumber(text) {
			return words{node: node, text: text}
		}
	}
	return words{node: -1}
}

func isNumber(text string) bool {
	_, ok := rules.ReadNumber(text)
	return ok
}

// sees takes in what was found in the words.
func (w *words) sees(s redact.Sighting) {
	switch {
	case s.Node != w.node || s.Mode != rules.Enforce:
	case s.Action == redact.Allow || s.Action == redact.Report:
		w.passes = true
	default:
		w.found = append(w.found, fragment.Found{Kind: s.Kind, Start: s.Start, End: s.End})
	}
}

// message is what a trail hears of a message.
func (c *chat) message(id string) fragment.Message {
	if c.words.node < 0 || c.words.passes {
		return fragment.Message{ID: id}
	}
	return fragment.Message{ID: id, Text: c.words.text, Found: c.words.found}
}

// holding says that an earlier message of a chat is held.
func holding(s *conversation.State) bool {
	_, held := trailOf(s).Due()
	return held
}

// trailOf reads the trail of a chat. One that does not read is none: it is sealed,
// so this version wrote it or an earlier one.
func trailOf(s *conversation.State) fragment.Trail {
	var t fragment.Trail
	if len(s.Trail) > 0 && json.Unmarshal(s.Trail, &t) != nil {
		return fragment.Trail{}
	}
	return t
}

// setTrail says whether it has changed.
func setTrail(s *conversation.State, t fragment.Trail) bool {
	before := string(s.Trail)
	s.Trail = nil
	if len(t.Parts) > 0 {
		s.Trail, _ = json.Marshal(t) // strings, numbers and times
	}
	return string(s.Trail) != before
}

// decide asks the trail of a chat about a message and writes down what it says,
// before anything is done about it: the same message again gets the same answer.
// Without alone the message cannot be held, and what would be held is masked.
func (p *Proxy) decide(ctx context.Context, c *chat, scope *redact.Scope, m fragment.Message, alone, lastTry bool) (fragment.Decision, *Refusal) {
	var d fragment.Decision
	failed := false
	setting := fragment.Setting{Now: p.config.Now(), Asked: hiddenOf(scope, c.asked), Limits: p.config.Chats.Hold}
	if !scope.Hides("credit_card") {
		setting.Limits.Unarmed = 0
	}
	setting.Scan = func(text string) (string, string, bool) {
		kind, canonical, ok, err := scope.Whole(text)
		failed = failed || err != nil
		return kind, canonical, ok
	}
	_, err := p.config.Chats.Memory.Update(ctx, c.conversation, func(s *conversation.State) bool {
		t := trailOf(s)
		t.Over(setting.Now) // the outbox sends what is due by itself
		d = t.Next(m, setting)
		if d.Verdict == fragment.Hold && !alone {
			d.Release = append(d.Release, t.Let()...)
			d.Verdict = fragment.Pass
		}
		if failed && d.Verdict != fragment.Join {
			if !lastTry {
				return false
			}
			d.Verdict, d.Show = fragment.Pass, 0 // perhaps the end of a value: nothing is known
		}
		return setTrail(s, t)
	})
	switch {
	case err != nil:
		return d, unsettled(err)
	case failed && !lastTry && d.Verdict != fragment.Join:
		return d, &refuseOverrun
	}
	return d, nil
}

// hiddenOf names the kinds that the bot does not see; another one is still an
// answer, but nothing to wait for.
func hiddenOf(scope *redact.Scope, kinds []string) []string {
	named := slices.Clone(kinds)
	for i, kind := range named {
		if !scope.Hides(kind) {
			named[i] = "shown"
		}
	}
	return named
}

// reworded writes other words in the place of a message's, and of the copies of
// it that Messenger's language processing adds.
func (p *Proxy) reworded(raw []byte, b *bundle, c *chat, reword func(text string) string) ([]byte, error) {
	d, err := payload.Parse(raw, p.config.Limits.Payload) // its nodes are those of the bundle's document
	if err != nil {
		return nil, err
	}
	edits := []payload.Edit{wordsEdit(d, c.words.node, reword)}
	nlp := d.At(b.parts[c.part].Root, "message", "nlp")
	for node := nlp; nlp >= 0 && node < d.Nodes[nlp].Next; node++ {
		if sameNumber(b.document, node, c.words.text) {
			edits = append(edits, wordsEdit(d, node, reword))
		}
	}
	return payload.Splice(raw, edits)
}

// wordsEdit rewords a string, or makes one of a number.
func wordsEdit(d *payload.Document, node int, reword func(text string) string) payload.Edit {
	n := &d.Nodes[node]
	if n.Kind == payload.String {
		text := d.Text(node)
		return payload.Edit{Codecs: []payload.Codec{d.Scope(node)}, End: len(text), Text: reword(text)}
	}
	text := reword(string(d.Raw[n.Start:n.End]))
	return payload.Edit{Start: n.Start, End: n.End, Text: `"` + string(payload.AppendMeta(nil, text)) + `"`}
}

// sameNumber says that a leaf has the digits of a text.
func sameNumber(d *payload.Document, node int, text string) bool {
	n := &d.Nodes[node]
	if n.Kind != payload.String && n.Kind != payload.Number {
		return false
	}
	other := string(d.Raw[n.Start:n.End])
	if n.Kind == payload.String {
		other = d.Text(node)
	}
	digits, ok := rules.ReadNumber(other)
	wanted, _ := rules.ReadNumber(text)
	if !ok || len(digits) != len(wanted) {
		return false
	}
	for i := range digits {
		if digits[i].Char != wanted[i].Char {
			return false
		}
	}
	return true
}
