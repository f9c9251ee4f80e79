package rules

import (
	"math/bits"

	"github.com/dlclark/regexp2/v2/syntax"
)

// class is a set of characters of folded text.
type class struct {
	ascii [2]uint64
	other bool // some character that is not ASCII
}

func classOf(r rune) class {
	var c class
	c.add(r)
	return c
}

func (c *class) add(r rune) {
	if r < 0x80 {
		c.ascii[r>>6] |= 1 << (r & 63)
	} else {
		c.other = true
	}
}

func (c class) union(d class) class {
	return class{[2]uint64{c.ascii[0] | d.ascii[0], c.ascii[1] | d.ascii[1]}, c.other || d.other}
}

// within tells whether every character of c is one of d.
func (c class) within(d class) bool {
	return c.ascii[0]&^d.ascii[0] == 0 && c.ascii[1]&^d.ascii[1] == 0 && (!c.other || d.other)
}

// weight estimates how often ordinary text holds some character of c.
func (c class) weight() int {
	alphabetic := bits.OnesCount64(c.ascii[1] & letters)
	total := bits.OnesCount64(c.ascii[0]) + bits.OnesCount64(c.ascii[1])
	weight := total + 7*alphabetic
	if c.ascii[0]&(1<<' ') != 0 {
		weight += commonClass
	}
	if c.other {
		weight += 4
	}
	return weight
}

// anything is every character.
var anything = class{ascii: [2]uint64{^uint64(0), ^uint64(0)}, other: true}

// has tells whether r is in c; of characters that are not ASCII, whether any is.
func (c *class) has(r rune) bool {
	if r >= 0x80 {
		return c.other
	}
	return c.ascii[r>>6]&(1<<(r&63)) != 0
}

var digitClass = class{ascii: [2]uint64{0x03ff << '0', 0}}

// letter returns the lower-case ASCII character that c stands for, when it is
// one character or one letter in both cases.
func (c class) letter() (byte, bool) {
	if c.other {
		return 0, false
	}
	found := byte(0)
	for i := range byte(128) {
		if c.ascii[i>>6]&(1<<(i&63)) == 0 {
			continue
		}
		low := lower(i)
		if found != 0 && found != low {
			return 0, false
		}
		found = low
	}
	return found, found != 0
}

// alone returns the few characters of c as literals, when each of them tells
// something alone.
func (c class) alone() []wordList {
	if c.other || bits.OnesCount64(c.ascii[0])+bits.OnesCount64(c.ascii[1]) > maxAlone {
		return nil
	}
	var texts []string
	for i := range byte(128) {
		if c.ascii[i>>6]&(1<<(i&63)) != 0 {
			texts = append(texts, string(rune(lower(i))))
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return telling(texts, 0)
}

// maxAlone is how many characters a class may have to be looked for one by one.
const maxAlone = 4

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// folded is the class of one character of a pattern. One that folding changes
// never matches folded text; the empty class says just that.
func folded(r rune) class {
	if foldRune(r) != r {
		return class{}
	}
	return classOf(r)
}

// classOfSet returns a class that holds every folded character of set, and
// perhaps more.
func classOfSet(set *syntax.CharSet) class {
	var c class
	for r := range rune(0x80) {
		if set.Contains(r) && foldRune(r) == r {
			c.add(r)
		}
	}
	if set.Equals(syntax.DigitClass()) {
		return c // every other decimal digit folds to ASCII
	}
	ranges, ok := rangesOf(set)
	if !ok {
		c.other = true
		return c
	}
	for _, span := range ranges {
		for r := max(span.First, 0x80); r <= span.Last && !c.other; r++ {
			c.other = foldRune(r) == r
		}
	}
	return c
}

// beyondSet tells whether every character of a set that folded texts may hold is
// beyond; false for what is not known.
func beyondSet(set *syntax.CharSet) bool {
	ranges, ok := rangesOf(set)
	if !ok {
		return false
	}
	for _, span := range ranges {
		if span.Last-span.First > maxBeyond {
			return false
		}
		for r := span.First; r <= span.Last; r++ {
			if foldRune(r) == r && !beyond(r) {
				return false
			}
		}
	}
	return true
}

// maxBeyond is how many characters in a row are looked at one by one.
const maxBeyond = 1 << 12

// rangesOf returns the ranges of a set that is nothing but a few of them.
func rangesOf(set *syntax.CharSet) ([]syntax.SingleRange, bool) {
	if set.IsNegated() || set.IsAnything() {
		return nil, false
	}
	for n := 1; n <= maxRanges; n++ {
		if ranges := set.GetIfNRanges(n); ranges != nil {
			return ranges, true
		}
	}
	return nil, false
}
