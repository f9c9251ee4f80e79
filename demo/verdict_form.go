package demo

import (
	"bytes"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/demo/platform"
)

// linkID is the secret part of the link to a form in a message; empty when it has
// none.
func (s *stage) linkID(record platform.Record) string {
	return strings.TrimPrefix(s.formLink(record), s.settings.PublicURL+"/c/")
}

// searchChat looks in everything that the platform stores and tells for what only
// a form may have seen, and for questions that became buttons.
func (s *stage) searchChat(failure *Failure, turns []played) int {
	var sources []source
	for _, channel := range channels {
		for _, record := range s.platform.Records(s.person(channel).ID) {
			sources = append(sources, source{"what the platform stores", record.Raw})
		}
	}
	for _, delivery := range s.platform.Deliveries() {
		sources = append(sources, source{"a delivery of the platform", delivery.Body})
	}
	return seek(failure, turns, sources, func(turn played) []value {
		if len(turn.fill) > 0 {
			return append(slices.Clone(turn.prompts), turn.values...)
		}
		return turn.prompts
	})
}

// checkForms sees that questions became buttons, that others did not, and that
// what was filled in is in the vault.
func (s *stage) checkForms(failure *Failure, turns []played, rows []Row) {
	sent := s.departures()
	for _, turn := range turns {
		if turn.problem != nil {
			failure.broke(turn, turn.problem.Error())
			continue
		}
		asked := search(sent[turn.answer.ID].raw)
		for _, prompt := range turn.prompts {
			if turn.answer.ID != "" && !asked.holds(prompt.text) {
				failure.broke(turn, "the bot did not ask what it should ask")
			}
		}
		if len(turn.prompts) > 0 && s.formLink(turn.answer) == "" {
			failure.broke(turn, "the bot's question did not become a button to a form")
		}
		if turn.plain && !bytes.Equal(sent[turn.answer.ID].raw, turn.answer.Raw) {
			failure.broke(turn, "the bot's answer asks for nothing secret, but its bytes changed")
		}
		if len(turn.fill) > 0 && !slices.ContainsFunc(rows, func(row Row) bool { return row.Form }) {
			failure.broke(turn, "the vault holds nothing that came by a form")
		}
	}
}
