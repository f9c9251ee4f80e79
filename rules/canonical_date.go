package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// monthFirst are the regions that write 12/31/1999 (Unicode CLDR, short dates).
var monthFirst = []string{"US", "PH", "PR", "GU"}

// centuryTurn is the first of the two-digit years that are of the twentieth
// century. No clock moves it: one text has one form.
const centuryTurn = 30

// canonicalDate is YYYY-MM-DD of a whole date in digits, or with the name of a
// month, in the order of the first region when both orders make one; other
// texts are trimmed.
func canonicalDate(text string, regions []string) string {
	year, month, day, ok := dateOf(text, len(regions) > 0 && slices.Contains(monthFirst, regions[0]))
	if !ok {
		return strings.TrimSpace(text)
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
}

// dateOf reads a date. american says that the month comes first.
func dateOf(text string, american bool) (year, month, day int, ok bool) {
	var numbers []string
	for _, g := range groupsOf(text) {
		numbers = append(numbers, text[g.start:g.end])
	}
	switch {
	case strings.ContainsFunc(text, unicode.IsLetter) && len(numbers) == 2:
		return namedDate(text, numbers)
	case len(numbers) <= 2:
		if numbers = cutDate(strings.Join(numbers, "")); numbers == nil {
			return 0, 0, 0, false
		}
	case len(numbers) > 3:
		return 0, 0, 0, false
	}
	if len(numbers[0]) == 4 {
		return existing(numbers[0], numbers[1], numbers[2])
	}
	first, second := numbers[0], numbers[1]
	if !american {
		first, second = second, first
	}
	if year, month, day, ok = existing(numbers[2], first, second); ok {
		return year, month, day, true
	}
	return existing(numbers[2], second, first)
}

// cutDate cuts eight digits, or six, into three numbers.
func cutDate(digits string) []string {
	switch len(digits) {
	case 6:
		return []string{digits[:2], digits[2:4], digits[4:]}
	case 8:
		if _, _, _, ok := existing(digits[:4], digits[4:6], digits[6:]); ok {
			return []string{digits[:4], digits[4:6], digits[6:]}
		}
		return []string{digits[:2], digits[2:4], digits[4:]}
	}
	return nil
}

// namedDate reads a day, the name of a month and a year.
func namedDate(text string, numbers []string) (year, month, day int, ok bool) {
	for _, word := range wordsOf(text) {
		if name := expiryMonths[word]; name != "" {
			if len(numbers[0]) == 4 {
				return existing(numbers[0], name, numbers[1])
			}
			return existing(numbers[1], name, numbers[0])
		}
	}
	return 0, 0, 0, false
}

// existing reads the parts of a date that there is, from 1800 to 2099.
func existing(yearText, monthText, dayText string) (year, month, day int, ok bool) {
	year, errYear := strconv.Atoi(yearText)
	month, errMonth := strconv.Atoi(monthText)
	day, errDay := strconv.Atoi(dayText)
	if errYear != nil || errMonth != nil || errDay != nil || len(monthText) > 2 || len(dayText) > 2 {
		return 0, 0, 0, false
	}
	switch {
	case len(yearText) == 2 && year < centuryTurn:
		year += 2000
	case len(yearText) == 2:
		year += 1900
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	ok = year >= 1800 && year < 2100 && date.Month() == time.Month(month) && date.Day() == day
	return year, month, day, ok
}
