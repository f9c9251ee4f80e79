package rules

// edit rewrites a body's folded text in place, from left to right. What replaces
// a piece is never longer than the piece, so that nothing is overwritten before
// it was read.
type edit struct {
	body        *body
	read, write int
	changed     bool
}

func (b *body) edit() edit { return edit{body: b} }

// keep copies what lies before position to.
func (e *edit) keep(to int) {
	if to <= e.read {
		return
	}
	if e.read != e.write {
		b := e.body
		copy(b.runes[e.write:], b.runes[e.read:to])
		copy(b.from[e.write:], b.from[e.read:to])
		copy(b.to[e.write:], b.to[e.read:to])
	}
	e.write += to - e.read
	e.read = to
}

// replace puts characters in the place of those from start to end; each of them
// stands for the whole piece.
func (e *edit) replace(start, end int, with ...rune) {
	e.keep(start)
	from, to := e.body.span(start, end)
	e.read, e.changed = end, true
	for _, r := range with {
		e.put(r, int32(from), int32(to))
	}
}

func (e *edit) put(r rune, from, to int32) {
	if e.write >= e.read {
		return
	}
	b := e.body
	b.runes[e.write], b.from[e.write], b.to[e.write] = r, from, to
	e.write++
}

// last returns the character before position at, as it reads by now; 0 at the
// start.
func (e *edit) last(at int) rune {
	if at > e.read {
		return e.body.runes[at-1]
	}
	if e.write == 0 {
		return 0
	}
	return e.body.runes[e.write-1]
}

// finish copies the rest and tells whether anything was replaced.
func (e *edit) finish() bool {
	b := e.body
	e.keep(len(b.runes))
	b.runes, b.from, b.to = b.runes[:e.write], b.from[:e.write], b.to[:e.write]
	return e.changed
}

// maxRounds bounds how often a text is refolded: an escape of an escape of an
// escape is read.
const maxRounds = 4

// stages are what refold does, in order. Each runs on the texts that have what
// it looks for.
var stages = [...]struct {
	when func(s *survey) bool
	run  func(b *body) bool
}{
	{wantsUnescape, (*body).unescape},
	{wantsUntag, (*body).untag},
	{wantsNumerals, (*body).numerals},
	{wantsDecode, (*body).decodeWords},
	{wantsLookalikes, (*body).lookalikes},
	{wantsListen, (*body).listen},
	{wantsAddresses, (*body).addresses},
	{wantsSpoken, (*body).spoken},
	{wantsDigits, (*body).digitRuns},
	{wantsBackwards, (*body).backwards},
}

// settle refolds until nothing changes, and tells whether anything did.
func (b *body) settle() bool {
	changed := false
	for range maxRounds {
		if !b.refold() {
			break
		}
		changed = true
	}
	return changed
}

func (b *body) refold() bool {
	changed := false
	for i := range stages {
		if stages[i].when(&b.known) && stages[i].run(b) {
			changed = true
			b.survey()
		}
	}
	return changed
}
