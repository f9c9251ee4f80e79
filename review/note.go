package review

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

const (
	// around is how many characters on each side of a finding are kept.
	around = 40
	// maxValue bounds a value, in characters; a longer one keeps its beginning.
	maxValue = 200
)

// Note takes what was found in one payload in the words of one person (as logs show
// them, so that an erasure finds them), in the order in which it was seen, and keeps
// of the findings in shadow those that belong to the sample. It returns at once.
func (b *Book) Note(account, person string, direction rules.Direction, seen []redact.Sighting) {
	for from := 0; from < len(seen); {
		to := from + 1
		for to < len(seen) && seen[to].Node == seen[from].Node && seen[to].Text == seen[from].Text {
			to++
		}
		for i := from; i < to; i++ {
			if seen[i].Mode == rules.Shadow {
				b.note(account, person, direction, seen[i], seen[from:to])
			}
		}
		from = to
	}
}

// note offers one finding to the sample. others are all findings of its text.
func (b *Book) note(account, person string, direction rules.Direction, s redact.Sighting, others []redact.Sighting) {
	place := b.accountPlace(account) + short(b.config.Keys.PRF("review rule", account, s.Rule)) + "/"
	id := short(b.config.Keys.PRF("review item", account, s.Rule, s.Kind, s.Text, strconv.Itoa(s.Start), strconv.Itoa(s.End)))
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || !b.candidate(place, id) {
		return
	}
	now := b.config.Now()
	item := Item{
		ID: id, Person: person, Rule: s.Rule, Kind: s.Kind, Direction: direction.String(), Action: s.Action.String(), Score: s.Score, Why: whyOf(s.Why),
		Shape: rules.ShapeOf(s.Value()), Field: fieldOf(s.Field), Found: now, Expires: now.Add(keptFor), words: wordsOf(s, others),
	}
	select {
	case b.queue <- entry{account, place, item}:
	default: // more at once than the store takes
	}
}

// candidate tells, without changing anything, whether an item may belong to the
// sample.
func (b *Book) candidate(place, id string) bool {
	list := b.kept[place]
	for _, n := range list {
		if n.id == id {
			return !b.config.Now().Before(n.expires)
		}
	}
	return len(list) < perRule || id < list[len(list)-1].id || !b.config.Now().Before(list[0].expires) || b.expired(place)
}

func (b *Book) expired(place string) bool {
	now := b.config.Now()
	for _, n := range b.kept[place] {
		if !now.Before(n.expires) {
			return true
		}
	}
	return false
}

func whyOf(why []rules.Reason) []string {
	list := make([]string, len(why))
	for i, reason := range why {
		list[i] = reason.String()
	}
	return list
}

// fieldOf keeps a member's name that is one; any other is somebody's words.
func fieldOf(name string) string {
	if len(name) > 40 || strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return ""
	}
	return name
}

// wordsOf cuts out what a person needs to judge a finding.
func wordsOf(s redact.Sighting, others []redact.Sighting) *words {
	before, after := hide(s.Text[:s.Start], 0, others), hide(s.Text[s.End:], s.End, others)
	return &words{Before: lastRunes(before, around), Value: shown(s.Kind, s.Value()), After: firstRunes(after, around)}
}

// hide replaces other findings in a part of the text, which begins at offset, by
// their kinds, and digits by 9.
func hide(part string, offset int, others []redact.Sighting) string {
	var out strings.Builder
	for i := 0; i < len(part); {
		if o, inside := over(offset+i, others); inside {
			out.WriteString(redact.Placeholder(o.Kind))
			i = min(len(part), max(i+1, o.End-offset))
			for i < len(part) && !utf8.RuneStart(part[i]) {
				i++
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(part[i:])
		if unicode.IsDigit(r) {
			r = '9'
		}
		out.WriteRune(r)
		i += size
	}
	return out.String()
}

// over is the finding that stands at a place of the text.
func over(at int, others []redact.Sighting) (redact.Sighting, bool) {
	for _, o := range others {
		if o.Start <= at && at < o.End {
			return o, true
		}
	}
	return redact.Sighting{}, false
}

// neverKept are kinds that are not kept even sealed, beside volatile ones.
var neverKept = map[string]bool{"password": true, "secret": true}

// shown is as much of a value as may be kept.
func shown(kind, value string) string {
	if _, volatile := vault.Lifetime(kind); volatile || neverKept[kind] {
		return rules.ShapeOf(value)
	}
	if kind == "credit_card" || digitsIn(value) >= minCardDigits { // another rule may cover a card number
		return truncated(value)
	}
	return firstRunes(value, maxValue)
}

// minCardDigits is the length of the shortest card number (ISO/IEC 7812-1).
const minCardDigits = 12

func digitsIn(value string) (total int) {
	for _, r := range value {
		if unicode.IsDigit(r) {
			total++
		}
	}
	return total
}

// truncated hides the digits of a card but the first six and last four; of a
// number with fewer than sixteen digits all but the last four.
func truncated(value string) string {
	total := digitsIn(value)
	first := 0
	if total >= 16 {
		first = 6
	}
	n := 0
	return strings.Map(func(r rune) rune {
		if !unicode.IsDigit(r) {
			return r
		}
		if n++; n <= first || n > total-4 {
			return r
		}
		return '*'
	}, firstRunes(value, maxValue))
}

func firstRunes(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n]) + "…"
	}
	return text
}

func lastRunes(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return "…" + string(runes[len(runes)-n:])
	}
	return text
}
