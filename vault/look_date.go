package vault

import (
	"fmt"
	"time"
)

const (
	isoDate = "2006-01-02"
	day     = 24 * time.Hour
)

// ages are the years of age that rules of law and trade draw lines at. A date of
// birth has a form between the same two lines, so that a bot's check of age
// decides as it would have. The last is HIPAA's: ages of 90 and more are one.
var ages = []int{0, 13, 16, 18, 21, 65, 90}

// oldest is the age in years above which a date is no date of birth.
const oldest = 120

// birthForm is a date of birth with the age, on the day that it is made, between
// the same two of ages as the value's; from 65 on, 65 to 89.
func birthForm(d draw) string {
	born, err := time.Parse(isoDate, d.canonical)
	today := d.now.UTC().Truncate(day)
	if err != nil || born.After(today) || !born.After(today.AddDate(-oldest, 0, 0)) {
		return ""
	}
	from, to := ages[len(ages)-2], ages[len(ages)-1]
	for i, age := range ages[:len(ages)-1] {
		if born.After(today.AddDate(-ages[i+1], 0, 0)) {
			from, to = age, ages[i+1]
			break
		}
	}
	return d.between(born, today.AddDate(-to, 0, 1), today.AddDate(-from, 0, 0))
}

// near and far bound the forms of dates that are no dates of birth, in days.
const (
	near = 365
	far  = 3650
)

// dateForm is a date on the same side of today as the value, today being in the
// future; within a year of it, or else one to ten years from it, as the value is.
func dateForm(d draw) string {
	value, err := time.Parse(isoDate, d.canonical)
	if err != nil {
		return ""
	}
	today := d.now.UTC().Truncate(day)
	switch days := int(value.Sub(today) / day); {
	case days < -near:
		return d.between(value, today.AddDate(0, 0, -far), today.AddDate(0, 0, -near-1))
	case days < 0:
		return d.between(value, today.AddDate(0, 0, -near), today.AddDate(0, 0, -1))
	case days <= near:
		return d.between(value, today, today.AddDate(0, 0, near))
	}
	return d.between(value, today.AddDate(0, 0, near+1), today.AddDate(0, 0, far))
}

// between draws a day of the two and those between. Its number in the month is
// above 12 when the value's is, and that of the month when the value's is: so it
// can be written in the order of day and month that the value has, and is read as
// the value was.
func (d draw) between(value, first, last time.Time) string {
	dice := d.dice()
	days := int(last.Sub(first)/day) + 1
	for range tries {
		form := first.AddDate(0, 0, dice.below(days))
		if (form.Day() > 12) == (value.Day() > 12) && (form.Day() == int(form.Month())) == (value.Day() == int(value.Month())) {
			return form.Format(isoDate)
		}
	}
	return ""
}

const (
	leastMonths = 12 // how far in the future the form of a card's expiry is
	mostMonths  = 59
)

// expiryForm is MM/YY: one to five years from now when the value is not over,
// up to five years ago when it is. Two-digit years are of the 2000s.
func expiryForm(d draw) string {
	value, ok := expiryMonth(d.canonical)
	if !ok {
		return ""
	}
	now := d.now.UTC()
	months := now.Year()*12 + int(now.Month()) - 1
	if value.Year()*12+int(value.Month())-1 >= months {
		months += leastMonths + d.dice().below(mostMonths-leastMonths+1)
	} else {
		months -= 1 + d.dice().below(mostMonths)
	}
	return fmt.Sprintf("%02d/%02d", months%12+1, months/12%100)
}
