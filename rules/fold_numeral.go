package rules

func wantsNumerals(s *survey) bool { return s.hasKind(asNumeral) }

// How many numerals in a row are a number. Numerals of Han script are words of
// ordinary text ("一个"), Sino-Korean ones are syllables of any word.
const (
	minHan    = 4
	minHangul = 6
)

// numerals reads runs of Han and Sino-Korean numerals, and Braille digits.
func (b *body) numerals() bool {
	table := b.table
	e := b.edit()
	for i := 0; i < len(b.runes); {
		reads := table.of(b.runes[i])
		if reads.kind() != asNumeral {
			i++
			continue
		}
		if reads&brailleStart != 0 {
			i = e.braille(i)
			continue
		}
		end, enough := b.numeralRun(i)
		for ; i < end; i++ {
			if reads := table.of(b.runes[i]); enough && reads.kind() == asNumeral {
				e.replace(i, i+1, reads.char())
			}
		}
	}
	return e.finish()
}

// numeralRun returns the end of the numerals and digits from i on, at most one
// separator between two, and whether the numerals are a number.
func (b *body) numeralRun(i int) (end int, enough bool) {
	table := b.table
	end = i
	han, hangul := 0, 0
	for at := i; at < len(b.runes); at++ {
		r := b.runes[at]
		reads := table.of(r)
		switch {
		case reads.kind() == asNumeral && reads&hangulDigit != 0:
			hangul++
		case reads.kind() == asNumeral && reads&brailleStart == 0:
			han++
		case isNumber(r):
		case at == end && isJoint(r):
			continue
		default:
			return end, han >= minHan || hangul >= minHangul
		}
		end = at + 1
	}
	return end, han >= minHan || hangul >= minHangul
}

// braille reads the digits after a number sign at i, and returns their end.
func (e *edit) braille(i int) int {
	const letters = "⠚⠁⠃⠉⠙⠑⠋⠛⠓⠊" // j is 0, a to i are 1 to 9
	text := e.body.runes
	end := i + 1
	for ; end < len(text); end++ {
		digit := '0'
		for _, letter := range letters {
			if letter == text[end] {
				break
			}
			digit++
		}
		if digit > '9' {
			break
		}
		if end == i+1 {
			e.replace(i, end+1, digit) // with its sign
		} else {
			e.replace(end, end+1, digit)
		}
	}
	return end
}
