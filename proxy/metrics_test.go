package proxy_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// contractMetrics are those of the design's section 7.
var contractMetrics = strings.Fields(`piiproxy_messages_total piiproxy_findings_total piiproxy_refused_total piiproxy_scan_seconds
	piiproxy_added_seconds piiproxy_store_seconds piiproxy_links_total piiproxy_outbox piiproxy_quarantine piiproxy_webhook_failing_seconds
	piiproxy_rules_last_reload_success piiproxy_audit_failures_total piiproxy_build_info`)

// Every metric of the contract is registered, and docs/metrics.md has a row
// for each that is there, with its labels.
func TestMetrics(t *testing.T) {
	r := newRig(t, spooling)
	r.hook(page(entry(shopID, text(shopID, anna, card))))
	r.hook(page(entry("9999", text("9999", anna, "x"))))
	r.hook(waba(change(lineID, waText(annaPhone, "hi"))))
	r.call("/nobody/me", hello)
	r.send(anna, "hi")
	r.mustBreak("gram", "shadow")
	docs, err := os.ReadFile("../docs/metrics.md")
	r.must(err)
	rows := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(piiproxy_[a-z_]+)` \\| [a-z]+ \\|([^|]*)\\|").FindAllStringSubmatch(string(docs), -1) {
		rows[row[1]] = row[2]
	}
	families, err := r.registry.Gather()
	r.must(err)
	for _, family := range families {
		row, ok := rows[family.GetName()]
		if !ok {
			t.Errorf("docs/metrics.md has no row for %s", family.GetName())
		}
		for _, label := range family.GetMetric()[0].GetLabel() {
			if !strings.Contains(row, "`"+label.GetName()+"`") {
				t.Errorf("docs/metrics.md: %s has no label %s", family.GetName(), label.GetName())
			}
		}
	}
	for _, name := range contractMetrics {
		if _, ok := rows[name]; !ok {
			t.Errorf("docs/metrics.md has no row for %s", name)
		}
	}
	text := r.ask("ops", "GET", "/metrics", "").body
	for _, series := range []string{
		`piiproxy_messages_total{account="shop",direction="inbound",reason="ok"}`, `piiproxy_build_info{go=`,
		`piiproxy_findings_total{account="shop",action="tokenize",direction="inbound",kind="credit_card",mode="enforce"} 1`,
		`piiproxy_refused_total{reason="account_unknown"} 1`, `piiproxy_quarantine{reason="account_unknown"} 1`,
		`piiproxy_rules_last_reload_success 1`, `piiproxy_audit_failures_total 0`, `piiproxy_scan_seconds_count`,
		`piiproxy_added_seconds_count{direction="inbound"}`, `piiproxy_added_seconds_count{direction="outbound"}`,
		`piiproxy_webhook_failing_seconds{account="line"} 0`, `piiproxy_outbox{account="shop"}`, `piiproxy_break_glass_seconds{account="gram"}`,
	} {
		if !strings.Contains(text, "\n"+series) {
			t.Errorf("no series %s in\n%s", series, text)
		}
	}
}

// However many people and targets there are, the number of series is the same.
func TestMetricsAreBounded(t *testing.T) {
	r := newRig(t)
	series := func() int { return strings.Count(r.ask("ops", "GET", "/metrics", "").body, "\npiiproxy_") }
	probe := func(person string) {
		r.hook(page(entry(shopID, text(shopID, person, card))))
		r.send(person, email)
		r.call("/"+person+"/x/"+person, hello)
		r.deliver(person, "{}")
		r.hook(page(entry(person, text(person, person, "x"))))
	}
	probe("7000000000001")
	want := series()
	for _, person := range []string{"7000000000002", "7000000000003", "7000000000004", "7000000000005"} {
		probe(person)
	}
	if got := series(); got != want {
		t.Errorf("%d series became %d", want, got)
	}
}

// The ops listener has three pages and nothing else.
func TestOps(t *testing.T) {
	r := newRig(t)
	for target, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 404, "/debug/pprof/": 404, "/metrics/x": 404, "/v1/mode": 404, "/webhook/main": 404,
	} {
		if got := r.ask("ops", "GET", target, ""); got.status != want {
			t.Errorf("%s: %d, want %d", target, got.status, want)
		}
	}
	if got := r.ask("ops", "POST", "/healthz", ""); got.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", got.status)
	}
	r.must(r.values.Close())
	if got := r.ask("ops", "GET", "/readyz", ""); got.status != http.StatusServiceUnavailable || got.body != "not ready\n" {
		t.Errorf("without a store: %d %q", got.status, got.body)
	}
	if got := r.ask("ops", "GET", "/healthz", ""); got.status != http.StatusOK {
		t.Errorf("without a store, /healthz: %d", got.status)
	}
}
