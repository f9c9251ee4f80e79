package vault

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// layouts are the ways to write a date, in the words of package time. Of two that
// fit, the first is meant.
var layouts = dateLayouts()

type layout struct {
	text  string
	short bool // a year of two digits
}

func dateLayouts() []layout {
	var all []layout
	add := func(short bool, text string) { all = append(all, layout{text, short}) }
	for _, year := range []string{"2006", "06"} {
		short := year == "06"
		for _, between := range []string{"/", ".", "-", " ", ""} {
			for _, month := range []string{"01", "1"} {
				for _, day := range []string{"02", "2"} {
					if between == "" && month+day != "0102" {
						continue
					}
					add(short, day+between+month+between+year)
					add(short, month+between+day+between+year)
					if !short {
						add(short, year+between+month+between+day)
					}
				}
			}
		}
		for _, month := range []string{"January", "Jan"} {
			for _, day := range []string{"2", "02"} {
				for _, form := range []string{"%s %s %s", "%s-%s-%s", "%s. %s %s", "%s of %s %s", "%s %s, %s"} {
					add(short, fmt.Sprintf(form, day, month, year))
				}
			}
			add(short, month+" 2, "+year)
			add(short, month+" 2 "+year)
		}
	}
	return all
}

// ordinals are what English puts behind the number of a day.
var ordinals = regexp.MustCompile(`(?i)(\d)(?:st|nd|rd|th)\b`)

// spellDate writes a date in the order, with the separators and zeros, and with
// the English name of a month as the value is written. One that is written in
// other ways becomes YYYY-MM-DD.
func spellDate(value Value, form string) string {
	from, err := time.Parse(isoDate, value.Canonical)
	if err != nil {
		return form
	}
	to, err := time.Parse(isoDate, form)
	if err != nil {
		return form
	}
	text := ordinals.ReplaceAllString(strings.TrimSpace(value.Text), "$1")
	for _, l := range layouts {
		if strings.EqualFold(from.Format(l.text), text) && (!l.short || to.Year() >= 1930 && to.Year() < 2030) {
			return likeCase(text, to.Format(l.text))
		}
	}
	return form
}

// likeCase writes names in small or capital letters when the text has no others.
func likeCase(text, spelled string) string {
	switch text {
	case strings.ToLower(text):
		return strings.ToLower(spelled)
	case strings.ToUpper(text):
		return strings.ToUpper(spelled)
	}
	return spelled
}

// expiryLayouts are the ways to write the expiry of a card. Of two that fit, the
// first is meant.
var expiryLayouts = []string{
	"01/06", "01/2006", "01-06", "01-2006", "01.06", "01.2006", "01 06", "01 2006", "01 / 06", "01 / 2006", "0106", "012006",
	"1/06", "1/2006", "1-06", "1-2006", "2006-01", "2006/01",
	"January 2006", "Jan 2006", "January 06", "Jan 06",
}

// spellExpiry writes the expiry of a card as the value is written, as MM/YY when
// it is written in other ways.
func spellExpiry(value Value, form string) string {
	from, ok := expiryMonth(value.Canonical)
	to, formed := expiryMonth(form)
	if !ok || !formed {
		return form
	}
	text := strings.TrimSpace(value.Text)
	for _, l := range expiryLayouts {
		if strings.EqualFold(from.Format(l), text) {
			return likeCase(text, to.Format(l))
		}
	}
	return form
}

// expiryMonth reads MM/YY, of the 2000s; false when it is something else.
func expiryMonth(text string) (time.Time, bool) {
	month, year, _ := strings.Cut(text, "/")
	read, err := time.Parse("01/2006", month+"/20"+year)
	return read, err == nil && len(text) == 5
}
