package proxy

import (
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// questions are what a message asks for, and what of its words stays.
type questions struct {
	policy *redact.Policy
	need   map[string]string
	scope  *redact.Scope
	fields []capture.Field
	asks   []channel.Ask
}

// read finds the questions that are captured. One that stands where no button
// can take its place refuses the call.
func (q *questions) read(ch *channel.Channel, d *payload.Document) *Refusal {
	for _, text := range ch.Prompts(d) {
		stays, asked, err := q.cut(text.Text)
		switch {
		case err != nil:
			return &refuseOverrun
		case !asked:
		case text.Reason != "":
			return refusedPrompt(text.Reason)
		default:
			q.asks = append(q.asks, channel.Ask{Node: text.Node, Kept: stays})
		}
	}
	for _, w := range ch.Wordless(d) {
		if q.policy.Prompts.For(w.Kind) != redact.Capture {
			continue
		}
		if w.Reason != "" {
			return refusedPrompt(w.Reason)
		}
		q.field(w.Kind)
		q.asks = append(q.asks, channel.Ask{Node: w.Node})
	}
	if len(q.asks) == 0 {
		return refusedPrompt(reasonElsewhere)
	}
	return nil
}

// cut takes the sentences out of a text that ask for what is captured or tell
// how to type it, and notes the fields.
func (q *questions) cut(text string) (stays string, asked bool, err error) {
	result, err := q.scope.Rules.Scan(text, q.scope.Context)
	if err != nil {
		return "", false, err
	}
	var gone [][2]int
	for _, ask := range expected(q.policy, result.Asks) {
		if !captured(q.policy, []rules.Ask{ask}) {
			continue
		}
		asked = true
		gone = append(gone, [2]int{ask.From, ask.To})
		for _, kind := range ask.Asks { // what one sentence asks for one form asks for
			q.field(kind)
		}
	}
	if !asked {
		return text, false, nil
	}
	stays = tidy(dropSpans(text, gone))
	if again, err := q.scope.Rules.Scan(stays, q.scope.Context); err != nil || captured(q.policy, expected(q.policy, again.Asks)) {
		return "", true, err // what is left still asks
	}
	return stays, true, nil
}

func (q *questions) field(kind string) {
	need := q.need[kind]
	if !slices.ContainsFunc(q.fields, func(f capture.Field) bool { return f.Kind == kind }) {
		q.fields = append(q.fields, capture.Field{Kind: kind, Need: need})
	}
}

// dropSpans is a text without some spans.
func dropSpans(text string, spans [][2]int) string {
	slices.SortFunc(spans, func(a, b [2]int) int { return a[0] - b[0] })
	var kept strings.Builder
	at := 0
	for _, span := range spans {
		if span[0] > at {
			kept.WriteString(text[at:span[0]])
		}
		at = max(at, span[1])
	}
	kept.WriteString(text[at:])
	return kept.String()
}

// tidy takes out the sentences that tell how to type an answer, and the marks
// and spaces that are left of those that were cut.
func tidy(text string) string {
	var kept []string
	for sentence := range sentences(text) {
		if strings.Trim(sentence, " \t\r\n.!?;:,¿¡*_-–—•") != "" && !rules.TellsHowToType(sentence) {
			kept = append(kept, sentence)
		}
	}
	return strings.TrimSpace(strings.Join(kept, ""))
}

// sentences yields a text in pieces, each with the mark and the spaces behind it.
func sentences(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start, ended := 0, false
		for i, r := range text {
			mark := strings.ContainsRune(".!?;\n\r", r)
			if ended && !mark && r != ' ' && r != '\t' {
				if !yield(text[start:i]) {
					return
				}
				start, ended = i, false
			}
			ended = ended || mark
		}
		if start < len(text) {
			yield(text[start:])
		}
	}
}
