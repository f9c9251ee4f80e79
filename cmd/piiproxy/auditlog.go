package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/proxy"
)

// openAudit opens the audit log for a command.
func openAudit(settings *config.Config, set *keys.Set) (*audit.Log, error) {
	return audit.Config{Path: settings.AuditPath(), MaxBytes: int64(settings.Audit.MaxBytes), Signer: set}.Open()
}

// headEvery is how often the log says where the audit's chain ends: whoever ships
// the log elsewhere can tell later that lines were cut off since.
const headEvery = time.Minute

// trail is the audit log of a running service.
type trail struct {
	*audit.Log
	service *service
	tenants atomic.Pointer[proxy.Tenants] // once there are any
	said    audit.Head
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

func (s *service) openTrail(metrics *proxy.Metrics) (*trail, error) {
	l := &trail{service: s}
	var err error
	l.Log, err = audit.Config{
		Path: s.settings.AuditPath(), MaxBytes: int64(s.settings.Audit.MaxBytes), Signer: s.keys, Rules: l.rules,
		Observe: func(fault string) {
			metrics.AuditFailed()
			s.log.Error("", zap.String("event", "audit_fault"), zap.String("reason", fault))
		},
	}.Open()
	if err != nil {
		return nil, err
	}
	s.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "piiproxy_audit_lines", Help: "Number of the last line of the audit log's chain.",
	}, func() float64 { return float64(l.Head().Seq) }))
	s.closers = append(s.closers, l.close)
	return l, nil
}

// rules is the digest of the rules in force, for every line.
func (l *trail) rules() string {
	if tenants := l.tenants.Load(); tenants != nil {
		return tenants.Rules().Version
	}
	return ""
}

// follow begins to say where the chain ends.
func (l *trail) follow(every time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	l.done.Go(func() {
		ticks := time.NewTicker(every)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
				l.sayHead(ctx)
			}
		}
	})
}

// sayHead logs the head when it has changed, and remembers it in the store.
func (l *trail) sayHead(ctx context.Context) {
	head := l.Head()
	if head == l.said || head.Seq == 0 {
		return
	}
	l.said = head
	l.service.log.Info("", zap.String("event", "audit_head"), zap.String("head", head.String()))
	if err := l.service.keepHead(ctx, head); err != nil {
		l.service.log.Warn("", zap.String("event", "audit_fault"), zap.String("reason", "head"))
	}
}

// close ends the log, and says its last head.
func (l *trail) close() error {
	if l.cancel != nil {
		l.cancel()
		l.done.Wait()
	}
	err := l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	l.sayHead(ctx)
	return err
}
