package redact

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/channel"
)

// A file is judged page by page, because the time of a scan is bounded for one
// message: a page is about as long as one, and ends with a line where it can.
const (
	pageBytes = 4 << 10
	// pageMargin is how far the words around a page are looked at together with it:
	// a value may stand across its end, and a phrase before it say what it is.
	pageMargin = 256
	// fileBudget is how long all pages of a file may take.
	fileBudget = 10 * time.Second
)

// File rewrites the text of a file, which may be much longer than a message. A card
// of contacts in it is judged property by property. Errors are those of Rewrite.
func (e *Engine) File(ctx context.Context, text string, scope *Scope) (Result, error) {
	started := time.Now()
	w := newWalk(e, Body{Stretches: []Stretch{{Scope: scope}}})
	defer w.release()
	for start, covered := 0, 0; start < len(text) && !scope.Off() && !w.overrun; {
		if time.Since(started) > fileBudget || ctx.Err() != nil {
			w.overrun = true
			break
		}
		margin, n := 0, cardEnd(text[start:])
		if n == 0 {
			margin, n = pageMargin, pageEnd(text[start:])
		}
		covered = w.leaf(text, start, start+n, margin, covered)
		start += n
	}
	took := time.Since(started)
	result, err := w.settleFile(ctx, text)
	result.Took = took
	return result, err
}

func (w *walk) settleFile(ctx context.Context, text string) (Result, error) {
	if w.overrun {
		result := w.result([]byte(text), false)
		result.Overrun, result.Refusals = true, nil
		return result, nil
	}
	return w.settleText(ctx, text)
}

// leaf judges the part of a text from start to end, with a margin of words around
// it, and keeps the marks in it. covered is up to where the marks of leaves before
// reach; it gives the same for the next. A finding in a margin is counted twice.
func (w *walk) leaf(text string, start, end, margin, covered int) int {
	from, to := max(start-margin, 0), min(end+margin, len(text))
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	before := len(w.marks)
	w.judging = 0 // a budget of its own
	if part := text[from:to]; margin == 0 {
		w.card(place{class: channel.Free}, part)
	} else {
		w.judge(place{class: channel.Free}, part)
	}
	found := w.marks[before:]
	w.marks = w.marks[:before]
	reached := covered
	for _, m := range found {
		m.start, m.end = m.start+from, m.end+from
		if m.start >= end || m.end <= max(start, covered) {
			continue // another leaf's
		}
		if m.start < covered { // what is left of a value is none, and is only hidden
			m.start, m.action, m.alike, m.by = covered, Hide, false, ""
		}
		w.marks = append(w.marks, m)
		reached = max(reached, m.end)
	}
	return reached
}

// pageEnd is where a page ends that begins a text: with a line, else with a word,
// else where it must.
func pageEnd(text string) int {
	if len(text) <= pageBytes {
		return len(text)
	}
	page := text[:pageBytes]
	if card := indexCard(page); card > 0 {
		return card
	}
	for _, breaks := range []string{"\n", " \t\r,;"} {
		if at := strings.LastIndexAny(page, breaks); at > pageBytes/2 {
			return at + 1
		}
	}
	end := pageBytes
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return end
}

const cardBegins, cardEnds = "BEGIN:VCARD", "END:VCARD"

// indexCard is where a contact card begins in a text, at the start of a line; -1
// where none does.
func indexCard(text string) int {
	for at := 0; ; {
		line := strings.IndexAny(text[at:], "\r\n")
		if line < 0 {
			return -1
		}
		if at += line + 1; at < len(text) && text[at] != '\r' && text[at] != '\n' && isCard(text[at:min(len(text), at+pageMargin)]) {
			return at
		}
	}
}

// cardEnd is how long the contact card is that begins a text, with what stands
// before it; 0 when none does. One that does not end is all of the text.
func cardEnd(text string) int {
	if !isCard(text[:min(len(text), pageBytes)]) {
		return 0
	}
	end := len(text) - len(strings.TrimLeft(text, beforeCard)) + len(cardBegins)
	for end < len(text) {
		line := text[end:]
		if ends := strings.IndexAny(line, "\r\n"); ends >= 0 {
			line = line[:ends+1]
		}
		end += len(line)
		if trimmed := strings.TrimSpace(line); len(trimmed) == len(cardEnds) && strings.EqualFold(trimmed, cardEnds) {
			return end
		}
	}
	return end
}
