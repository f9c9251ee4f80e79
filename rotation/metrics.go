package rotation

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/piiproxy/piiproxy/keys"
)

type metrics struct {
	reload, missing prometheus.Gauge
	moved, unopened prometheus.Counter
	records         *prometheus.GaugeVec
	sealings, age   *prometheus.GaugeVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	byKey := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	m := &metrics{
		reload:   gauge("piiproxy_keys_last_reload_success", "1 when the keys in use are those of the folder."),
		missing:  gauge("piiproxy_keys_missing_records", "Records sealed under a key that the set does not have."),
		moved:    prometheus.NewCounter(prometheus.CounterOpts{Name: "piiproxy_keys_moved_total", Help: "Records moved to the primary key."}),
		unopened: prometheus.NewCounter(prometheus.CounterOpts{Name: "piiproxy_keys_missing_reads_total", Help: "Records of conversations that were asked for and need a key that is missing."}),
		records:  byKey("piiproxy_keys_records", "Records sealed under a key.", "key"),
		sealings: byKey("piiproxy_keys_sealings", "How often a key has sealed, over all instances.", "key"),
		age:      byKey("piiproxy_keys_age_seconds", "Age of the primary keys.", "use"),
	}
	m.reload.Set(1)
	if registry != nil {
		registry.MustRegister(m.reload, m.missing, m.moved, m.unopened, m.records, m.sealings, m.age)
	}
	return m
}

func (m *metrics) reloaded(well bool) {
	if well {
		m.reload.Set(1)
		return
	}
	m.reload.Set(0)
}

// counted shows the keys that are there: what is missing has a metric of its own.
func (m *metrics) counted(counts Counts, set *keys.Set) {
	m.records.Reset()
	for id, n := range counts.Records {
		if !set.Has(id) {
			continue
		}
		m.records.WithLabelValues(id).Set(float64(n))
	}
}

func (m *metrics) used(list []keys.Key, sealings map[string]uint64, now time.Time) {
	m.sealings.Reset()
	for _, key := range list {
		if key.Use == keys.Sealing {
			m.sealings.WithLabelValues(key.ID).Set(float64(sealings[key.ID]))
		}
		if key.State == keys.Primary && key.Use != keys.Naming && !key.Promoted.IsZero() {
			m.age.WithLabelValues(key.Use).Set(now.Sub(key.Promoted).Seconds())
		}
	}
}
