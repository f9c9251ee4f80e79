package rules

// validateSSN checks a United States social security number by the rules of the
// Social Security Administration (POMS RM 10201.030 and 10201.035): nine
// digits; area not 000, 666 or 900–999; group not 00; serial not 0000. Numbers
// that were printed in advertisements (078-05-1120, 219-09-9999) were once
// issued and are treated like any other.
func validateSSN(text string, _ []string) []part {
	digits := digitsOf(text)
	if len(digits) != 9 {
		return whole(text, false)
	}
	area, group, serial := digits[:3], digits[3:5], digits[5:]
	valid := area != "000" && area != "666" && area[0] != '9' && group != "00" && serial != "0000"
	return whole(text, valid)
}
