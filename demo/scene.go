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
	Tries    int               `json:"tries"`   // how often the bot got it
	Swapped  bool              `json:"swapped"` // the bot's question became a button to a form
}

// Speakers that the platform does not know.
const (
	byForm     platform.Speaker = "form"  // what a person filled in: it never was in the chat
	byPiiproxy platform.Speaker = byProxy // piiproxy itself, in the chat
)

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
	rows, err := s.proxy.Vault(ctx)
	if err != nil {
		return scene{}, err
	}
	shown.Vault = append(shown.Vault, rows...)
	tokens := tokensOf(rows)
	got, sent := s.arrivals(), s.departures()
	for _, record := range s.platform.Records(person.ID) {
		l := newLine(record, got[record.ID], sent[record.ID])
		if s.formLink(record) != "" && l.Bot != nil {
			l.part(record.Text, sent[record.ID].text, tokens)
		}
		shown.Lines = append(shown.Lines, l)
	}
	for _, a := range s.resumed(person) {
		shown.Lines = append(shown.Lines, formLine(a))
	}
	inOrder(shown.Lines)
	tint(shown.Lines, tokens)
	return shown, nil
}

// arrival is a message at the bot's door.
type arrival struct {
	id    string
	at    time.Time // of the first try
	text  string
	raw   []byte
	texts []string // of each try, the last one too
}

// arrivals maps message ids to what reached the bot.
func (s *stage) arrivals() map[string]arrival { return arrivalsIn(s.hooks.list()) }

func arrivalsIn(exchanges []exchange) map[string]arrival {
	found := map[string]arrival{}
	for _, e := range exchanges {
		for _, message := range e.got {
			before, known := found[message.id]
			if !known {
				before.at = e.at
			}
			tries := append(before.texts, message.text)
			found[message.id] = arrival{id: message.id, at: before.at, text: message.text, raw: e.request, texts: tries}
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
	if record.Agent == byProxy {
		l.Speaker = byPiiproxy
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
