package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// slow is a rule that runs out of its budget on a long run of words.
const slow = `rules:
  - {id: slow, kind: email, patterns: [{regex: '(?:\w+\W*)*END'}]}
`

var endless = "END " + strings.Repeat("aaaaaaaa ", 2000) + "!stop?"

func slowScope(t *testing.T, change ...func(*redact.Scope)) *redact.Scope {
	t.Helper()
	library, err := rules.Load([]rules.Source{{Name: "builtin/cards"}, {Name: "slow.yaml", Body: []byte(slow)}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := library.Set(rules.View{Account: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Scan(endless, rules.Context{}); err == nil {
		t.Fatal("the rule is not slow enough to test with")
	}
	return scope(t, append([]func(*redact.Scope){func(scope *redact.Scope) { scope.Rules = s }}, change...)...)
}

// Unknown is not clean: what no rule could judge in time becomes unreadable on
// its way in and refuses the call on its way out. No message text gets into an
// error.
func TestBudget(t *testing.T) {
	e, _ := engine(t)
	got := rewrite(t, e, "messenger", said("x "+endless), slowScope(t))
	if want := said("[UNREADABLE]"); string(got.Bytes) != want || len(got.Refusals) > 0 {
		t.Errorf("inbound: %.100s", got.Bytes)
	}
	if !strings.Contains(tallied(got.Tallies), "budget/unreadable/") {
		t.Errorf("tallies are %s", tallied(got.Tallies))
	}
	got = rewrite(t, e, "messenger", `{"message":{"text":"`+endless+`"}}`, slowScope(t, outbound))
	if got.Refusals[0] != redact.RuleBudget || got.Edited {
		t.Errorf("outbound: %v", got.Refusals)
	}
	for what, body := range map[string]string{
		"what is only reported": webhook(`"message":{"metadata":"` + endless + `"}`),
		"a name":                webhook(`"message":{"é` + endless + `":1}`),
	} {
		if got := rewrite(t, e, "messenger", body, slowScope(t)); len(got.Refusals) != 1 || got.Refusals[0] != redact.RuleBudget {
			t.Errorf("%s: %v", what, got.Refusals)
		}
	}
	if got := words(t, e, endless, slowScope(t)); got.Text != "[UNREADABLE]" {
		t.Errorf("a text: %.100s", got.Text)
	}
}

// A text without budget takes its neighbours' findings with it, and nothing
// more: other strings of the payload are judged as ever.
func TestBudgetOfOneString(t *testing.T) {
	e, _ := engine(t)
	got := rewrite(t, e, "messenger", webhook(`"message":{"text":"pii_email_`+strings.Repeat("a", 26)+" "+card+" "+endless+`"}`), slowScope(t))
	if want := webhook(`"message":{"text":"[UNREADABLE]"}`); string(got.Bytes) != want {
		t.Errorf("got %.300s", got.Bytes)
	}
}

// In shadow mode it is only told; where kinds stay enforced it is not known
// whether one of them is in the text.
func TestBudgetInShadow(t *testing.T) {
	e, _ := engine(t)
	body := said(endless)
	got := rewrite(t, e, "messenger", body, slowScope(t, func(s *redact.Scope) { s.Mode = rules.Shadow }))
	if got.Edited || len(got.Refusals) > 0 || tallied(got.Tallies) == "" {
		t.Errorf("shadow: %v, %s", got.Refusals, tallied(got.Tallies))
	}
	got = rewrite(t, e, "messenger", body, slowScope(t, func(s *redact.Scope) { s.Mode, s.Enforced = rules.Shadow, []string{"credit_card"} }))
	if string(got.Bytes) != said("[UNREADABLE]") {
		t.Errorf("broken glass: %.100s", got.Bytes)
	}
	got = rewrite(t, e, "messenger", `{"message":{"é`+endless+`":1}}`, slowScope(t, outbound, func(s *redact.Scope) { s.Mode = rules.Shadow }))
	if len(got.Refusals) > 0 {
		t.Errorf("shadow, a name: %v", got.Refusals)
	}
}

// Until the last try, a payload that could not be judged is left as it is and
// says so: a busy machine must not cost a message.
func TestOverrun(t *testing.T) {
	e, _ := engine(t)
	d, err := payload.Parse([]byte(said(endless)), payload.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	ch, _ := channel.ByName("messenger")
	got, err := e.Rewrite(t.Context(), redact.Body{
		Document: d, Channel: ch, Table: ch.Webhook(), Stretches: []redact.Stretch{{Scope: slowScope(t)}},
	})
	if err != nil || !got.Overrun || got.Edited || len(got.Refusals) > 0 || string(got.Bytes) != said(endless) {
		t.Errorf("got overrun %v, edited %v, refusals %v, %v", got.Overrun, got.Edited, got.Refusals, err)
	}
}
