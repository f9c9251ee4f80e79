package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/store"
)

// The outbox sends each conversation's parcels in order, with back-off from a
// second to five minutes, eight at a time.
const (
	outboxPrefix  = "outbox/"
	firstBackOff  = time.Second
	lastBackOff   = 5 * time.Minute
	outboxSenders = 8
	outboxPage    = 256
	// leaseSlack is how much longer a lease lasts than the bot may take. A
	// process that is killed leaves its leases behind until they end.
	leaseSlack = 5 * time.Second
)

// outbox keeps what was acknowledged until the bot has it.
type outbox struct {
	config     Config
	quarantine *quarantine
	send       func(context.Context, parcel) (int, error)

	mu     sync.Mutex
	lanes  map[string][]*item // conversation -> its items, oldest first
	all    map[*item]bool
	bytes  map[string]int64 // by account
	last   int64            // of the newest key
	wake   chan struct{}
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// item is a sealed parcel that waits. The body stays in the store.
type item struct {
	key      string
	account  *Account
	lanes    []string
	size     int64
	version  uint64
	accepted time.Time
	due      time.Time
	attempts int
	sending  bool
}

// sealedParcel is what the store keeps of a parcel.
type sealedParcel struct {
	Account  string      `json:"account"`
	Lanes    []string    `json:"lanes"`
	Header   http.Header `json:"header"`
	Trace    string      `json:"trace"`
	Accepted time.Time   `json:"accepted"`
	Body     []byte      `json:"body"`
}

// newOutbox takes up what an earlier process left and starts sending.
func newOutbox(ctx context.Context, config Config, q *quarantine, send func(context.Context, parcel) (int, error)) (*outbox, error) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	o := &outbox{
		config: config, quarantine: q, send: send, lanes: map[string][]*item{}, all: map[*item]bool{},
		bytes: map[string]int64{}, wake: make(chan struct{}, 1), cancel: cancel,
	}
	if err := o.load(ctx); err != nil {
		cancel()
		return nil, fmt.Errorf("loading the outbox: %w", err)
	}
	o.done.Go(func() { o.run(work) })
	return o, nil
}

func (o *outbox) close() error {
	o.cancel()
	o.done.Wait()
	return nil
}

// holds says that one of the conversations has an undelivered parcel, which a
// later one must not overtake.
func (o *outbox) holds(lanes []string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, lane := range lanes {
		if len(o.lanes[lane]) > 0 {
			return true
		}
	}
	return false
}

// empty says that nothing waits at all.
func (o *outbox) empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.all) == 0
}

// add seals a parcel; it is durable when add gives 200.
func (o *outbox) add(ctx context.Context, p parcel) (int, *Refusal) {
	now := o.config.Now()
	plain, err := json.Marshal(sealedParcel{p.account.Name, p.lanes, forwardedHeader(p.header), p.trace, now, p.body})
	if err != nil {
		return 0, &refuseInternal
	}
	it, refusal := o.reserve(p, now, int64(len(plain)))
	if refusal != nil {
		return 0, refusal
	}
	sealed, err := o.config.Records.Keys.Seal(plain, []byte(it.key))
	if err == nil {
		err = o.config.Records.Store.Put(ctx, store.Record{Key: it.key, Value: sealed, Expires: o.expires(now), Due: now})
	}
	o.mu.Lock()
	if err != nil {
		o.drop(it)
	} else {
		it.sending = false
	}
	o.mu.Unlock()
	o.nudge()
	if err != nil {
		return 0, &refuseStore
	}
	return http.StatusOK, nil
}

// reserve takes the parcel's place in its lanes before it is durable, so that
// two parcels of a conversation are stored in the order they came.
func (o *outbox) reserve(p parcel, now time.Time, size int64) (*item, *Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bytes[p.account.Name]+size > o.config.Limits.Outbox.Bytes {
		return nil, &refuseOutbox
	}
	o.last = max(o.last+1, now.UnixNano())
	it := &item{
		key: fmt.Sprintf("%s%016x", outboxPrefix, o.last), account: p.account, lanes: p.lanes, size: size,
		accepted: now, due: now, sending: true,
	}
	o.insert(it)
	return it, nil
}

// insert and drop keep the indexes; the lock is held.
func (o *outbox) insert(it *item) {
	for _, lane := range it.lanes {
		o.lanes[lane] = append(o.lanes[lane], it)
	}
	o.all[it] = true
	o.bytes[it.account.Name] += it.size
	o.config.Metrics.outbox(it.account.Name, 1)
}

func (o *outbox) drop(it *item) {
	for _, lane := range it.lanes {
		rest := o.lanes[lane][:0]
		for _, other := range o.lanes[lane] {
			if other != it {
				rest = append(rest, other)
			}
		}
		if o.lanes[lane] = rest; len(rest) == 0 {
			delete(o.lanes, lane)
		}
	}
	delete(o.all, it)
	o.bytes[it.account.Name] -= it.size
	o.config.Metrics.outbox(it.account.Name, -1)
}

// expires is after the age at which a parcel goes to quarantine, so that the
// store never drops what was acknowledged.
func (o *outbox) expires(accepted time.Time) time.Time {
	return accepted.Add(2*o.config.Limits.Outbox.Age + 24*time.Hour)
}

