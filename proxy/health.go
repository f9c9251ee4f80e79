package proxy

import (
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// webhookHealth knows since when an account's webhooks fail. It is a collector
// of its own because the figure grows while nothing happens.
type webhookHealth struct {
	now   func() time.Time
	about *prometheus.Desc
	mu    sync.Mutex
	since map[string]time.Time // zero: the last one worked
}

func newWebhookHealth(now func() time.Time) *webhookHealth {
	return &webhookHealth{
		now: now, since: map[string]time.Time{},
		about: prometheus.NewDesc("piiproxy_webhook_failing_seconds",
			"How long webhooks have failed with no success between; Meta unsubscribes an app after an hour.", []string{"account"}, nil),
	}
}

func (h *webhookHealth) note(account string, worked bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if worked {
		h.since[account] = time.Time{}
	} else if h.since[account].IsZero() {
		h.since[account] = h.now()
	}
}

// Describe implements prometheus.Collector.
func (h *webhookHealth) Describe(to chan<- *prometheus.Desc) { to <- h.about }

// Collect implements prometheus.Collector.
func (h *webhookHealth) Collect(to chan<- prometheus.Metric) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for account, since := range h.since {
		failing := 0.0
		if !since.IsZero() {
			failing = h.now().Sub(since).Seconds()
		}
		to <- prometheus.MustNewConstMetric(h.about, prometheus.GaugeValue, failing, account)
	}
}

// glassState knows until when accounts are out of force.
type glassState struct {
	now   func() time.Time
	about *prometheus.Desc
	mu    sync.Mutex
	until map[string]time.Time
}

func newGlassState(now func() time.Time) *glassState {
	return &glassState{
		now: now, until: map[string]time.Time{},
		about: prometheus.NewDesc("piiproxy_break_glass_seconds",
			"How much longer an operator's change of mode holds; 0 when none does.", []string{"account"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (g *glassState) Describe(to chan<- *prometheus.Desc) { to <- g.about }

// Collect implements prometheus.Collector.
func (g *glassState) Collect(to chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for account, until := range g.until {
		to <- prometheus.MustNewConstMetric(g.about, prometheus.GaugeValue, max(0, until.Sub(g.now()).Seconds()), account)
	}
}

// Ops serves /healthz (the process runs), /readyz (it can take messages) and
// /metrics, and nothing else.
func Ops(ready func() error, metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { state(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { state(w, ready()) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	return mux
}

func state(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("not ready\n"))
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}
