package channel

import "slices"

// Kinds lists the kinds of personal data that a place in a document can be by
// definition, in alphabetical order.
func Kinds() []string {
	var kinds []string
	for _, c := range channels() {
		for _, table := range []*Table{c.webhook, c.request, c.answer} {
			for _, l := range table.lines {
				if l.rule.kind != "" && !slices.Contains(kinds, l.rule.kind) {
					kinds = append(kinds, l.rule.kind)
				}
			}
		}
	}
	slices.Sort(kinds)
	return kinds
}
