package redact

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/rules"
)

// maxNesting bounds documents in strings in documents.
const maxNesting = 4

// mark is a span of a string that an action wants changed, and, once settled,
// what stands in its place.
type mark struct {
	owner      int // index of the stretch
	node       int // of the outermost document, for copies
	codecs     []payload.Codec
	start, end int
	action     Action
	rule, kind string
	canonical  string
	text       string
	by         string // the replacement
	quoted     bool   // it becomes a string where a number stood
	alike      bool   // it may be a look-alike that the bot got for a token
	unlisted   bool   // it stands in a field that nobody judged: no value goes there
	stays      bool   // settled: the text stays as it is
}

// place is where a string stands.
type place struct {
	document  *payload.Document
	node      int
	outermost int             // node of the outermost document that it stands in
	outer     []payload.Codec // codecs around the document, innermost first
	step      *channel.Step
	class     channel.Class
	owner     int
	depth     int
}

// copied is a string that repeats another one: it is edited when that one is.
type copied struct {
	place
	of []int // nodes it may repeat
}

// walk is the state of one Rewrite.
type walk struct {
	engine   *Engine
	body     Body
	frames   []frame
	marks    []mark
	tallies  []Tally
	prompts  []rules.Ask
	refusals map[int]Reason
	repeats  []copied
	judged   []Judged
	overrun  bool
	keep     bool
	// unresolved counts tokens that stood for nothing.
	unresolved int
	// back is what was put into a chat in the place of tokens, and as masks.
	back []Restored
	// judging is the stretch (counted from one) whose budget runs, and until when.
	judging  int
	deadline time.Time
}

// frame is what a node hands to its children.
type frame struct {
	step  *channel.Step
	owner int
}

var walks = sync.Pool{New: func() any { return new(walk) }}

func newWalk(e *Engine, body Body) *walk {
	w := walks.Get().(*walk)
	*w = walk{engine: e, body: body, frames: w.frames[:0], marks: w.marks[:0], repeats: w.repeats[:0]}
	return w
}

// maxKept bounds the buffers that are kept between payloads.
const maxKept = 1 << 12

// release gives the buffers back. Values are dropped first, so that a pooled
// walk holds nothing of a message.
func (w *walk) release() {
	clear(w.frames)
	clear(w.marks)
	clear(w.repeats)
	kept := walk{frames: w.frames[:0], marks: w.marks[:0], repeats: w.repeats[:0]}
	if cap(kept.frames)+cap(kept.marks)+cap(kept.repeats) > maxKept {
		kept = walk{}
	}
	*w = kept
	walks.Put(w)
}

// document visits the nodes of the outermost document in order.
func (w *walk) document(d *payload.Document, root *channel.Step) {
	next := 0 // the next stretch to begin
	for i := range d.Nodes {
		f := w.enter(d, i, root, w.frames)
		if next < len(w.body.Stretches) && w.body.Stretches[next].Root == i {
			for next+1 < len(w.body.Stretches) && w.body.Stretches[next+1].Root == i {
				next++
			}
			f.owner = next
			next++
		}
		w.frames = append(w.frames, f)
		w.visit(place{document: d, node: i, outermost: i, step: f.step, class: f.step.Class(), owner: f.owner})
	}
}

// enter steps from the parent of node i to node i.
func (w *walk) enter(d *payload.Document, i int, root *channel.Step, frames []frame) frame {
	node := &d.Nodes[i]
	if node.Parent < 0 {
		return frame{step: root}
	}
	parent := frames[node.Parent]
	if node.KeyEnd == 0 {
		return frame{step: parent.step.Element(), owner: parent.owner}
	}
	return frame{step: parent.step.Member(d.Name(i)), owner: parent.owner}
}

// visit judges the node's name and, where it is a leaf, its text.
func (w *walk) visit(at place) {
	if w.body.Stretches[at.owner].Scope.Off() {
		return
	}
	node := &at.document.Nodes[at.node]
	if node.KeyEnd > 0 && suspicious(at.document.Raw[node.KeyStart:node.KeyEnd]) {
		w.name(at)
	}
	switch node.Kind {
	case payload.String:
		w.text(at)
	case payload.Number:
		w.number(at)
	case payload.Array:
		w.array(at)
	}
}

// maxJoined bounds the digits of an array that are read as one value: the
// longest card number has 19, and separators may stand beside.
const maxJoined = 64

