package main

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/store"
)

const (
	// sweepEvery is how often what has expired is removed; reads never see it.
	sweepEvery = time.Minute
	// sweepPage bounds how long one sweep holds the writer.
	sweepPage = 1000
)

// chores are what a running service does beside messages: it removes what has
// expired, and says when a secret or certificate file can no longer be read.
type chores struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// startChores begins them; close ends them and waits.
func startChores(log *zap.Logger, settings *config.Config, metrics *proxy.Metrics, stores ...store.Store) *chores {
	ctx, cancel := context.WithCancel(context.Background())
	c := &chores{cancel: cancel}
	c.done.Go(func() {
		ticks := time.NewTicker(sweepEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-ticks.C:
				for _, each := range stores {
					sweep(ctx, log, each, now)
				}
				reportFaults(log, settings, metrics)
			}
		}
	})
	return c
}

func (c *chores) close() error {
	c.cancel()
	c.done.Wait()
	return nil
}

func sweep(ctx context.Context, log *zap.Logger, s store.Store, now time.Time) {
	for {
		n, err := s.Sweep(ctx, now, sweepPage)
		if err != nil {
			log.Warn("", zap.String("event", "sweep_failed"))
			return
		}
		if n < sweepPage {
			return
		}
	}
}

// reportFaults says which secrets are out of step with their files: the old
// value still works, until it is withdrawn.
func reportFaults(log *zap.Logger, settings *config.Config, metrics *proxy.Metrics) {
	faults := settings.CheckFaults()
	metrics.ConfigFaults(len(faults))
	for _, fault := range faults {
		log.Error("", zap.String("event", "config_fault"), zap.String("key", fault.Key))
	}
}
