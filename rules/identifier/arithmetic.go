package identifier

import "strings"

// The arithmetic that identifiers share. Every function here takes any string;
// what is not a digit counts as 0, so a check looks at the alphabet first.

// numeric tells whether value is length ASCII digits.
func numeric(value string, length int) bool {
	return len(value) == length && numericUpTo(value, length, length)
}

// numericUpTo tells whether value is least to most ASCII digits.
func numericUpTo(value string, least, most int) bool {
	if len(value) < least || len(value) > most {
		return false
	}
	for i := range len(value) {
		if value[i] < '0' || value[i] > '9' {
			return false
		}
	}
	return true
}

// alphabetic tells whether value holds only A to Z, and something.
func alphabetic(value string) bool {
	for i := range len(value) {
		if value[i] < 'A' || value[i] > 'Z' {
			return false
		}
	}
	return value != ""
}

// digitAt returns the digit at i, 0 when there is none.
func digitAt(value string, i int) int {
	if i < 0 || i >= len(value) || value[i] < '0' || value[i] > '9' {
		return 0
	}
	return int(value[i] - '0')
}

// weighted sums the digits of value, each times its weight, from the left;
// digits beyond the weights do not count.
func weighted(value string, weights ...int) int {
	sum := 0
	for i, weight := range weights {
		sum += weight * digitAt(value, i)
	}
	return sum
}

// rising sums the digits from the right with the weights 2, 3, 4 … most, 2, 3 …
func rising(value string, most int) int {
	sum, weight := 0, 2
	for i := len(value) - 1; i >= 0; i-- {
		sum += weight * digitAt(value, i)
		if weight++; weight > most {
			weight = 2
		}
	}
	return sum
}

// uniform tells whether one character is repeated: such values pass many
// checksums and are never issued.
func uniform(value string) bool {
	return value != "" && strings.Count(value, value[:1]) == len(value)
}

// luhnPasses checks the last digit by ISO/IEC 7812-1 annex B (mod 10, "Luhn").
func luhnPasses(value string) bool {
	sum := 0
	for i := range len(value) {
		digit := digitAt(value, len(value)-1-i)
		if i%2 == 1 {
			digit = digit*2/10 + digit*2%10
		}
		sum += digit
	}
	return sum%10 == 0
}

// verhoeffProducts is the multiplication table of the dihedral group D5.
const verhoeffProducts = "0123456789" + "1234067895" + "2340178956" + "3401289567" + "4012395678" +
	"5987604321" + "6598710432" + "7659821043" + "8765932104" + "9876543210"

// verhoeffTurns is the permutation of a digit by its place modulo 8.
const verhoeffTurns = "0123456789" + "1576283094" + "5803796142" + "8916043527" +
	"9453126870" + "4286573901" + "2793806415" + "7046913258"

// verhoeffPasses checks the last digit by Verhoeff's dihedral scheme
// (J. Verhoeff, Error Detecting Decimal Codes, 1969).
func verhoeffPasses(value string) bool {
	state := 0
	for i := range len(value) {
		turned := int(verhoeffTurns[i%8*10+digitAt(value, len(value)-1-i)] - '0')
		state = int(verhoeffProducts[state*10+turned] - '0')
	}
	return state == 0
}

// mod11And2 checks the last character by ISO/IEC 7064 MOD 11-2: a digit or X.
func mod11And2(value string) bool {
	sum := 0
	for i := range max(0, len(value)-1) {
		sum = (sum + digitAt(value, i)) * 2 % 11
	}
	return value != "" && "10X98765432"[sum] == value[len(value)-1]
}

// dateAs tells whether year, month and day are two digits each and a date of
// some century: 29 February counts, because 00 may be 2000.
func dateAs(year, month, day string) bool {
	return numeric(year, 2) && numeric(month, 2) && numeric(day, 2) && dayExists(month, day) &&
		(month+day != "0229" || (digitAt(year, 0)*10+digitAt(year, 1))%4 == 0)
}

// daysOf are the days of the months in a leap year.
var daysOf = [12]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// dayExists tells whether a month has a day, in a leap year.
func dayExists(month, day string) bool {
	m, d := digitAt(month, 0)*10+digitAt(month, 1), digitAt(day, 0)*10+digitAt(day, 1)
	if m < 1 || m > 12 {
		return false
	}
	return d >= 1 && d <= daysOf[m-1]
}

// within tells whether two equally long values stand in the order least ≤
// value ≤ most.
func within(value, least, most string) bool {
	return len(value) == len(least) && least <= value && value <= most
}

// oneOf tells whether value is one of the space-separated words of list.
func oneOf(list, value string) bool {
	for list != "" {
		word, rest, _ := strings.Cut(list, " ")
		if word == value {
			return true
		}
		list = rest
	}
	return false
}

// base36 is the value of a digit or capital letter: 0 to 35, -1 for others.
func base36(character byte) int {
	switch {
	case '0' <= character && character <= '9':
		return int(character - '0')
	case 'A' <= character && character <= 'Z':
		return int(character-'A') + 10
	}
	return -1
}

// alphanumeric tells whether value is length digits and capital letters.
func alphanumeric(value string, length int) bool {
	for i := range len(value) {
		if base36(value[i]) < 0 {
			return false
		}
	}
	return len(value) == length
}

// join returns all of the maps in one.
func join(parts ...map[string]Check) map[string]Check {
	all := map[string]Check{}
	for _, part := range parts {
		for name, check := range part {
			all[name] = check
		}
	}
	return all
}
