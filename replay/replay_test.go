package replay_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/replay"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/compare"
)

const codes = `
rules:
  - {id: code, kind: code, patterns: [{regex: 'AX\d{4}', score: %s}]}
prompts:
  - {id: ask_code, asks: [code], patterns: ['your code']}
`

// side has a Messenger page, two WhatsApp numbers of one business and an Instagram
// account without an id.
func side(t *testing.T, score string, mode rules.Mode) *replay.Side {
	t.Helper()
	library, err := rules.Load([]rules.Source{{Name: "codes.yaml", Body: fmt.Appendf(nil, codes, score)}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := library.Set(rules.View{})
	if err != nil {
		t.Fatal(err)
	}
	policy, err := redact.NewPolicy("default", redact.Tables{
		Inbound: map[string]string{"default": "tokenize"}, Outbound: map[string]string{"default": "mask"},
		Tokens: map[string]string{"default": "mask"}, Prompts: map[string]string{"default": "arm"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &replay.Side{Limits: payload.DefaultLimits()}
	for _, a := range []struct{ name, id, business, channel string }{
		{"shop", "111", "", "messenger"}, {"one", "501", "900", "whatsapp"}, {"two", "502", "900", "whatsapp"}, {"gram", "", "", "instagram"},
	} {
		ch, _ := channel.ByName(a.channel)
		s.Accounts = append(s.Accounts, replay.Account{Name: a.name, ID: a.id, Business: a.business, Channel: ch, Policy: &policy, Rules: set, Mode: mode})
	}
	return s
}

func play(t *testing.T, now, against *replay.Side, bodies ...string) *replay.Report {
	t.Helper()
	run := replay.New(now, against)
	for i, body := range bodies {
		if err := run.Play(t.Context(), replay.Payload{File: "p", Line: i + 1, Body: []byte(body), Channel: "messenger"}); err != nil {
			t.Fatal(err)
		}
	}
	return run.Report()
}

func page(id, text string) string {
	return fmt.Sprintf(`{"object":"page","entry":[{"id":%q,"messaging":[{"sender":{"id":"7301558493021174"},"recipient":{"id":%q},"message":{"mid":"m","text":%q}}]}]}`, id, id, text)
}

func waba(number, text string) string {
	return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"900","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":%q},"messages":[{"from":"15551230001","id":"w","timestamp":"1","type":"text","text":{"body":%q}}]}}]}]}`, number, text)
}

// Deliveries find their accounts as in serve, calls by their channel, and what
// finds none is said.
func TestAccounts(t *testing.T) {
	s := side(t, "0.9", rules.Enforce)
	report := play(t, s, nil,
		page("111", "AX1111"), page("112", "AX1112"), waba("501", "AX1113"), waba("502", "AX1114"), waba("503", "AX1115"),
		`{"object":"instagram","entry":[{"id":"777","messaging":[{"sender":{"id":"1"},"message":{"mid":"m","text":"AX1116"}}]}]}`,
		`{"messaging_product":"whatsapp","to":"15551230001","type":"text","text":{"body":"AX1117"}}`,
		`{"recipient":{"id":"7301558493021174"},"message":{"text":"your code? AX1118"}}`,
		`[1]`, `{`, `{"object":"unknown","entry":[]}`,
	)
	if report.Payloads != 11 || report.Inbound != 6 || report.Outbound != 3 || report.Changed != 6 {
		t.Errorf("got %d payloads, %d in, %d out, %d changed", report.Payloads, report.Inbound, report.Outbound, report.Changed)
	}
	got := ""
	for _, line := range report.Findings {
		got += fmt.Sprintf("%s %s %s %d; ", line.Direction, line.Rule, line.Action, line.Count)
	}
	if got != "inbound code tokenize 4; outbound code mask 2; " {
		t.Errorf("got %s", got)
	}
	if len(report.Refusals) != 1 || report.Refusals[0].Reason != "account_unknown" || report.Refusals[0].Count != 2 {
		t.Errorf("got %+v", report.Refusals)
	}
	if len(report.Unread) == 0 || len(report.Prompts) != 1 || report.Prompts[0].Action != "arm" || report.Prompts[0].Swapped {
		t.Errorf("got %+v, %+v", report.Unread, report.Prompts)
	}
	s.Caller = "two"
	if report := play(t, s, nil, `{"to":"15551230001","text":{"body":"AX1119"}}`); len(report.Findings) != 1 {
		t.Errorf("a caller by name: %+v", report)
	}
}

// Values in documents in strings, in several strings and twice in one are each
// compared in their place.
func TestPlaces(t *testing.T) {
	bodies := []string{page("111", "AX1111 and AX1111"), page("111", `{"a":"AX1111","b":"AX1111"}`), page("111", "nothing")}
	for name, test := range map[string]struct {
		now, before    *replay.Side
		missed, caught int
		action         int
	}{
		"the same":     {side(t, "0.9", rules.Enforce), side(t, "0.9", rules.Enforce), 0, 0, 0},
		"newly caught": {side(t, "0.9", rules.Enforce), side(t, "0.1", rules.Enforce), 0, 4, 0},
		"newly missed": {side(t, "0.1", rules.Enforce), side(t, "0.9", rules.Enforce), 4, 0, 0},
		"shadow":       {side(t, "0.9", rules.Shadow), side(t, "0.9", rules.Enforce), 0, 0, 4},
	} {
		d := play(t, test.now, test.before, bodies...).Unlike
		if d.Texts != 3 || d.Count(compare.Missed) != test.missed || d.Count(compare.Caught) != test.caught || d.Count(compare.Action) != test.action {
			t.Errorf("%s: got %+v", name, d.Report)
		}
	}
}

// The same payloads give the same report, and no report holds a text.
func TestSameReport(t *testing.T) {
	bodies := []string{page("111", "AX1111 canary"), waba("501", "AX2222"), page("112", "canary"), `{"recipient":{"id":"1"},"message":{"text":"your code, canary"}}`}
	first := ""
	for range 3 {
		report := play(t, side(t, "0.9", rules.Enforce), side(t, "0.1", rules.Enforce), bodies...)
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		var written strings.Builder
		if err := report.Write(&written); err != nil {
			t.Fatal(err)
		}
		all := string(text) + written.String()
		if strings.Contains(all, "canary") || strings.Contains(all, "AX1111") || strings.Contains(all, "null") {
			t.Errorf("the report holds a text: %s", all)
		}
		if first == "" {
			first = all
		}
		if all != first {
			t.Errorf("got\n%s\nbefore\n%s", all, first)
		}
	}
}
