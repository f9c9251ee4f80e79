package redact

import (
	"slices"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/rules"
)

// expiryKind is a kind whose look-alikes say nothing by themselves: "05/31" is an
// expiry date only beside words, and a bot repeats it without them.
const expiryKind = "card_expiry"

// expiries marks what may be the look-alike of an expiry date and that no rule
// found: else a person would read a date that they never entered. Those that are
// none stay.
func (w *walk) expiries(at place, scope *Scope, text string, findings []rules.Finding) {
	if !scope.outbound() || scope.Echo || at.class == channel.Report || !scope.alike(expiryKind) || scope.mode(expiryKind) != rules.Enforce {
		return
	}
	found := 0
	for i := 0; i < len(text); i++ {
		month, year, end := expiryAt(text, i)
		if end == 0 {
			continue
		}
		overlaps := slices.ContainsFunc(findings, func(f rules.Finding) bool { return f.Start < end && i < f.End })
		if !overlaps {
			if found++; found > mostNumbers {
				return
			}
			w.mark(at, mark{
				start: i, end: end, action: Allow, rule: ruleAlike, kind: expiryKind, canonical: month + "/" + year,
				text: text[i:end], alike: true, unlisted: at.class == channel.Unlisted,
			})
		}
		i = end
	}
}

// expiryAt reads MM/YY, M/YY or MM/YYYY that begins at i and stands alone; end is 0
// when there is none.
func expiryAt(text string, i int) (month, year string, end int) {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	run := func(from int) int {
		to := from
		for digit(to) {
			to++
		}
		return to
	}
	if !digit(i) || digit(i-1) || i > 0 && (text[i-1] == '/' || text[i-1] == '.') {
		return "", "", 0
	}
	slash := run(i)
	if slash-i > 2 || slash >= len(text) || text[slash] != '/' {
		return "", "", 0
	}
	end = run(slash + 1)
	month, year = text[i:slash], text[slash+1:end]
	if len(month) == 1 {
		month = "0" + month
	}
	if month == "00" || month > "12" || len(year) != 2 && len(year) != 4 || end < len(text) && text[end] == '/' {
		return "", "", 0
	}
	return month, year[len(year)-2:], end
}