// array judges a value that is split over the items of an array: digits alone,
// which no item shows to be anything (threats.md B10).
func (w *walk) array(at place) {
	var joined []byte
	items := 0
	for i := range at.document.Children(at.node) {
		if kind := at.document.Nodes[i].Kind; kind != payload.Number && kind != payload.String {
			return
		}
		text := at.document.Text(i)
		if text == "" || strings.Trim(text, "0123456789 -") != "" || len(joined)+len(text) > maxJoined {
			return
		}
		joined = append(joined, text...)
		items++
	}
	if items < 2 {
		return
	}
	switch at.step.Element().Class() {
	case channel.Structural, channel.Routing, channel.URL, channel.Opaque:
		return
	}
	at.class = channel.Free // items cannot be edited as one
	w.fixed(at, w.body.Stretches[at.owner].Scope, string(joined), ValueInArray)
}

// suspicious says that a member name can hold a value at all: names of fields
// have few digits and no at sign. An escape can spell either.
func suspicious(name []byte) bool {
	digits := 0
	for _, c := range name {
		switch {
		case c == '@' || c == '\\' || c >= 0x80:
			return true
		case c >= '0' && c <= '9':
			digits++
		}
	}
	return digits >= 7
}

// text judges one string by its class.
func (w *walk) text(at place) {
	if w.relinked(at) {
		return
	}
	switch at.class {
	case channel.Structural, channel.Routing, channel.URL, channel.Opaque:
		w.linkPlace(at)
		return
	case channel.Copy:
		w.repeats = append(w.repeats, copied{at, copyOf(at)})
		return
	case channel.Parameter:
		if t := w.body.Channel.Parameter(at.document, at.node); t.Suffix {
			w.repeats = append(w.repeats, copied{at, t.Twins})
			return
		}
	case channel.Personal:
		if w.personal(at) {
			return
		}
	}
	text := at.document.Text(at.node)
	if text == "" {
		return
	}
	switch {
	case w.inner(at, text):
	case isCard(text):
		w.card(at, text)
	default:
		w.judge(at, text)
	}
}

// inner walks a document that stands in a string. It reports false when the
// string holds none: then it is judged as text.
func (w *walk) inner(at place, text string) bool {
	if at.depth+1 >= maxNesting || (text[0] != '{' && text[0] != '[') {
		return false
	}
	d, err := at.document.Inner(at.node, w.engine.limits)
	if err != nil || d == nil {
		return false
	}
	outer := append([]payload.Codec{at.document.Scope(at.node)}, at.outer...)
	frames := make([]frame, 0, len(d.Nodes))
	for i := range d.Nodes {
		f := w.enter(d, i, at.step.Inner(), frames)
		frames = append(frames, f)
		w.visit(place{
			document: d, node: i, outermost: at.outermost, outer: outer, step: f.step, class: f.step.Class(), owner: at.owner, depth: at.depth + 1,
		})
	}
	return true
}

// copyOf gives the node of message.text beside a quick reply's payload.
func copyOf(at place) []int {
	message := at.document.Nodes[at.document.Nodes[at.node].Parent].Parent
	if message < 0 {
		return nil
	}
	if text := at.document.Child(message, "text"); text >= 0 {
		return []int{text}
	}
	return nil
}

// copies judges the strings that may repeat others: one that equals an edited
// string gets the same edits. Any other is scanned and reported, but for one
// that differs in case or space only: what a validator passed in it is edited.
func (w *walk) copies() {
	for _, c := range w.repeats {
		text := c.document.Text(c.node)
		if text == "" || w.repeated(c, text) {
			continue
		}
		c.class = channel.Report
		if w.resembles(c, text) && !w.body.Stretches[c.owner].Scope.outbound() {
			c.class = channel.Unlisted
		}
		w.judge(c.place, text)
	}
}

// resembles says that a copy is one of its originals in another case.
func (w *walk) resembles(c copied, text string) bool {
	return slices.ContainsFunc(c.of, func(original int) bool {
		return strings.EqualFold(strings.TrimSpace(c.document.Text(original)), strings.TrimSpace(text))
	})
}

func (w *walk) repeated(c copied, text string) bool {
	if c.depth > 0 {
		return false // marks know nodes of the outermost document only
	}
	found := false
	for _, original := range c.of {
		if c.document.Text(original) != text {
			continue
		}
		for _, m := range w.marks {
			if m.node == original && m.owner == c.owner {
				m.node, m.codecs = c.node, slices.Clone(m.codecs)
				m.codecs[len(m.codecs)-1] = c.document.Scope(c.node)
				w.marks = append(w.marks, m)
				found = true
			}
		}
		if found {
			return true
		}
	}
	return false
}
