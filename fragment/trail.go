package fragment

import (
	"slices"
	"strings"
	"time"
)

// Next hears a message and says what happens to it. The trail is as it stands
// after that: keep it when the decision has been carried out. Without Scan
// nothing is joined.
func (t *Trail) Next(m Message, s Setting) Decision {
	t.forget(s.Now)
	read, bare, number := s.reading(m)
	at := t.find(m.ID)
	if at >= 0 && number && t.Parts[at].Read == read {
		return t.again(at, s)
	}
	if !number || !s.part(m, read, bare) || t.repeats(read, s) {
		return Decision{Show: All, Release: t.Let()}
	}
	var d Decision
	if at >= 0 && t.Parts[at].Fate <= left { // edited: what it was is of no value any more
		d.Release = t.Let()
		t.Parts = slices.Delete(t.Parts, at, at+1)
	}
	d.Release = append(d.Release, t.add(Part{ID: m.ID, Read: read, At: s.Now, Bare: bare})...)
	if !t.join(s, &d) && !t.hold(s, &d) {
		t.pass(s, &d)
	}
	return d
}

// repeats says that a message is the same four digits once more, which nobody asked
// for: a code is said twice. A card has such groups in a row where all of its digits
// are one, or where four of them make a card.
func (t *Trail) repeats(read string, s Setting) bool {
	parts := t.Parts[t.open():]
	if s.armed() || len(read) != groupSize || strings.Count(read, read[:1]) == groupSize || len(parts) == 0 {
		return false
	}
	if slices.ContainsFunc(parts, func(p Part) bool { return p.Read != read }) {
		return false
	}
	_, _, whole := s.Scan(strings.Repeat(read, 4))
	return !whole
}

// groupSize is how many digits the groups of most cards have.
const groupSize = 4

// forget drops the parts that are too old. A held one stays until it goes out.
func (t *Trail) forget(now time.Time) {
	for len(t.Parts) > 0 && t.Parts[0].Fate != held && now.Sub(t.Parts[0].At) > Memory {
		t.Parts = slices.Delete(t.Parts, 0, 1)
	}
}

// makeRoom forgets the oldest part, but not what the bot saw of it.
func (t *Trail) makeRoom() {
	gone := t.Parts[0]
	t.Parts = slices.Delete(t.Parts, 0, 1)
	if gone.Fate == left && len(t.Parts) > 0 && t.Parts[0].Fate <= left {
		t.Parts[0].Before = gone.Before + gone.Shown
	}
}

func (t *Trail) find(id string) int {
	if id == "" {
		return -1
	}
	return slices.IndexFunc(t.Parts, func(p Part) bool { return p.ID == id })
}

// add appends a part within the bounds, and releases what has to make room.
func (t *Trail) add(p Part) (released []Release) {
	chars := count(p.Read)
	for _, other := range t.Parts {
		chars += count(other.Read)
	}
	for len(t.Parts) >= MaxParts || len(t.Parts) > 0 && chars > MaxChars {
		chars -= count(t.Parts[0].Read)
		released = append(released, t.release(1)...)
		t.makeRoom()
	}
	t.Parts = append(t.Parts, p)
	return released
}

// again says of a message that came before what was said then.
func (t *Trail) again(at int, s Setting) Decision {
	p := t.Parts[at]
	d := Decision{Repeated: true, Show: p.show()}
	switch p.Fate {
	case held:
		d.Verdict, d.Due = Hold, p.Due
	case absorbed:
		d.Verdict = Absorbed
	case token:
		from := at
		for from > 0 && (t.Parts[from-1].Fate == absorbed || t.Parts[from-1].Fate == late) {
			from--
		}
		if kind, canonical, ok := s.scan(t.Parts[from : at+1]); ok {
			d.Verdict, d.Kind, d.Canonical = Join, kind, canonical
			d.joins(t.Parts[from:at])
		}
	}
	return d
}

// joins lists what became of the parts before the one that made a value whole.
func (d *Decision) joins(parts []Part) {
	for _, p := range parts {
		if p.Fate == absorbed {
			d.Absorb = append(d.Absorb, p.ID)
		} else if p.Shown > 0 {
			d.TooLate = append(d.TooLate, p.ID)
		}
	}
}

