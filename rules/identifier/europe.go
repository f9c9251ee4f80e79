package identifier

// Europe. A check of a personal number that holds a date of birth asks for a
// date that exists, so that few other numbers of the same length pass; the date
// may lie in the future, because a check knows no clock.

func europe() map[string]Check {
	return join(britain(), france(), lowlands(), germany(), alps(), iberia(), italy(),
		nordic(), baltic(), poland(), danube(), balkan(), mediterranean(), eastern(), valueAdded())
}

// pairAt returns the two digits at i as a number.
func pairAt(value string, i int) int { return 10*digitAt(value, i) + digitAt(value, i+1) }

// remainder returns a number of any length modulo another, up to 100,000.
func remainder(digits string, modulus int) int {
	rest := 0
	for i := range len(digits) {
		rest = (rest*10 + digitAt(digits, i)) % modulus
	}
	return rest
}

// layout tells whether value has the form of a layout, in which '9' stands for
// a digit, 'A' for a capital letter and 'X' for either.
func layout(value, form string) bool {
	if len(value) != len(form) {
		return false
	}
	for i := range len(value) {
		place := base36(value[i])
		if place < 0 || form[i] == '9' && place > 9 || form[i] == 'A' && place < 10 {
			return false
		}
	}
	return true
}

// born tells whether the six digits are year, month and day, two of each, where
// the month may have been raised by one of the given numbers (by which several
// countries mark centuries, women or foreigners).
func born(yearMonthDay string, raised ...int) bool {
	if !numeric(yearMonthDay, 6) {
		return false
	}
	month := pairAt(yearMonthDay, 2)
	for _, raise := range append(raised, 0) {
		if m := month - raise; m >= 1 && m <= 12 {
			return dateAs(yearMonthDay[:2], twoDigits(m), yearMonthDay[4:])
		}
	}
	return false
}

// bornFirstDay is born for the order day, month, year.
func bornFirstDay(dayMonthYear string, raised ...int) bool {
	return numeric(dayMonthYear, 6) && born(dayMonthYear[4:]+dayMonthYear[2:4]+dayMonthYear[:2], raised...)
}

// twoDigits writes a number of 0 to 99.
func twoDigits(number int) string {
	return string([]byte{byte('0' + number/10%10), byte('0' + number%10)})
}

// mod11And10 checks the last digit by ISO/IEC 7064 MOD 11,10.
func mod11And10(value string) bool {
	product := 10
	for i := range max(0, len(value)-1) {
		sum := (product + digitAt(value, i)) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return value != "" && (product+digitAt(value, len(value)-1))%10 == 1
}

// travelSum is the sum of ICAO Doc 9303 part 3, section 4.9: digits and letters
// (A = 10 … Z = 35) with the weights 7, 3, 1, modulo 10.
func travelSum(value string) int {
	sum := 0
	for i := range len(value) {
		sum += max(0, base36(value[i])) * [3]int{7, 3, 1}[i%3]
	}
	return sum % 10
}
