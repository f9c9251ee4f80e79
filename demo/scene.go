package demo

import (
	"context"
	"time"

	"github.com/piiproxy/piiproxy/demo/platform"
)

// cell is one view of one message: its words, and the bytes behind them.
type cell struct {
	Words []word `json:"words"`
	Raw   string `json:"raw"`
}

// line is one message in all views. Bot is nil while the bot has not got it,
// or, for the bot's own words, when it was not seen sending them.
type line struct {
	ID       string            `json:"id"`
	Speaker  platform.Speaker  `json:"speaker"`
	At       time.Time         `json:"at"`
	Person   cell              `json:"person"`
	Platform cell              `json:"platform"`
	Bot      *cell             `json:"bot"`
	Echo     *cell             `json:"echo"`
	Buttons  []platform.Button `json:"buttons"`
	Marks    []string          `json:"marks"`
	Tries    int               `json:"tries"` // how often the bot got it
}

// scene is everything that happened in one chat.
type scene struct {
	Channel string `json:"channel"`
	Name    string `json:"name"`
	ID      string `json:"id"`
	Lines   []line `json:"lines"`
	Vault   []Row  `json:"vault"`
	Note    string `json:"note"`
}

// scene collects the views of a channel's current chat.
func (s *stage) scene(ctx context.Context, channel string) (scene, error) {
	person := s.person(channel)
	shown := scene{Channel: channel, Name: person.Name, ID: person.ID, Lines: []line{}, Vault: []Row{}}
	got, sent := s.arrivals(), s.departures()
	for _, record := range s.platform.Records(person.ID) {
		shown.Lines = append(shown.Lines, newLine(record, got[record.ID], sent[record.ID]))
	}
	rows, err := s.proxy.Vault(ctx)
	if err != nil {
		return scene{}, err
	}
	shown.Vault = append(shown.Vault, rows...)
	return shown, nil
}

// arrival is a message at the bot's door.
type arrival struct {
	text  string
	raw   []byte
	texts []string // of each try, the last one too
}

// arrivals maps message ids to what reached the bot.
func (s *stage) arrivals() map[string]arrival {
	found := map[string]arrival{}
	for _, e := range s.hooks.list() {
		for _, message := range e.got {
			tries := append(found[message.id].texts, message.text)
			found[message.id] = arrival{text: message.text, raw: e.request, texts: tries}
		}
	}
	return found
}

// departure is a message on its way out of the bot.
type departure struct {
	text string
	raw  []byte
}

// departures maps the ids that the platform gave to what the bot sent.
func (s *stage) departures() map[string]departure {
	found := map[string]departure{}
	for _, e := range s.graph.list() {
		if e.sentID != "" {
			found[e.sentID] = departure{text: e.sentText, raw: e.request}
		}
	}
	return found
}

func newLine(record platform.Record, got arrival, sent departure) line {
	l := line{
		ID: record.ID, Speaker: record.Speaker, At: record.At, Buttons: record.Buttons, Marks: record.Marks,
		Tries: len(got.texts),
	}
	stored, behind := record.Text, got.text
	if record.Speaker == platform.ByBot {
		behind = sent.text
	}
	if behind == "" {
		behind = stored // a body that the demo does not read, like a form: its bytes are shown
	}
	left, right := compare(stored, behind)
	l.Person = cell{Words: left}
	l.Platform = cell{Words: left, Raw: string(record.Raw)}
	switch {
	case record.Speaker != platform.ByBot && got.raw != nil:
		l.Bot = &cell{Words: right, Raw: string(got.raw)}
	case record.Speaker == platform.ByBot && sent.raw != nil:
		l.Bot = &cell{Words: right, Raw: string(sent.raw)}
	default:
		plain := []word{{Text: stored}}
		l.Person.Words, l.Platform.Words = plain, plain
	}
	if record.Speaker == platform.ByBot && got.raw != nil {
		_, echoed := compare(stored, got.text)
		l.Echo = &cell{Words: echoed, Raw: string(got.raw)}
	}
	return l
}
