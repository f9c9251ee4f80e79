package rig

import (
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// flaw is what axe found.
type flaw struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Where  []string `json:"where"`
}

const axeRun = `axe.run(document, {resultTypes: ["violations"]}).then(({violations}) =>
	violations.map(({id, impact, nodes}) => ({id, impact, where: nodes.map((n) => n.target.join(" "))})))`

// Flaws has axe-core look at the page and returns what is serious or critical.
func (b *Tab) Flaws() []string {
	b.t.Helper()
	b.hear(false)
	defer b.hear(true)
	b.must("giving axe to the page", chromedp.Evaluate[chromedp.Void](b.axe))
	var found []string
	for _, f := range Ask[[]flaw](b, axeRun) {
		line := fmt.Sprintf("%s (%s) at %s", f.ID, f.Impact, strings.Join(f.Where, ", "))
		if f.Impact == "serious" || f.Impact == "critical" {
			found = append(found, line)
		} else {
			b.t.Logf("axe, no fault: %s", line)
		}
	}
	return found
}
