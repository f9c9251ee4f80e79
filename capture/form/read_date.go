package form

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Orders in which dates are written (Unicode CLDR, dateFormats short).
var (
	monthFirst = map[string]bool{"US": true, "PH": true, "PR": true, "GU": true, "VI": true}
	yearFirst  = map[string]bool{"CN": true, "JP": true, "KR": true, "TW": true, "HU": true, "LT": true, "MN": true, "IR": true}
)

// dateOrder returns day, month and year in the order of a region.
func dateOrder(region string) [3]string {
	switch {
	case monthFirst[region]:
		return [3]string{"month", "day", "year"}
	case yearFirst[region]:
		return [3]string{"year", "month", "day"}
	}
	return [3]string{"day", "month", "year"}
}

var (
	isoDate    = regexp.MustCompile(`^(\d{4})\s?[-./]\s?(\d{1,2})\s?[-./]\s?(\d{1,2})\.?$`)
	localDate  = regexp.MustCompile(`^(\d{1,2})\s?[-./ ]\s?(\d{1,2})\s?[-./ ]\s?(\d{4})$`)
	solidDate  = regexp.MustCompile(`^(\d{2})(\d{2})(\d{4})$`)
	mostYears  = 125
	lastOfDate = 2100
)

// dateOf reads a date: year first is ISO 8601 everywhere; otherwise as the first
// region writes it, or in the other order when only that is a date.
func dateOf(a answer) (time.Time, bool) {
	if m := isoDate.FindStringSubmatch(a.text); m != nil {
		return calendar(m[1], m[2], m[3])
	}
	m := localDate.FindStringSubmatch(a.text)
	if m == nil {
		m = solidDate.FindStringSubmatch(a.text)
	}
	if m == nil {
		return time.Time{}, false
	}
	day, month := m[1], m[2]
	if monthFirst[firstRegion(strings.Join(a.regions, " "))] {
		day, month = month, day
	}
	if date, ok := calendar(m[3], month, day); ok {
		return date, true
	}
	return calendar(m[3], day, month)
}

// calendar makes a date of its numbers, false for one that no calendar has.
func calendar(year, month, day string) (time.Time, bool) {
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	date, err := time.Parse(time.DateOnly, fmt.Sprintf("%s-%02d-%02d", year, m, d))
	return date, err == nil
}

func readBirth(a answer) verdict {
	date, ok := dateOf(a)
	switch {
	case !ok || date.Before(a.now.AddDate(-mostYears, 0, 0)):
		return problem("date")
	case date.After(a.now.UTC().Add(14 * time.Hour)): // tomorrow, further east
		return problem("past")
	}
	return same(date.Format(time.DateOnly))
}

func readDate(a answer) verdict {
	date, ok := dateOf(a)
	if !ok || date.Year() < 1900 || date.Year() > lastOfDate {
		return problem("date")
	}
	return same(date.Format(time.DateOnly))
}
