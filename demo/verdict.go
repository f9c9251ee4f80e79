package demo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/demo/platform"
)

// Leak is a value of the script in a place where policy hides it. It names the
// value's kind, never the value.
type Leak struct {
	Kind    string
	Channel string
	Message int    // of the script, counted from 1 in its channel
	Where   string // for example "a webhook to the bot"
}

// String says the leak in one line.
func (l Leak) String() string {
	return fmt.Sprintf("%s of message %d on %s shows in %s", l.Kind, l.Message, l.Channel, l.Where)
}

func (l Leak) compare(other Leak) int {
	return cmp.Or(cmp.Compare(l.Channel, other.Channel), cmp.Compare(l.Message, other.Message), cmp.Compare(l.Kind, other.Kind), cmp.Compare(l.Where, other.Where))
}

// Failure is why a scripted conversation did not pass.
type Failure struct {
	Leaks  []Leak
	Broken []string // what did not go on as it should, in sentences
}

// Error names every leak and every breakage.
func (f *Failure) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "the demo failed: %d leaks, %d things broken", len(f.Leaks), len(f.Broken))
	for _, leak := range f.Leaks {
		fmt.Fprintf(&text, "\n  leak: %s", leak)
	}
	for _, broken := range f.Broken {
		fmt.Fprintf(&text, "\n  broken: %s", broken)
	}
	return text.String()
}

func (f *Failure) leak(l Leak) {
	if !slices.Contains(f.Leaks, l) {
		f.Leaks = append(f.Leaks, l)
	}
}

func (f *Failure) broke(turn played, what string) {
	f.Broken = append(f.Broken, fmt.Sprintf("message %d on %s: %s", turn.number, turn.channel, what))
}

// verdict searches everything that was said in the turns.
func (s *stage) verdict(ctx context.Context, w io.Writer, turns []played) error {
	failure := &Failure{}
	searchedBytes := s.searchBot(failure, turns)
	searchedBytes += s.searchPlatform(failure, turns)
	searchedBytes += s.searchChat(failure, turns)
	rows, err := s.proxy.Vault(ctx)
	if err != nil {
		return fmt.Errorf("listing the vault: %w", err)
	}
	searchedBytes += searchVault(failure, turns, rows)
	s.checkBytes(failure, turns)
	s.checkTalk(failure, turns)
	s.checkEchoes(failure)
	s.checkForms(failure, turns, rows)
	if len(failure.Leaks)+len(failure.Broken) > 0 {
		slices.SortFunc(failure.Leaks, Leak.compare)
		return failure
	}
	_, err = fmt.Fprintf(w, "\nNo leak: %d messages, %d bytes searched. The bot got tokens, the platform got nothing back that it must not have, every id and order number is as it was.\n", len(turns), searchedBytes)
	return err
}

// source is one pile of bytes and its name.
type source struct {
	where string
	bytes []byte
}

// searchBot looks for everything personal that was typed in all that the bot
// ever got, and in what it logged.
func (s *stage) searchBot(failure *Failure, turns []played) (size int) {
	var sources []source
	for _, e := range s.hooks.list() {
		sources = append(sources, source{"a webhook to the bot", e.request}, source{"the URL of a webhook to the bot", []byte(e.target)})
	}
	for _, e := range s.graph.list() {
		sources = append(sources, source{"an answer of Graph to the bot", e.response})
	}
	for _, line := range s.log.lines() {
		sources = append(sources, source{"the bot's log", []byte(line)})
	}
	return seek(failure, turns, sources, func(turn played) []value {
		if id := s.linkID(turn.answer); id != "" {
			return append(slices.Clone(turn.values), value{kind: "link", text: id})
		}
		return turn.values
	})
}

// searchPlatform looks in the bot's calls, as they reach the platform, for what
// is never restored and for what belongs to somebody else.
func (s *stage) searchPlatform(failure *Failure, turns []played) int {
	var sources []source
	for _, call := range s.platform.Calls() {
		sources = append(sources, source{"what the bot sent to the platform", call.Body}, source{"the URL of a call to the platform", []byte(call.Target)})
	}
	return seek(failure, turns, sources, func(turn played) []value {
		hidden := append(slices.Clone(turn.carried), turn.prompts...)
		for _, v := range turn.values {
			if !v.restored || len(turn.fill) > 0 {
				hidden = append(hidden, v)
			}
		}
		return hidden
	})
}

// searchVault looks for values in the sealed bytes. Volatile kinds have none.
func searchVault(failure *Failure, turns []played, rows []Row) int {
	var sources []source
	written := 0
	for _, row := range rows {
		sealed, err := hex.DecodeString(row.Sealed)
		if err != nil {
			failure.Broken = append(failure.Broken, "a record of the vault does not show its sealed bytes in hex")
		}
		written += len(sealed)
		sources = append(sources, source{"the vault's sealed bytes", sealed}, source{"the vault's token", []byte(row.Token)})
	}
	if written == 0 && len(failure.Leaks) == 0 {
		failure.Broken = append(failure.Broken, "the vault holds nothing, so nobody can get a value back")
	}
	return seek(failure, turns, sources, func(turn played) []value { return turn.values })
}

