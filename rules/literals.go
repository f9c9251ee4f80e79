package rules

import "slices"

// maxLiteralStates bounds the automaton (about 40 columns of 4 bytes each).
// Literals that do not fit are left out, and what needs them always runs.
const maxLiteralStates = 1 << 15

// literals finds every literal of a library in one pass over a text: an
// Aho-Corasick automaton (Aho and Corasick 1975) over lower-cased ASCII, all
// failure links resolved, one table look-up a byte.
type literals struct {
	columns [128]uint8 // byte to column; 0 for bytes in no literal
	width   int
	next    []int32   // state*width + column
	found   [][]int32 // per state: literals that end there
	ids     map[string]int32
	words   int // 64-bit words of a hit set
}

// hits is a set of literals.
type hits []uint64

func (h hits) add(id int32)      { h[id>>6] |= 1 << (id & 63) }
func (h hits) has(id int32) bool { return h[id>>6]&(1<<(id&63)) != 0 }

// meets tells whether h holds any of want.
func (h hits) meets(want hits) bool {
	for i, w := range want {
		if h[i]&w != 0 {
			return true
		}
	}
	return false
}

// newLiterals builds the automaton over lower-case ASCII words.
func newLiterals(list []string) *literals {
	l := &literals{ids: map[string]int32{}, width: 1}
	slices.Sort(list)
	list = slices.Compact(list)
	for _, word := range list {
		for i := range len(word) {
			if l.columns[word[i]] == 0 {
				l.columns[word[i]] = uint8(l.width)
				l.width++
			}
		}
	}
	for letter := byte('A'); letter <= 'Z'; letter++ {
		l.columns[letter] = l.columns[lower(letter)]
	}
	l.grow()
	for _, word := range list {
		l.insert(word)
	}
	l.words = (len(l.ids) + 63) / 64
	l.link()
	return l
}

func (l *literals) grow() int32 {
	l.next = append(l.next, make([]int32, l.width)...)
	l.found = append(l.found, nil)
	return int32(len(l.found) - 1)
}

func (l *literals) insert(word string) {
	if len(l.found)+len(word) > maxLiteralStates {
		return
	}
	state := int32(0)
	for i := range len(word) {
		slot := int(state)*l.width + int(l.columns[word[i]])
		if l.next[slot] == 0 {
			fresh := l.grow() // may move next
			l.next[slot] = fresh
		}
		state = l.next[slot]
	}
	id := int32(len(l.ids))
	l.ids[word] = id
	l.found[state] = append(l.found[state], id)
}

// link resolves failure links breadth first, so that next is total.
func (l *literals) link() {
	fail := make([]int32, len(l.found))
	var queue []int32
	for column := range l.width {
		if state := l.next[column]; state != 0 {
			queue = append(queue, state)
		}
	}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		l.found[state] = append(l.found[state], l.found[fail[state]]...)
		for column := range l.width {
			slot, fallback := int(state)*l.width+column, l.next[int(fail[state])*l.width+column]
			if child := l.next[slot]; child != 0 {
				fail[child] = fallback
				queue = append(queue, child)
			} else {
				l.next[slot] = fallback
			}
		}
	}
}

// set returns the hit set of list; ok is false when one of it is not in the
// automaton, so that nothing follows from a miss.
func (l *literals) set(list []string) (want hits, ok bool) {
	want = make(hits, l.words)
	for _, word := range list {
		id, known := l.ids[word]
		if !known {
			return nil, false
		}
		want.add(id)
	}
	return want, true
}

// search adds the literals of an ASCII text to found; ASCII lower or upper case.
func (l *literals) search(text string, found hits) {
	state := int32(0)
	for i := range len(text) {
		if text[i] >= 0x80 {
			state = 0
			continue
		}
		state = l.next[int(state)*l.width+int(l.columns[text[i]])]
		for _, id := range l.found[state] {
			found.add(id)
		}
	}
}