// load reads the index of what an earlier process left.
func (o *outbox) load(ctx context.Context) error {
	after := ""
	for {
		page, err := o.config.Records.Store.List(ctx, outboxPrefix, after, outboxPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		for _, record := range page {
			after = record.Key
			if err := o.take(record); err != nil {
				o.config.Log.Error("", eventFields("outbox_unreadable")...)
			}
		}
	}
}

// take indexes one record. A record that cannot be opened, or whose account is
// gone from the configuration, stays in the store and is alarmed.
func (o *outbox) take(record store.Record) error {
	sealed, err := o.open(record)
	if err != nil {
		return err
	}
	account, ok := o.config.Tenants.Account(sealed.Account)
	if !ok {
		return errors.New("account is not configured")
	}
	var stamp int64
	if _, err := fmt.Sscanf(record.Key, outboxPrefix+"%x", &stamp); err == nil {
		o.last = max(o.last, stamp)
	}
	o.insert(&item{
		key: record.Key, account: account, lanes: sealed.Lanes, size: int64(len(record.Value)), version: record.Version,
		accepted: sealed.Accepted, due: record.Due,
	})
	return nil
}

func (o *outbox) open(record store.Record) (sealedParcel, error) {
	var sealed sealedParcel
	plain, err := o.config.Records.Keys.Open(record.Value, []byte(record.Key))
	if err != nil {
		return sealed, err
	}
	return sealed, json.Unmarshal(plain, &sealed)
}

func (o *outbox) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run sends what is due until it is cancelled, then waits for what is on its
// way.
func (o *outbox) run(ctx context.Context) {
	var senders sync.WaitGroup
	defer senders.Wait()
	slots := make(chan struct{}, outboxSenders)
	for {
		it, wait := o.next()
		if it == nil {
			select {
			case <-ctx.Done():
				return
			case <-o.wake:
			case <-time.After(wait):
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case slots <- struct{}{}:
		}
		senders.Go(func() {
			defer func() { <-slots }()
			o.attempt(ctx, it)
			o.nudge()
		})
	}
}

// next gives an item that is due and first in all its lanes, or how long to
// wait for one.
func (o *outbox) next() (*item, time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now, wait := o.config.Now(), time.Minute
	var best *item
	for it := range o.all {
		if it.sending || !o.first(it) {
			continue
		}
		if !it.due.After(now) {
			if best == nil || it.key < best.key {
				best = it
			}
			continue
		}
		wait = min(wait, it.due.Sub(now))
	}
	if best != nil {
		best.sending = true
	}
	return best, wait
}

func (o *outbox) first(it *item) bool {
	for _, lane := range it.lanes {
		if o.lanes[lane][0] != it {
			return false
		}
	}
	return true
}

// attempt leases, sends and settles one item.
func (o *outbox) attempt(ctx context.Context, it *item) {
	// Not cancelled: a lease that is taken and not known of holds the lane.
	leased, err := o.config.Records.Store.Lease(context.WithoutCancel(ctx), it.key, o.config.Now(), o.config.Limits.BotTimeout+leaseSlack, 1)
	if err != nil || len(leased) == 0 {
		o.later(it)
		return
	}
	sealed, err := o.open(leased[0])
	if err != nil {
		o.config.Log.Error("", eventFields("outbox_unreadable")...)
		o.later(it)
		return
	}
	status, err := o.send(ctx, parcel{it.account, sealed.Body, sealed.Lanes, sealed.Header, sealed.Trace})
	switch {
	case err == nil && status >= 200 && status <= 299:
		o.settle(it, leased[0])
	case o.config.Now().Sub(it.accepted) > o.config.Limits.Outbox.Age:
		o.expire(ctx, it, leased[0], sealed)
	default:
		o.config.Metrics.refuse("outbox_retry")
		o.postpone(it, leased[0])
	}
}

// settle removes a delivered item. The store is asked even when the proxy is
// being stopped: an item that stays is sent twice.
func (o *outbox) settle(it *item, record store.Record) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := o.config.Records.Store.Delete(ctx, record.Key, record.Version); err != nil && !errors.Is(err, store.ErrNotFound) {
		o.config.Log.Warn("", eventFields("outbox_delete_failed")...)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(it)
}

// postpone moves the due time in the store, too, so that a restart keeps it.
func (o *outbox) postpone(it *item, record store.Record) {
	due := o.later(it)
	record.Due = due
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := o.config.Records.Store.Put(ctx, record); err != nil {
		o.config.Log.Warn("", eventFields("outbox_postpone_failed")...)
	}
}

// later backs off: 1, 2, 4 … seconds, a tenth of it at random, 5 minutes at
// most.
func (o *outbox) later(it *item) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	delay := min(firstBackOff<<min(it.attempts, 20), lastBackOff)
	it.attempts++
	it.due = o.config.Now().Add(delay - time.Duration(rand.Int64N(int64(delay/10))))
	it.sending = false
	return it.due
}

// expire seals an item that is too old into quarantine.
func (o *outbox) expire(ctx context.Context, it *item, record store.Record, sealed sealedParcel) {
	in := inbound{app: it.account.App, trace: sealed.Trace}
	if err := o.quarantine.seal(ctx, in, sealed.Body, "outbox_expired"); err != nil {
		o.later(it)
		return
	}
	o.config.Log.Error("", zap.String("event", "outbox_expired"), zap.String("account", it.account.Name))
	o.settle(it, record)
}

// forwardedHeader keeps what a bot may want to see.
func forwardedHeader(h http.Header) http.Header {
	kept := http.Header{}
	for _, name := range []string{"User-Agent", "Accept"} {
		if value := h.Get(name); value != "" {
			kept.Set(name, value)
		}
	}
	return kept
}
