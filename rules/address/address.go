package address

import "strings"

// Span is one address in a text.
type Span struct {
	Start, End int // bytes
	// Sure is false when the same words may well mean something else.
	Sure bool
}

// Find returns the addresses in text, in order and disjoint. It reads at most
// the first 600 bytes.
func Find(text string) []Span {
	var buffer [usualTokens]token
	list := tokens(text, buffer[:0])
	var found []Span
	for i := 0; i < len(list); i++ {
		before := token{}
		if i > 0 {
			before = list[i-1]
		}
		if (i > 0 || list[i].gap != "") && !list[i].opens(before) {
			continue
		}
		r := reader{list: list[i:]}
		at, sure := r.street()
		if at == 0 {
			continue
		}
		after, located := r.tail(r.units(at))
		found = append(found, Span{list[i].start, list[i+after-1].end, sure || located})
		i += after - 1
	}
	return found
}

// reader reads the tokens of one text. Its methods take the number of a token
// and return the number of the first one after what they have read.
type reader struct{ list []token }

func (r *reader) is(at int, words map[string]bool) bool {
	return at < len(r.list) && words[r.list[at].word]
}

func (r *reader) near(at int) bool { return at < len(r.list) && r.list[at].near() }

// street reads number and street in any of the orders; 0 for neither.
func (r *reader) street() (at int, sure bool) {
	first := r.list[0]
	switch {
	case first.house():
		return r.numberFirst(1)
	case openers[first.word]:
		return r.unitFirst()
	}
	if at, sure = r.kindFirst(); at > 0 {
		return at, sure
	}
	return r.oneWord()
}

// numberFirst reads what follows a house number.
func (r *reader) numberFirst(at int) (after int, sure bool) {
	if at+1 < len(r.list) && r.list[at].house() && r.list[at].comma && !r.list[at].ordinal() {
		at++ // "3141, 2718 Valley Avenue"
	}
	if at < len(r.list) && r.list[at].comma && !r.list[at].listed() {
		return 0, false
	}
	if after, sure = r.lead(at); after > 0 {
		return after, sure
	}
	if after, sure = r.named(at); after > 0 {
		return after, sure
	}
	return r.numbered(at)
}

const maxName = 5 // words of a street's name

// named reads direction, name and kind: "East Lexington Drive".
func (r *reader) named(at int) (after int, sure bool) {
	titles, directed := 0, directions[r.word(at)]
	for i := at; i < len(r.list) && i <= at+maxName; i++ {
		t := r.list[i]
		if i > at && !t.near() || i == at && strings.HasPrefix(t.gap, ".") || t.stops() && !(clearKinds[t.word] && titles > 0) || t.number() && i == at && !r.splitOrdinal(i+1) {
			return 0, false
		}
		if alone[t.word] && t.title && r.onlyDirections(at, i) {
			return r.suffix(i + 1), true
		}
		clear := clearKinds[t.word]
		if (clear || otherKinds[t.word]) && i > at && !r.onlyDirections(at, i) {
			if r.kindFollows(i + 1) {
				continue // Park Place, Lake Drive
			}
			names := i - at
			sure = t.title && titles == names && (clear || !t.capitals || len(t.word) == 1) || clear && !t.title && (names <= 3 || titles > 0) ||
				t.title && !t.capitals && titles > 0 && r.list[at].title || directed && !t.title && plainKinds[t.word]
			return r.suffix(i + 1), sure
		}
		if t.title || t.ordinal() || connectors[t.word] {
			titles++
		}
	}
	return 0, false
}

// kindFollows tells whether the next word is a kind of street as well, written
// the same way.
func (r *reader) kindFollows(at int) bool {
	return r.near(at) && (clearKinds[r.list[at].word] || otherKinds[r.list[at].word] && r.list[at].title && r.list[at-1].title)
}

func (r *reader) word(at int) string {
	if at < len(r.list) {
		return r.list[at].word
	}
	return ""
}

// splitOrdinal tells "40 31 st ave": a number whose ending is a word of its own.
func (r *reader) splitOrdinal(at int) bool {
	if !r.near(at) {
		return false
	}
	switch r.list[at].word {
	case "st", "nd", "rd", "th":
		return true
	}
	return false
}

func (r *reader) onlyDirections(from, to int) bool {
	for i := from; i < to; i++ {
		if !directions[r.list[i].word] {
			return false
		}
	}
	return true
}

// lead reads a street whose kind comes first, after a number: "3141 East El
// Camino Alto", "10 bis, rue de la Paix".
func (r *reader) lead(at int) (after int, sure bool) {
	if at < len(r.list) && (r.list[at].word == "bis" || r.list[at].word == "ter" || r.list[at].word == "quater") {
		at++
	}
	for at < len(r.list) && (directions[r.list[at].word] || articles[r.list[at].word]) && r.near(at+1) {
		at++
	}
	if !r.is(at, leads) && !(at < len(r.list) && romance[r.list[at].word]) {
		return 0, false
	}
	french := romance[r.list[at].word] // rue, avenue, boulevard, quai, chemin
	i, names := at+1, 0
	for ; i < len(r.list) && names < maxName && r.near(i); i++ {
		t := r.list[i]
		if connectors[t.word] || articles[t.word] {
			continue
		}
		if t.digits > 0 && !t.title && !t.ordinal() || notNames[t.word] || !t.title && !french {
			break
		}
		names++
		if !t.title && names == 2 {
			i++
			break
		}
	}
	for i > at+1 && (connectors[r.list[i-1].word] || articles[r.list[i-1].word]) {
		i--
	}
	if names == 0 {
		return 0, false
	}
	return i, r.list[at].title || r.list[i-1].title
}

// numbered reads a road that has a number: "7001 Oregon 3", "2200 Hwy 41".
func (r *reader) numbered(at int) (after int, sure bool) {
	if at+1 >= len(r.list) || !r.is(at, roads) && !r.is(at, stateNames) {
		return 0, false
	}
	i := at + 1
	if r.is(i, roads) && r.near(i) {
		i++
	}
	if r.near(i) && r.list[i].number() && r.list[i].digits <= 4 {
		return r.suffix(i + 1), false
	}
	return 0, false
}

// suffix reads the direction after a street: "Broadway Northeast", "Main St E".
func (r *reader) suffix(at int) int {
	if !r.near(at) {
		return at
	}
	t := r.list[at]
	if directions[t.word] && (len(t.word) > 2 || t.title) {
		return at + 1
	}
	letter := t.title && t.digits == 0 && t.word != "i" && (len(t.word) == 1 || len(t.word) <= 5 && strings.Trim(t.word[1:], "0123456789-") == "")
	if letter && (at+1 == len(r.list) || !r.near(at+1) || strings.HasPrefix(r.list[at+1].gap, ".")) {
		return at + 1 // Boulevard E, Avenue B-7
	}
	return at
}
