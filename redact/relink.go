package redact

import (
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/rules"
)

// ruleRelink marks a URL that another one takes the place of.
const ruleRelink = "relink"

// Relink gives the URL that takes the place of another one in a stretch (by
// index), or "" where it stays, or why the stretch must not be passed on.
type Relink func(stretch int, url string) (by string, refused Reason)

// relinked puts another URL in the place of a string that is one as a whole: where
// links stand, and where nobody has judged what stands. It reports true when the
// string is settled. A mode that changes nothing changes no link toward the bot;
// one that the bot sends is ours whatever the mode is, and means nothing to others.
func (w *walk) relinked(at place) bool {
	if w.body.Relink == nil || at.class != channel.URL && at.class != channel.Unlisted {
		return false
	}
	scope := w.body.Stretches[at.owner].Scope
	if !scope.outbound() && scope.Mode != rules.Enforce {
		return false
	}
	text := at.document.Text(at.node)
	if at.class == channel.Unlisted && !strings.Contains(text, "//") {
		return false
	}
	by, refused := w.body.Relink(at.owner, text)
	switch {
	case refused != "":
		w.refuse(at.owner, refused)
	case by == "":
		return false
	default:
		w.mark(at, mark{end: len(text), action: Hide, rule: ruleRelink, kind: "url", text: text, by: by})
	}
	return true
}
