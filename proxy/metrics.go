package proxy

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/piiproxy/piiproxy/capture"
)

// Metrics are the contract's counters. Labels hold names from the configuration
// and from closed lists only, so that their number is bounded.
type Metrics struct {
	messages, findings, refused, quarantine *prometheus.CounterVec
	links, denied, reveals                  *prometheus.CounterVec
	added, store                            *prometheus.HistogramVec
	scan                                    prometheus.Histogram
	addedIn, addedOut                       prometheus.Observer
	outboxItems, circuits                   *prometheus.GaugeVec
	reload, faults, tunnels                 prometheus.Gauge
	audit                                   prometheus.Counter
	webhooks                                *webhookHealth
	glass                                   *glassState
}

// fine are buckets from 10 µs to 10 s: a scan takes the first, a slow bot the
// last.
var fine = []float64{1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// NewMetrics registers every metric of the contract.
func NewMetrics(to prometheus.Registerer, version string, now func() time.Time) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: fine}, labels)
	}
	m := &Metrics{
		messages:    counter("piiproxy_messages_total", "Messages handled.", "account", "direction", "reason"),
		findings:    counter("piiproxy_findings_total", "Findings.", "account", "direction", "kind", "action", "mode"),
		refused:     counter("piiproxy_refused_total", "Requests answered by piiproxy itself.", "reason"),
		quarantine:  counter("piiproxy_quarantine", "Deliveries and parts sealed into quarantine.", "reason"),
		denied:      counter("piiproxy_admin_denied_total", "Requests to the admin listener that were turned away, by reason.", "reason"),
		reveals:     counter("piiproxy_reveals_total", "Tokens that callers asked about, by outcome.", "outcome"),
		links:       counter("piiproxy_links_total", "Capture links by outcome.", "outcome"),
		scan:        prometheus.NewHistogram(prometheus.HistogramOpts{Name: "piiproxy_scan_seconds", Help: "Time to find and judge in one payload.", Buckets: fine}),
		added:       histogram("piiproxy_added_seconds", "Time piiproxy adds to one message, without the peer's.", "direction"),
		store:       histogram("piiproxy_store_seconds", "Time of one store operation.", "operation"),
		outboxItems: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "piiproxy_outbox", Help: "Deliveries that wait for the bot."}, []string{"account"}),
		circuits:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "piiproxy_circuit_open", Help: "1 while a peer that does not answer is not asked."}, []string{"account", "peer"}),
		reload:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "piiproxy_rules_last_reload_success", Help: "1 when the rules in use are those on disk, 0 when the last reload failed."}),
		faults:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "piiproxy_config_faults", Help: "Secret files that changed into something that cannot be used; the last good value stays."}),
		tunnels:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "piiproxy_tunnels", Help: "Connections that are open through the forward proxy."}),
		audit:       prometheus.NewCounter(prometheus.CounterOpts{Name: "piiproxy_audit_failures_total", Help: "Audit events that could not be written."}),
	}
	m.addedIn, m.addedOut = m.added.WithLabelValues("inbound"), m.added.WithLabelValues("outbound")
	m.webhooks, m.glass = newWebhookHealth(now), newGlassState(now)
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "piiproxy_build_info", Help: "Always 1."}, []string{"version", "go"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.reload.Set(1)
	for _, f := range append(Refusals(), Refusal{Reason: "foreign_send"}, Refusal{Reason: "outbox_retry"}) {
		m.refused.WithLabelValues(f.Reason) // begins at 0, so that a first event shows as an increase
	}
	for _, event := range append(capture.Events, buttonDropped) {
		m.links.WithLabelValues(event)
	}
	for _, outcome := range []string{"answered", "not_there", "tampered", "failed"} {
		m.reveals.WithLabelValues(outcome)
	}
	for _, reason := range exactReasons() {
		m.refused.WithLabelValues(reason)
	}
	for _, reason := range quarantineReasons {
		m.quarantine.WithLabelValues(reason)
	}
	to.MustRegister(m.messages, m.findings, m.refused, m.quarantine, m.links, m.denied, m.reveals, m.scan, m.added, m.store,
		m.outboxItems, m.circuits, m.reload, m.faults, m.tunnels, m.audit, build, m.webhooks, m.glass)
	return m
}

func (m *Metrics) refuse(reason string)      { m.refused.WithLabelValues(reason).Inc() }
func (m *Metrics) quarantined(reason string) { m.quarantine.WithLabelValues(reason).Inc() }
func (m *Metrics) auditFailed()              { m.audit.Inc() }

// AuditFailed counts a line of the audit that could not be written.
func (m *Metrics) AuditFailed() { m.auditFailed() }

func (m *Metrics) scanned(took time.Duration) { m.scan.Observe(took.Seconds()) }
func (m *Metrics) outbox(account string, by float64) {
	m.outboxItems.WithLabelValues(account).Add(by)
}

func (m *Metrics) circuit(account, peer string, open bool) {
	value := 0.0
	if open {
		value = 1
	}
	m.circuits.WithLabelValues(account, peer).Set(value)
}

// buttonDropped counts buttons of bots that had no room beside the form's.
const buttonDropped = "button_dropped"

// Link counts what happened to a link; the events are capture.Events.
func (m *Metrics) Link(event string) { m.links.WithLabelValues(event).Inc() }

// Denied counts requests to the admin listener that were turned away; the reasons
// are console's.
func (m *Metrics) Denied(reason string) { m.denied.WithLabelValues(reason).Inc() }

// Revealed counts tokens that callers asked about; the outcomes are reveal's.
func (m *Metrics) Revealed(outcome string, n int) {
	m.reveals.WithLabelValues(outcome).Add(float64(n))
}

func (m *Metrics) dropped(buttons int) { m.links.WithLabelValues(buttonDropped).Add(float64(buttons)) }

// StoreTook observes one store operation; the operation is one of the store's
// method names.
func (m *Metrics) StoreTook(operation string, took time.Duration) {
	m.store.WithLabelValues(operation).Observe(took.Seconds())
}

// brokenGlass notes an operator's change of mode.
func (m *Metrics) brokenGlass(account string, until time.Time) {
	m.glass.mu.Lock()
	defer m.glass.mu.Unlock()
	m.glass.until[account] = until
}

// ConfigFaults says how many secret files cannot be used as they are.
func (m *Metrics) ConfigFaults(n int) { m.faults.Set(float64(n)) }

// Reloaded says whether the last reload of the rules worked.
func (m *Metrics) Reloaded(ok bool) {
	if ok {
		m.reload.Set(1)
	} else {
		m.reload.Set(0)
	}
}

// message counts a finished record.
func (m *Metrics) message(r *record, n int, took time.Duration) {
	account := ""
	if r.account != nil {
		account = r.account.Name
	}
	m.messages.WithLabelValues(account, r.direction, r.reason).Add(float64(n))
	for _, t := range r.tallies {
		m.findings.WithLabelValues(account, r.direction, t.Kind, t.Action.String(), t.Mode.String()).Add(float64(t.Count))
	}
	added := m.addedOut
	if r.direction == "inbound" {
		added = m.addedIn
		m.webhooks.note(account, r.status >= 200 && r.status <= 299)
	}
	if r.waited > 0 {
		added.Observe((took - r.waited).Seconds())
	}
}
