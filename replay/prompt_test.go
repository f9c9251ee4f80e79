package replay_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/replay"
	"github.com/piiproxy/piiproxy/rules"
)

// A report says of each prompt whether a form would take its place, and why not;
// and of each kind how often and of how many people it was asked.
func TestPrompts(t *testing.T) {
	s := side(t, "0.9", rules.Enforce)
	policy, err := redact.NewPolicy("default", redact.Tables{
		Inbound: map[string]string{"default": "tokenize"}, Outbound: map[string]string{"default": "mask"},
		Tokens: map[string]string{"default": "mask"}, Prompts: map[string]string{"code": "capture", "email": "capture", "default": "arm"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Accounts {
		s.Accounts[i].Policy = &policy
	}
	send := func(person, message string) string {
		return fmt.Sprintf(`{"recipient":{"id":%q},"message":%s}`, person, message)
	}
	const template = `{"messaging_product":"whatsapp","to":"15551230001","type":"template","template":{"name":"a","language":{"code":"en"},"components":[{"type":"body","parameters":[{"type":"text","text":"your code"}]}]}}`
	bodies := []string{
		send("1", `{"text":"Hello. Type your code."}`), send("1", `{"text":"your code"}`), send("2", `{"text":"your code"}`),
		send("2", `{"attachment":{"type":"template","payload":{"template_type":"generic","elements":[{"title":"your code"}]}}}`),
		send("3", `{"text":"Where may we write?","quick_replies":[{"content_type":"user_email"}]}`),
		`{"recipient":{"comment_id":"77"},"message":{"text":"your code"}}`,
		template,
	}
	report := play(t, s, nil, bodies...)
	got := map[string]int{}
	for _, line := range report.Prompts {
		got[fmt.Sprintf("%s %s %v %s", line.Rule, line.Asks, line.Swapped, line.Reason)] = line.Count
	}
	for want, count := range map[string]int{
		"ask_code code true ": 3, "ask_code code false swap_layout": 1, "wordless email true ": 1, "ask_code code false prompt_without_person": 1,
		"ask_code code false prompt_in_template": 1,
	} {
		if got[want] != count {
			t.Errorf("%s: %d, want %d of %v", want, got[want], count, got)
		}
	}
	if len(report.Asked) != 2 || report.Asked[0].Kind != "code" || report.Asked[0].Asked != 6 || report.Asked[0].People != 3 || report.Asked[1].People != 1 {
		t.Errorf("asked for: %+v", report.Asked)
	}
	refused := map[string]int{}
	for _, r := range report.Refusals {
		refused[r.Reason] = r.Count
	}
	if refused["swap_layout"] != 1 || refused["prompt_without_person"] != 1 || refused["prompt_in_template"] != 0 {
		t.Errorf("refused: %v", refused)
	}
	for i := range s.Accounts {
		s.Accounts[i].Conduct = replay.Conduct{RefuseTemplates: true, Need: map[string]string{"code": "last4"}}
	}
	report = play(t, s, nil, template)
	if len(report.Refusals) != 1 || report.Refusals[0].Reason != "prompt_in_template" || report.Asked[0].Need != "last4" {
		t.Errorf("templates refused: %+v %+v", report.Refusals, report.Asked)
	}
	var text strings.Builder
	if err := report.Write(&text); err != nil || !strings.Contains(text.String(), "asked for\n     1  code  of 1 person  capture  need last4\n") {
		t.Errorf("written %s", text.String())
	}
}