// seek searches every source for what is hidden in the turns of its channel. A
// value that was said more than once is a leak of the message that the source
// names, or else of the first one.
func seek(failure *Failure, turns []played, sources []source, hidden func(played) []value) (size int) {
	for _, from := range sources {
		text := search(from.bytes)
		size += len(from.bytes)
		first := map[value]played{}
		for _, turn := range turns {
			if from.channel() != "" && from.channel() != turn.channel {
				continue
			}
			for _, v := range hidden(turn) {
				if earlier, again := first[v]; !again || !text.names(earlier.id) && text.names(turn.id) {
					first[v] = turn
				}
			}
		}
		for v, turn := range first {
			if text.holds(v.text) {
				failure.leak(Leak{Kind: v.kind, Channel: turn.channel, Message: turn.number, Where: from.where})
			}
		}
	}
	return size
}

// channel is the channel that the bytes speak of; empty for the vault's.
func (s source) channel() string {
	switch {
	case bytes.Contains(s.bytes, []byte("whatsapp")):
		return platform.WhatsApp
	case bytes.Contains(s.bytes, []byte(`"recipient"`)):
		return platform.Messenger
	}
	return ""
}

// checkBytes compares what the platform delivered with what reached the bot:
// ids and order numbers the same, tries alike, clean messages byte for byte.
func (s *stage) checkBytes(failure *Failure, turns []played) {
	got := s.arrivals()
	senders := map[string]seen{}
	for _, e := range s.hooks.list() {
		for _, message := range e.got {
			senders[message.id] = message
		}
	}
	for _, turn := range turns {
		if turn.problem != nil {
			continue // checkForms names it
		}
		arrived, ok := got[turn.id]
		if !ok {
			failure.broke(turn, "it never reached the bot under its id")
			continue
		}
		if person := s.person(turn.channel); !turn.agent && senders[turn.id].from != person.ID || turn.agent && senders[turn.id].to != person.ID {
			failure.broke(turn, "the person's id changed on the way to the bot")
		}
		if len(turn.values) > 0 && strings.TrimSpace(arrived.text) == "" {
			failure.broke(turn, "its text is gone")
		}
		for _, kept := range turn.kept {
			if !strings.Contains(arrived.text, kept) {
				failure.broke(turn, "what policy lets through changed on the way to the bot")
			}
		}
		if turn.refused > 0 && len(arrived.texts) <= turn.refused {
			failure.broke(turn, "it was not delivered again after the bot refused it")
		}
		if len(slices.Compact(slices.Clone(arrived.texts))) > 1 {
			failure.broke(turn, "delivered again, it did not get the same tokens")
		}
		if len(turn.values) == 0 && !s.delivered(turn.id, arrived.raw) {
			failure.broke(turn, "nothing in it is personal, but its bytes changed")
		}
	}
}

// delivered reports whether the platform sent these bytes with this message.
func (s *stage) delivered(id string, body []byte) bool {
	return slices.ContainsFunc(s.platform.Deliveries(), func(d platform.Delivery) bool {
		return slices.Contains(d.Messages, id) && bytes.Equal(d.Body, body)
	})
}

// checkTalk sees that the bot answered, to the point, and under the same id.
func (s *stage) checkTalk(failure *Failure, turns []played) {
	for _, turn := range turns {
		if len(turn.answered) == 0 || turn.problem != nil {
			continue
		}
		if turn.answer.ID == "" {
			failure.broke(turn, "the bot's answer did not reach the person")
			continue
		}
		for _, part := range turn.answered {
			if !strings.Contains(turn.answer.Text, part) {
				failure.broke(turn, "the bot's answer lacks a part that the person must see: "+part)
			}
		}
		if s.departures()[turn.answer.ID].raw == nil {
			failure.broke(turn, "the bot does not know its answer by the platform's message id")
		}
	}
}

// checkEchoes sees that Messenger's echoes and WhatsApp's statuses of the bot's
// messages found back to the bot. Those of the proxy's own are no news to it.
func (s *stage) checkEchoes(failure *Failure) {
	var got bytes.Buffer
	for _, e := range s.hooks.list() {
		got.Write(e.request)
	}
	for _, channel := range channels {
		for _, record := range s.platform.Records(s.person(channel).ID) {
			if record.Speaker == platform.ByBot && record.Agent != byProxy && !bytes.Contains(got.Bytes(), []byte(jsonID(record.ID))) {
				failure.Broken = append(failure.Broken, "an echo or status of a bot's message on "+channel+" did not reach the bot")
			}
		}
	}
}

// jsonID writes a message id as the platform writes it into JSON.
func jsonID(id string) string { return strings.ReplaceAll(id, "/", `\/`) }