// join makes one value of the newest part and those before it, the longest that
// there is.
func (t *Trail) join(s Setting, d *Decision) bool {
	last := len(t.Parts) - 1
	for from := t.open(); from < last; from++ {
		if !s.worthJoining(t.run(from)) {
			continue
		}
		kind, canonical, ok := s.scan(t.Parts[from:])
		if !ok {
			continue
		}
		d.Release = append(d.Release, t.release(from)...)
		for i := from; i < last; i++ {
			t.Parts[i].Fate += absorbed - held // held: absorbed, left: late
		}
		t.Parts[last].Fate = token
		d.Verdict, d.Kind, d.Canonical = Join, kind, canonical
		d.joins(t.Parts[from:last])
		return true
	}
	return false
}

// hold keeps the newest part back when it may be one of a value.
func (t *Trail) hold(s Setting, d *Decision) bool {
	last := len(t.Parts) - 1
	if due, holding := t.due(last); holding && !due.After(s.Now) {
		d.Release = append(d.Release, t.release(last)...)
	}
	from, limit := t.begins(s)
	if limit <= 0 {
		return false
	}
	d.Release = append(d.Release, t.release(from)...)
	due, holding := t.due(last)
	if !holding {
		due = s.Now.Add(limit)
	}
	p := &t.Parts[last]
	p.Due, p.Most = due, t.most(from)
	d.Verdict, d.Due, d.Show = Hold, due, p.show()
	return true
}

// due is Due for the parts before upto.
func (t *Trail) due(upto int) (time.Time, bool) { return Trail{t.Parts[:upto]}.Due() }

// begins finds the first part of the value that the newest part may belong to,
// and how long it is to be held; 0 when it is not.
func (t *Trail) begins(s Setting) (from int, limit time.Duration) {
	for from = t.open(); s.Limits.Armed > 0 && from < len(t.Parts); from++ {
		if s.fits(t.run(from)) {
			return from, s.Limits.Armed
		}
	}
	for from = t.open(); from < len(t.Parts); from++ {
		r := t.run(from)
		if !r.cardBegins() || !t.suspicious(from) {
			continue
		}
		if r.visible <= Shown {
			return from, 0
		}
		return from, s.Limits.Unarmed
	}
	return from, 0
}

// suspicious says that a value may begin at a part that nobody asked for: in up to
// three messages, or in more when one of them had to be held. Small numbers one
// after another are answers of other kinds.
func (t *Trail) suspicious(from int) bool {
	parts := t.Parts[from:]
	return len(parts) <= 3 || slices.ContainsFunc(parts, func(p Part) bool { return !p.Due.IsZero() })
}

// pass lets the newest part go on, after all that is held.
func (t *Trail) pass(s Setting, d *Decision) {
	last := len(t.Parts) - 1
	d.Release = append(d.Release, t.release(last)...)
	d.Show = All
	if from, _ := t.begins(s); from == len(t.Parts) {
		t.Parts = t.Parts[:last] // some other number: it stands between the parts and is none
		return
	}
	t.Parts[last].Fate, t.Parts[last].Shown = left, t.Parts[last].Bare
}

// release lets the held parts before upto go.
func (t *Trail) release(upto int) (released []Release) {
	for i := range t.Parts[:upto] {
		if p := &t.Parts[i]; p.Fate == held {
			p.Fate, p.Shown = left, p.Most
			released = append(released, Release{p.ID, p.show()})
		}
	}
	return released
}

// most is how much of a newest part is shown when it goes out with the held ones
// before it: six digits of the value that begins at from.
func (t *Trail) most(from int) int {
	last := len(t.Parts) - 1
	seen := t.Parts[from].Before
	for _, p := range t.Parts[from:last] {
		seen += p.Shown
		if p.Fate == held {
			seen += p.Most
		}
	}
	return t.Parts[last].part(max(Shown-seen, 0))
}

// part is how much of a part is shown when at most some digits may be. Between
// the tokens of findings it is all or nothing.
func (p Part) part(most int) int {
	if p.Bare > most && p.Bare < count(p.Read) {
		return 0
	}
	return min(p.Bare, most)
}

// show is how many digits of a part that was sent may be shown.
func (p Part) show() int {
	shown := p.Shown
	if p.Fate == held {
		shown = p.Most
	}
	if shown == p.Bare {
		return All
	}
	return shown
}
