package rules

import "math/bits"

func ones(mask uint64) int { return bits.OnesCount64(mask) }

// piece is a maximal run of ASCII digits or of ASCII letters, in characters of
// the folded text.
type piece struct {
	start, end int
	digits     bool
	gap        gap  // to the piece before
	touched    bool // nothing separates it from a word after it that is in no cluster
	glued      bool // a mark inside a token does
}

// gap is what stands between two pieces.
type gap uint8

const (
	apart  gap = iota // anything but one separator
	joined            // one separator that leaves words apart: space, line end, comma, or a mark between spaces
	glued             // one separator inside a token: . - / _ : and the like
	solid             // nothing: letters meet digits
)

// gapOf classifies one character between two pieces.
func gapOf(r rune) gap {
	switch r {
	case ' ', '\n', '\t', '\r', ',', ';', '|':
		return joined
	case '.', '-', '/', '_', ':', '*', '~', '+', '\\':
		return glued
	}
	return apart
}

const (
	maxWordLetters = 6 // longer words are no part of an identifier
	maxAside       = 6 // pieces of letters that may stand before or after the digits
)

// sort of a folded character: what pieces are made of.
type sort uint8

const (
	other sort = iota
	letter
	digit
	foreign // a Latin letter that is not ASCII: it joins the word but is in no identifier
)

func sortOf(r rune) sort {
	switch {
	case r-'0' >= 0 && r-'0' < 10:
		return digit
	case r|0x20 >= 'a' && r|0x20 <= 'z':
		return letter
	case r >= 0xC0 && r < 0x250 && r != 0xD7 && r != 0xF7: // Latin-1 letters, Latin Extended-A and -B
		return foreign
	}
	return other
}

// clusters calls visit with the pieces around each group of digits in
// characters from to end of the body. A cluster ends where pieces stand apart,
// at a long word, and where many words follow the last digit. Pieces are valid
// until visit returns.
func (sc *scan) clusters(from, end int, visit func(pieces []piece) error) error {
	c := cluster{pieces: sc.pieces[:0]}
	defer func() { sc.pieces = c.pieces[:0] }()
	for at := from; at < end; {
		kind := sortOf(sc.body.at(at))
		if kind == other {
			at++
			continue
		}
		start := at
		for at < end && sortOf(sc.body.at(at)) == kind {
			at++
		}
		between := sc.between(c.last, start)
		long := kind == foreign || kind == letter && at-start > maxWordLetters
		if between == apart || long {
			c.touch(between)
			if err := c.flush(visit, 0); err != nil {
				return err
			}
		}
		if !long {
			c.push(piece{start: start, end: at, digits: kind == digit, gap: between})
		}
		c.last = at
		if c.aside > maxAside {
			if err := c.flush(visit, maxAside); err != nil {
				return err
			}
		}
	}
	return c.flush(visit, 0)
}

// between classifies what stands between the end of one piece and the start of
// the next.
func (sc *scan) between(end, start int) gap {
	switch start - end {
	case 0:
		if end > 0 {
			return solid
		}
	case 1:
		return gapOf(sc.body.at(end))
	case 2: // "4111, 1111", two spaces
		if first := sc.body.at(end); (first == ' ' || first == ',') && sc.body.at(end+1) == ' ' {
			return joined
		}
	case 3: // "4111 - 1111"
		if sc.body.at(end) == ' ' && sc.body.at(end+2) == ' ' && gapOf(sc.body.at(end+1)) != apart {
			return joined
		}
	}
	return apart
}

// cluster is the pieces read so far.
type cluster struct {
	last   int // where the word before ended, in this cluster or not
	pieces []piece
	total  int // digits
	aside  int // pieces of letters since the last digit
}

// touch tells the last piece of a word after it that is too long to belong.
func (c *cluster) touch(between gap) {
	if n := len(c.pieces); n > 0 {
		c.pieces[n-1].touched, c.pieces[n-1].glued = between == solid, between == glued
	}
}

func (c *cluster) push(p piece) {
	c.pieces = append(c.pieces, p)
	if p.digits {
		c.total += p.end - p.start
		c.aside = 0
	} else {
		c.aside++
	}
}

// flush hands the cluster over when it holds enough digits, and keeps the last
// so many pieces for the one that follows.
func (c *cluster) flush(visit func(pieces []piece) error, keep int) error {
	var err error
	if c.total >= minShapeDigits {
		err = visit(c.pieces)
	}
	kept := c.pieces[max(0, len(c.pieces)-keep):]
	c.pieces = append(c.pieces[:0], kept...)
	c.total, c.aside = 0, len(kept)
	if keep > 0 {
		c.aside = keep - 1 // the next piece may be one more word
	}
	return err
}
