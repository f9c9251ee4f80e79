package console_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/keys"
)

// desk is what the API passed on; what the orders do is tested where they are
// carried out.
type desk struct {
	diffs   []console.DiffOrder
	reloads []console.ReloadOrder
	fail    error
}

// List implements console.Rules.
func (d *desk) List() console.RuleList {
	return console.RuleList{Version: "v1", Rules: []console.Rule{{ID: "a", Kind: "b", Mode: "enforce", File: "f", Line: 2}}}
}

// Test implements console.Rules.
func (d *desk) Test() (console.RuleTest, error) {
	return console.RuleTest{Version: "v2", Rules: 1, Problems: []string{}}, d.fail
}

// Diff implements console.Rules.
func (d *desk) Diff(order console.DiffOrder) (console.RuleDiff, error) {
	d.diffs = append(d.diffs, order)
	return console.RuleDiff{Old: "v1", New: "v2", Added: []string{}, Removed: []string{}}, d.fail
}

// Reload implements console.Rules.
func (d *desk) Reload(_ context.Context, order console.ReloadOrder) (console.Reloaded, error) {
	d.reloads = append(d.reloads, order)
	return console.Reloaded{Version: "v2", Previous: "v1", Rules: 1}, d.fail
}

func TestRuleOrders(t *testing.T) {
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	rules := &desk{}
	server := httptest.NewServer(console.Handler(console.Access{Keys: set}, console.Desks{Rules: rules}))
	t.Cleanup(server.Close)
	for _, test := range []struct{ method, path, body, want string }{
		{"GET", "/v1/rules", "", `{"version":"v1","rules":[{"id":"a","kind":"b","mode":"enforce","file":"f","line":2,"examples":0}]}`},
		{"POST", "/v1/rules/test", `{}`, `{"version":"v2","in_force":false,"rules":1,"problems":[]}`},
		{"POST", "/v1/rules/diff", `{"texts":["one"],"direction":"outbound","actor":"a"}`, `{"old":"v1","new":"v2","added":[],"removed":[],"report":null}`},
		{"POST", "/v1/rules/reload", `{"actor":"a"}`, `{"version":"v2","previous":"v1","rules":1}`},
	} {
		status, answer, _ := signed(t, set, test.method, server.URL+test.path, test.body, "application/json")
		if status != 200 || strings.TrimSpace(answer) != test.want {
			t.Errorf("%s %s: %d %s", test.method, test.path, status, answer)
		}
		if status, _, _ := post(t, test.method, server.URL+test.path, test.body, http.Header{"Content-Type": {"application/json"}}); status != 401 {
			t.Errorf("%s %s without a signature: %d", test.method, test.path, status)
		}
		old := header(t, set, test.method, server.URL+test.path, test.body, "application/json", time.Now().Add(-time.Hour))
		if status, _, _ := post(t, test.method, server.URL+test.path, test.body, old); status != 401 {
			t.Errorf("%s %s an hour old: %d", test.method, test.path, status)
		}
	}
	if len(rules.diffs) != 1 || rules.diffs[0].Texts[0] != "one" || len(rules.reloads) != 1 || rules.reloads[0].Actor != "a" {
		t.Errorf("got %+v, %+v", rules.diffs, rules.reloads)
	}
	for _, body := range []string{`{"text":"x"}`, `{"actor":"a"}{}`, ``} {
		if status, _, _ := signed(t, set, "POST", server.URL+"/v1/rules/reload", body, "application/json"); status != 400 {
			t.Errorf("%s: %d", body, status)
		}
	}
	if status, _, _ := signed(t, set, "POST", server.URL+"/v1/rules", "{}", "application/json"); status != 405 {
		t.Errorf("POST to the list: %d", status)
	}
	if status, _, _ := signed(t, set, "POST", server.URL+"/v1/mode", mode, "application/json"); status != 404 {
		t.Errorf("an endpoint of a desk that is not there: %d", status)
	}
	rules.fail = errors.New("own.yaml:2: the pattern does not compile")
	if status, answer, _ := signed(t, set, "POST", server.URL+"/v1/rules/reload", `{"actor":"a"}`, "application/json"); status != 422 || !strings.Contains(answer, "own.yaml:2") {
		t.Errorf("%d %s", status, answer)
	}
}
