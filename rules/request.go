package rules

import (
	"slices"
	"strings"
)

const (
	maxLabelWords  = 3   // around a word that stands as a label: "2. Zip code (optional)"
	maxTailWords   = 4   // between a word and the question mark that asks for it
	maxListReach   = 600 // characters from a label back to the request it belongs to
	deniedNearness = 3   // words from a word to a "not" behind it
)

// requests tells whether the words start to end are asked for in the sentence
// first to last.
func (sc *scan) requests(first, last, start, end int) bool {
	v := &voice{body: &sc.body, from: first, to: last}
	question := sc.questioned(first, last)
	r := v.request(start)
	tail := v.tailOf(end)
	switch {
	case r.refused || r.denied() || r.others || tail.denied || tail.value && !(r.wanted && !tail.digits):
		return false
	case r.known:
		return false
	case r.wishes && !r.wanted && !r.nudged():
		return tail.closed
	case r.wanted && !r.opened, r.has && question, r.modal && question, r.nudged(), r.having && question && tail.words <= maxHaving:
		return true
	case tail.polite:
		return true
	case r.opened:
		return false
	case question && (tail.words <= maxTailWords || v.interrogates(start)):
		return true
	}
	return r.words <= maxLabelWords && tail.words <= maxLabelWords && (tail.colon || sc.listed(first))
}

// request is what stands before the words that may be asked for.
type request struct {
	words                           int
	wanted, opened, refused, others bool
	modal, has, having              bool // "could you …", "do you have …", "tienes …"
	wishes, known                   bool // "do you want to change …", "… to your …"
	negated                         bool
	nudgeAt, lackAt, sentAt         int // the words up to the last nudge, "without", "sent"; 0: none
}

// denied tells whether what stands before denies the request.
func (r *request) denied() bool {
	return r.negated || r.lackAt > 0 && r.words-r.lackAt <= maxLack
}

// nudged tells "Please, your PLZ".
func (r *request) nudged() bool {
	return r.nudgeAt > 0 && !r.opened && r.words-r.nudgeAt <= maxNudge
}

// request reads the words before a place.
func (v *voice) request(start int) (r request) {
	at, earlier, previous, clause, wanted := v.from, "", "", false, false
	for {
		w, ok := v.next(at)
		if !ok || w.start >= start {
			return r
		}
		key := string(v.key(w))
		if v.comma(at, w.start) || turners[key] {
			clause, r.sentAt = true, 0
		}
		r.words++
		r.note(key, previous)
		switch {
		case key == "no" && counted[previous]:
		case deniers[key], key == "t" && contracted[previous]:
			r.negated, clause = true, false
		case previous == "no" && shortened[key]:
			r.negated = false
		}
		if key == "to" && needing[previous] { // "we need to look it up"
			r.wanted = wanted
		}
		wanted = r.wanted
		if wanting[key] && !nobodys[previous] || needing[key] && !needsNothing(previous, earlier) || pairs[key][previous] {
			r.wanted, r.opened = true, r.opened && openers[previous]
			r.negated, r.sentAt = r.negated && !clause, 0
		}
		at, earlier, previous = w.end, previous, key
	}
}

// note takes in what a word says by itself.
func (r *request) note(key, previous string) {
	r.opened = r.opened || r.words == 1 && openers[key]
	r.refused = r.refused || refusers[key] || leading[key] || questioning[key] || key == "que" && previous == "por"
	r.others = others[key]
	r.having = r.having || having[key]
	r.has = r.has || previous == "you" && (key == "have" || key == "get")
	r.modal = r.modal || modals[key]
	r.wishes = r.wishes || wishing[key]
	if sent[key] {
		r.sentAt = r.words
	}
	r.known = by[key] || key == "ke" || yours[key] && toward[previous] || previous == "a" && (key == "tu" || key == "su") || r.sentAt > 0 && r.words-r.sentAt < maxSent
	if nudges[key] {
		r.nudgeAt = r.words
	}
	if lacking[key] {
		r.lackAt = r.words
	}
}

// needsNothing tells "you need", "you'll need": the person needs something.
func needsNothing(previous, earlier string) bool {
	return previous == "you" || earlier == "you" && (previous == "ll" || previous == "will" || previous == "may")
}

// tail is what stands behind the words that may be asked for.
type tail struct {
	words                 int
	denied, polite, colon bool
	value, digits         bool // "Zip code: 99999" tells one
	closed                bool // by a request word
}

func (v *voice) comma(from, to int) bool {
	for ; from < to; from++ {
		if strings.ContainsRune(",:", v.body.at(from)) {
			return true
		}
	}
	return false
}

// tailOf reads the words behind a place.
func (v *voice) tailOf(end int) (t tail) {
	for at := end; at < v.to; at++ {
		if r := v.body.at(at); inWord(r) {
			break
		} else if r == ':' {
			t.colon = true
		}
	}
	clause, previous, at := false, "", end
	for w, ok := v.next(end); ok; w, ok = v.next(w.end) {
		key := string(v.key(w))
		clause = clause || v.comma(at, w.start)
		switch {
		case clause && !undoing[previous]: // "…, we never share it"
		case t.words < deniedNearness && (deniers[key] && key != "no" || stating[key]), refusers[key], closers[key] && undoing[previous]:
			t.denied = true
		}
		t.polite = t.polite || t.words == 0 && politely[key]
		t.digits = t.digits || strings.ContainsAny(key, "0123456789")
		t.closed = closers[key] || t.closed && (politely[key] || trailing[key])
		t.words++
		at, previous = w.end, key
	}
	t.polite = t.polite || t.closed
	t.value = t.colon && t.words > 0
	t.colon = t.colon && t.words == 0
	return t
}

// interrogates tells whether the words at a place begin a question by
// themselves.
func (v *voice) interrogates(start int) bool {
	w, ok := v.next(start)
	return ok && interrogatives[string(v.key(w))]
}

// questioned tells whether a sentence is a question.
func (sc *scan) questioned(first, last int) bool {
	return last < sc.body.length() && sc.body.at(last) == '?' || first > 0 && sc.body.at(first-1) == '¿'
}

// listed tells whether a label belongs to a list that a request begins:
// "Please send:\n1. name".
func (sc *scan) listed(first int) bool {
	from := max(0, first-maxListReach)
	colon := first
	for colon > from && !slices.Contains([]rune{':', '?'}, sc.body.at(colon-1)) {
		colon--
	}
	if colon == from {
		return false
	}
	v := &voice{body: &sc.body, from: from, to: colon}
	start, _ := sc.sentence(colon-1, colon-1, from, colon)
	v.from = start
	r := v.request(colon)
	return r.wanted && !r.denied() && !r.refused
}
