package redact

import (
	"strings"

	"github.com/piiproxy/piiproxy/channel"
)

const (
	// ruleLink marks the id of a link to a secure form.
	ruleLink = "link"
	// linkGone stands in its place.
	linkGone = "hidden"
)

// links takes the ids out of links to secure forms, wherever they come back from
// the platform: whoever holds one may fill the form in, and that is not the bot.
// Links stand in buttons, so places for URLs are looked at too. It returns the
// spans that it settled.
func (w *walk) links(at place, scope *Scope, text string) (spans [][2]int) {
	if scope.outbound() {
		return nil
	}
	for _, prefix := range w.body.Links {
		if prefix == "" {
			continue
		}
		for from := 0; ; {
			i := indexFold(text[from:], prefix)
			if i < 0 {
				break
			}
			start := from + i + len(prefix)
			end := start
			for end < len(text) && isLinkByte(text[end]) {
				end++
			}
			if from = end; end > start && text[start:end] != linkGone && !within(spans, start, end) {
				spans = append(spans, [2]int{start, end})
				w.mark(at, mark{start: start, end: end, action: Hide, rule: ruleLink, kind: "url", text: text[start:end]})
			}
		}
	}
	return spans
}

// linkPlace looks for links in a place that holds a URL and is not scanned.
func (w *walk) linkPlace(at place) {
	if at.class == channel.URL && len(w.body.Links) > 0 {
		w.links(at, w.body.Stretches[at.owner].Scope, at.document.Text(at.node))
	}
}

// indexFold is strings.Index in any case: people type hosts as they like. It looks
// for the last byte of the prefix that has no case, which words seldom have.
func indexFold(text, prefix string) int {
	pivot := strings.LastIndexAny(prefix, "/=?%&-_.0123456789")
	if pivot < 0 {
		return strings.Index(text, prefix)
	}
	for from := pivot; from < len(text); from++ {
		i := strings.IndexByte(text[from:], prefix[pivot])
		if i < 0 {
			return -1
		}
		from += i
		start := from - pivot
		if end := start + len(prefix); end <= len(text) && strings.EqualFold(text[start:end], prefix) {
			return start
		}
	}
	return -1
}

// isLinkByte reports whether b can stand in a link's id.
func isLinkByte(b byte) bool {
	lower := b | 0x20
	return 'a' <= lower && lower <= 'z' || '0' <= b && b <= '9' || b == '-' || b == '_'
}
