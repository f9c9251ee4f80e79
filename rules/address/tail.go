package address

import "strings"

// units reads the part of a building: "Apt 4", "# 800", "Building #2 Suite #7",
// "Floor 2".
func (r *reader) units(at int) int {
	for range 4 {
		i := at
		if i >= len(r.list) || !r.list[i].listed() || strings.Contains(r.list[i].gap, "\n\n") {
			break
		}
		ordinal := r.list[i].ordinal()
		if ordinal {
			i++ // "2nd floor"
		}
		named := r.is(i, units)
		if named && !ordinal {
			i++
		}
		if i < len(r.list) && r.list[i].word == "#" {
			named = true
			i++
		}
		for named && i < len(r.list) && numberWords[r.list[i].word] {
			i++
		}
		switch {
		case ordinal && named:
			at = i + 1
		case named && i < len(r.list) && r.list[i].listed() && unitNumber(r.list[i]):
			at = i + 1
		default:
			return r.suffix(at)
		}
	}
	return at
}

// unitNumber tells 4, 2A, B, 12-3.
func unitNumber(t token) bool {
	return len(t.word) <= 6 && (hasDigit(t.word) || len(t.word) == 1 && t.word != "i" || len(t.word) == 2 && t.title)
}

// tail reads town, state, postcode and country, in any order, as far as they
// belong to the address. Located is true when a state or postcode is among
// them.
func (r *reader) tail(at int) (after int, located bool) {
	for range 6 {
		if at >= len(r.list) || !r.list[at].listed() {
			break
		}
		next, strong := r.segment(at, located)
		if next == at {
			break
		}
		at, located = next, located || strong
	}
	return at, located
}

// segment reads one part of the tail.
func (r *reader) segment(at int, located bool) (after int, strong bool) {
	if after = r.postcode(at); after > at {
		if town := r.town(after, true); town > after && r.list[after].near() {
			return town, true // 10115 Berlin
		}
		return after, true
	}
	if after = r.state(at); after > at {
		if code := r.postcode(after); code > after {
			return code, true
		}
		return after, true
	}
	if after = r.townAndState(at); after > at {
		return after, true
	}
	t := r.list[at]
	if t.comma && t.title {
		if town := r.town(at, located); town > at {
			return town, false
		}
	}
	return at, false
}

// state reads a state's code, upper case or before a postcode, or its name.
func (r *reader) state(at int) int {
	if at >= len(r.list) {
		return at
	}
	t := r.list[at]
	if t.capitals && states[t.word] {
		return at + 1
	}
	if states[t.word] && at+1 < len(r.list) && r.list[at+1].number() && r.near(at+1) && r.list[at+1].digits >= 4 && r.list[at+1].digits <= 5 {
		return at + 1
	}
	name := t.word
	for i := at; i < at+3 && i < len(r.list); i++ {
		if i > at {
			if !r.near(i) {
				break
			}
			name += " " + r.list[i].word
		}
		if stateNames[name] && (t.title || r.postcode(i+1) > i+1) {
			return i + 1
		}
	}
	return at
}

const maxTown = 4 // words of a town's name

// townAndState reads lower-case and comma-less tails: "springfield il 62704".
func (r *reader) townAndState(at int) int {
	for i := at + 1; i <= at+maxTown && i < len(r.list); i++ {
		if !r.list[i-1].listed() || notNames[r.list[i-1].word] || r.list[i-1].digits > 0 {
			return at
		}
		if !r.list[i].listed() {
			return at
		}
		if after := r.state(i); after > i {
			if code := r.postcode(after); code > after {
				return code
			}
			if r.list[at].title {
				return after
			}
		}
	}
	return at
}

// town reads a town's name in capital letters that ends where a part of an
// address ends.
func (r *reader) town(at int, sure bool) int {
	i, names := at, 0
	for ; i < len(r.list) && names <= maxTown+1; i++ {
		t := r.list[i]
		if i > at && (!r.near(i) || strings.HasPrefix(t.gap, ".")) {
			break
		}
		if names > 0 && connectors[t.word] && !t.title && i+1 < len(r.list) && r.list[i+1].title {
			continue
		}
		if !t.title || hasDigit(t.word) || notNames[t.word] && !connectors[t.word] {
			break
		}
		names++
	}
	if names == 0 || names > maxTown+1 {
		return at
	}
	if i == len(r.list) || sure {
		return i
	}
	// a word that goes on in lower case is the next clause: "…, John will come"
	if next := r.list[i]; next.near() && !strings.HasPrefix(next.gap, ".") && r.postcode(i) == i && r.state(i) == i {
		return at
	}
	return i
}

// postcode reads a postcode after a comma, a line end or a space: four to six
// digits, with three or four more after a dash, and those of the United Kingdom,
// Canada and the Netherlands.
func (r *reader) postcode(at int) int {
	if at >= len(r.list) || !r.list[at].listed() {
		return at
	}
	t := r.list[at]
	rest := t.word[t.digits:]
	switch {
	case t.number() && 4 <= t.digits && t.digits <= 6:
		if t.digits == 4 && r.near(at+1) && len(r.list[at+1].word) == 2 && r.list[at+1].capitals {
			return at + 2 // 1234 AB
		}
		return at + 1
	case t.number() && t.digits == 3 && r.near(at+1) && r.list[at+1].number() && r.list[at+1].digits <= 3 && t.comma:
		return at + 2 // 123 45
	case (t.digits == 5 || t.digits == 4 || t.digits == 2) && len(rest) >= 4 && len(rest) <= 5 && rest[0] == '-' && strings.Trim(rest[1:], "0123456789") == "":
		return at + 1 // 12345-6789, 12345-678, 1234-567, 12-345
	case t.digits == 0 && len(t.word) <= 4 && hasDigit(t.word) && r.near(at+1) && inward(r.list[at+1].word):
		return at + 2 // SW1A 1AA, T2X 1V4
	}
	return at
}

// inward tells the second half of British (1AA) and Canadian (1V4) postcodes.
func inward(word string) bool {
	return len(word) == 3 && digit(word[0]) && !digit(word[1])
}

func hasDigit(word string) bool { return strings.ContainsAny(word, "0123456789") }

func digit(b byte) bool { return '0' <= b && b <= '9' }
