package rules

import "slices"

// turnAround adds the reading from right to left of what stands from start on:
// an override shows it that way, and a program reads it the other way. Quotation
// marks part the two, because no value reaches over them.
func (b *body) turnAround(start int) {
	end := len(b.runes)
	if end-start < minTurned || end-start > MaxFinding || !slices.ContainsFunc(b.runes[start:end], func(r rune) bool { return isNumber(r) || r == '@' }) {
		return
	}
	b.put('"', b.from[end-1], b.to[end-1])
	for i := end - 1; i >= start; i-- {
		b.put(b.runes[i], b.from[i], b.to[i])
	}
	b.put('"', b.from[end-1], b.to[end-1])
	b.turned = true
}

// minTurned is the length of the shortest piece worth reading both ways.
const minTurned = 4

func wantsBackwards(s *survey) bool { return s.digits >= minRun-1 || s.has('@') }

// backwards reads from right to left what can only be meant that way: an address
// that begins with a top-level domain, an IBAN whose check digits are right, a
// telephone number with the plus sign at its end.
func (b *body) backwards() bool {
	changed := false
	for i := 0; i < len(b.runes); {
		r := b.runes[i]
		if !isAddressRune(r) {
			i++
			continue
		}
		start, at := i, -1
		for ; i < len(b.runes) && (isAddressRune(b.runes[i]) || b.runes[i] == '@'); i++ {
			if b.runes[i] == '@' {
				at = i
			}
		}
		end := i
		for end > start && !isPlainWord(b.runes[end-1]) && b.runes[end-1] != '+' { // a full stop
			end--
		}
		if at >= end {
			continue
		}
		switch {
		case at >= 0 && addressBackwards(b.runes[start:at], b.runes[at+1:end]), at < 0 && accountBackwards(b.runes[start:end]):
			slices.Reverse(b.runes[start:end])
			slices.Reverse(b.from[start:end])
			slices.Reverse(b.to[start:end])
			b.turned, changed = true, true
		case at < 0 && numberBackwards(b.runes[start:end]) && !matches(b.runes, end, "\"+"):
			b.addReversed(start, end)
			i = end + end - start + 2
			changed = true
		}
	}
	return changed
}

// addReversed adds the other reading of a number that may be meant either way.
func (b *body) addReversed(start, end int) {
	size := end - start + 2
	for range size {
		b.put('"', b.from[end-1], b.to[end-1])
	}
	copy(b.runes[end+size:], b.runes[end:])
	copy(b.from[end+size:], b.from[end:])
	copy(b.to[end+size:], b.to[end:])
	for k := range size {
		at := end - k
		if k == 0 || k == size-1 {
			at = end - 1
		}
		b.runes[end+k], b.from[end+k], b.to[end+k] = b.runes[at], b.from[at], b.to[at]
	}
	b.runes[end], b.runes[end+size-1] = '"', '"'
	b.turned = true
}

// addressBackwards judges "moc.elpmaxe" and "ecila".
func addressBackwards(left, right []rune) bool {
	dot := slices.Index(left, '.')
	if dot < 2 || dot > 3 || len(right) == 0 {
		return false
	}
	var label [3]byte
	for i := range dot {
		label[i] = byte(lowerASCII(left[dot-1-i]))
	}
	if !topLabels[string(label[:dot])] {
		return false
	}
	last := len(right)
	for last > 0 && right[last-1] != '.' {
		last--
	}
	return last == 0 || !topLabels[lowerText(right[last:])]
}

// numberBackwards judges "34105552021+": no country code begins with zero
// (ITU-T E.164).
func numberBackwards(word []rune) bool {
	last := len(word) - 1
	if last < minRun-1 || last > 15 || word[last] != '+' || word[last-1] == '0' {
		return false
	}
	for _, r := range word[:last] {
		if !isNumber(r) {
			return false
		}
	}
	return true
}

// maxAccount is the length of the longest IBAN (ISO 13616).
const maxAccount = 34

// accountBackwards judges an IBAN from its end by ISO 7064 mod 97-10.
func accountBackwards(word []rune) bool {
	n := len(word)
	if n < minAccount || n > maxAccount || !isUpper(word[n-1]) || !isUpper(word[n-2]) || !isNumber(word[n-3]) || !isNumber(word[n-4]) ||
		isUpper(word[0]) && isUpper(word[1]) && isNumber(word[2]) && isNumber(word[3]) {
		return false
	}
	remainder := rune(0)
	for i := range n {
		switch r := word[n-1-(i+4)%n]; {
		case isNumber(r):
			remainder = (remainder*10 + r - '0') % 97
		case isUpper(r):
			remainder = (remainder*100 + r - 'A' + 10) % 97
		default:
			return false
		}
	}
	return remainder == 1
}
