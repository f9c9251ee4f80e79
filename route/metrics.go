package route

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what routes do. Labels hold names from the configuration, kinds
// and reasons of closed lists only, so that their number is bounded.
type Metrics struct {
	requests, values *prometheus.CounterVec
	added            *prometheus.HistogramVec
	failed           func()
}

// buckets are from 100 µs to 10 s.
var buckets = []float64{1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// NewMetrics registers the metrics. auditFailed is called for each line of the
// audit that could not be written.
func NewMetrics(to prometheus.Registerer, routes []*Route, auditFailed func()) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "piiproxy_route_requests_total", Help: "Requests to routes."}, []string{"route", "reason"}),
		values:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "piiproxy_route_restored_total", Help: "Values that were put in the place of tokens for a vendor."}, []string{"route", "kind"}),
		added:    prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "piiproxy_route_added_seconds", Help: "Time piiproxy adds to one request, without the vendor's.", Buckets: buckets}, []string{"route"}),
		failed:   auditFailed,
	}
	for _, r := range routes {
		m.requests.WithLabelValues(r.Name, reasonFine)
		for _, kind := range r.Restore.Kinds {
			m.values.WithLabelValues(r.Name, kind) // begins at 0, so that a first one shows as an increase
		}
	}
	to.MustRegister(m.requests, m.values, m.added)
	return m
}

func (m *Metrics) request(route, reason string, added time.Duration) {
	m.requests.WithLabelValues(route, reason).Inc()
	if route != "" {
		m.added.WithLabelValues(route).Observe(added.Seconds())
	}
}

func (m *Metrics) restored(route string, counts Counts) {
	for _, kinds := range counts {
		for kind, n := range kinds {
			m.values.WithLabelValues(route, kind).Add(float64(n))
		}
	}
}

func (m *Metrics) auditFailed() { m.failed() }
