package proxy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// A panic over one item neither ends the process nor loses the item, and its
// value is not shown.
func TestOutboxSurvivesPanic(t *testing.T) {
	core, lines := observer.New(zap.DebugLevel)
	o := &outbox{config: Config{
		Log: zap.New(core), Metrics: NewMetrics(prometheus.NewRegistry(), "test", time.Now), Now: time.Now,
	}}
	it := &item{sending: true}
	func() {
		defer o.survive(it)
		panic("4111 1111 1111 1111")
	}()
	if it.sending || it.attempts != 1 || !it.due.After(time.Now()) {
		t.Errorf("the item does not wait for its next turn: %v, %d, %v", it.sending, it.attempts, it.due)
	}
	if lines.Len() != 1 {
		t.Fatalf("%d lines", lines.Len())
	}
	for key, value := range lines.All()[0].ContextMap() {
		if strings.Contains(fmt.Sprint(value), "4111") {
			t.Errorf("%s shows what the panic holds", key)
		}
	}
}
