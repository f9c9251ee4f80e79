package rules_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/rules"
)

// speak tells d a turn as the proxy would: what the bot says is scanned.
func speak(t *testing.T, d *rules.Dialogue, set *rules.Set, speaker, text string) rules.Result {
	t.Helper()
	c := rules.Context{Direction: rules.Inbound}
	if speaker == "bot" {
		c.Direction = rules.Outbound
	}
	result := scan(t, set, text, d.Context(c))
	d.Said(c.Direction, text, result.Asks)
	return result
}

// asked is what the user's next turn is read with.
func asked(d *rules.Dialogue) string {
	return strings.Join(d.Context(rules.Context{Direction: rules.Inbound}).Asked, " ")
}

func TestDialogueArms(t *testing.T) {
	set := view(t, load(t, "builtin/prompts"), rules.View{})
	type turn struct{ speaker, text, asked string }
	for name, turns := range map[string][]turn{
		"an answer in three messages": {
			{"bot", "What is your name?", "person"},
			{"user", "hm", "person"},
			{"user", "let me see", "person"},
			{"user", "Jane", ""},
		},
		"a remark keeps it": {
			{"bot", "May I have your phone number?", "phone"},
			{"user", "sure", "phone"},
			{"bot", "Thank you!", "phone"},
		},
		"a repetition starts again": {
			{"bot", "When were you born?", "dob"},
			{"user", "eh", "dob"},
			{"user", "eh", "dob"},
			{"bot", "Sorry, could you say that again?", "dob"},
			{"user", "eh", "dob"},
			{"user", "eh", "dob"},
		},
		"sorry alone": {
			{"bot", "When were you born?", "dob"},
			{"user", "eh", "dob"},
			{"bot", "Sorry?", "dob"},
		},
		"another question ends it": {
			{"bot", "What is your name?", "person"},
			{"user", "Jane", "person"},
			{"bot", "What day would you like?", ""},
		},
		"another request ends it": {
			{"bot", "What is your name?", "person"},
			{"user", "Jane", "person"},
			{"bot", "Please choose a city.", ""},
		},
		"a long statement ends it": {
			{"bot", "What is your name?", "person"},
			{"user", "Jane", "person"},
			{"bot", "Your table for two is booked for Friday at seven in the evening.", ""},
		},
		"questions in a row add up": {
			{"bot", "What is your name?", "person"},
			{"bot", "And your phone number please.", "person phone"},
			{"user", "Jane", "person phone"},
			{"bot", "And your e-mail?", "email"},
		},
		"several kinds": {
			{"bot", "Please send your first name, last name and zip code.", "person postcode"},
		},
		"nothing asked": {
			{"bot", "Never send your password.", ""},
			{"user", "ok", ""},
		},
	} {
		var d rules.Dialogue
		for i, turn := range turns {
			speak(t, &d, set, turn.speaker, turn.text)
			if got := asked(&d); got != turn.asked {
				t.Errorf("%s, turn %d %q: asked %q, want %q", name, i+1, turn.text, got, turn.asked)
			}
		}
	}
}

// TestDialogueInforms plays a conversation in which only the question tells
// what the answers are.
func TestDialogueInforms(t *testing.T) {
	set := view(t, load(t, "builtin/prompts", "builtin/persons"), rules.View{})
	var d rules.Dialogue
	speak(t, &d, set, "user", "hello, one large coffee please")
	speak(t, &d, set, "bot", "Who is this for?")
	if got := speak(t, &d, set, "user", "jane please").Findings; len(got) != 1 || got[0].Kind != "person" || got[0].End != 4 {
		t.Errorf("a name: %v", got)
	}
	speak(t, &d, set, "bot", "What day would you like?")
	if got := speak(t, &d, set, "user", "friday").Findings; len(got) != 0 {
		t.Errorf("a day: %v", got)
	}
}

func TestDialogueContext(t *testing.T) {
	var d rules.Dialogue
	base := rules.Context{Channel: "messenger", Asked: []string{"phone"}, Before: []rules.Turn{{Text: "old"}}}
	if c := d.Context(base); c.Asked != nil || c.Before != nil || c.Channel != "messenger" {
		t.Errorf("a conversation that begins knows %+v", c)
	}
	d.Said(rules.Outbound, "Your name?", []rules.Ask{{Asks: []string{"person"}}, {Asks: []string{"phone"}, Mode: rules.Shadow}})
	c := d.Context(base)
	if !slices.Equal(c.Asked, []string{"person"}) || len(c.Before) != 1 || c.Before[0] != (rules.Turn{Direction: rules.Outbound, Text: "Your name?"}) {
		t.Errorf("context %+v", c)
	}
	if c := d.Context(rules.Context{Direction: rules.Outbound}); c.Asked != nil || len(c.Before) != 1 {
		t.Errorf("outbound %+v", c)
	}
	c.Asked[0] = "changed"
	if asked(&d) != "person" {
		t.Error("a context changes the dialogue")
	}
}

// TestDialogueBounds wants a dialogue to stay small whatever is said, and to
// come back from JSON as it was.
func TestDialogueBounds(t *testing.T) {
	var d rules.Dialogue
	var kinds []string
	for i := range 200 {
		kinds = append(kinds, strings.Repeat("k", i%50)+"x")
	}
	for _, text := range []string{strings.Repeat("é", 5000), strings.Repeat("word ", 5000), "", strings.Repeat("\U0001F600", 500)} {
		d.Said(rules.Outbound, text, []rules.Ask{{Asks: kinds}})
		size := len(d.Last)
		for _, kind := range d.Asked {
			size += len(kind)
		}
		if size > 1<<10 || !utf8.ValidString(d.Last) {
			t.Errorf("%d bytes, %q", size, d.Last)
		}
	}
	written, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var again rules.Dialogue
	if err := json.Unmarshal(written, &again); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Asked, d.Asked) || again.Last != d.Last || again.Left != d.Left || again.Direction != d.Direction {
		t.Errorf("came back as %+v", again)
	}
}
