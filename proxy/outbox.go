package proxy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

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
	busy   map[*Account]int // senders at work
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

	held      string // id of the message, where it waits for the rest of a value
	withdrawn bool   // and is about to become part of it
}

// sealedParcel is what the store keeps of a parcel.
type sealedParcel struct {
	Account  string      `json:"account"`
	Lanes    []string    `json:"lanes"`
	Header   http.Header `json:"header"`
	Trace    string      `json:"trace"`
	Accepted time.Time   `json:"accepted"`
	Body     []byte      `json:"body"`
	Held     string      `json:"held,omitempty"`
}

// newOutbox takes up what an earlier process left and starts sending.
func newOutbox(ctx context.Context, config Config, q *quarantine, send func(context.Context, parcel) (int, error)) (*outbox, error) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	o := &outbox{
		config: config, quarantine: q, send: send, lanes: map[string][]*item{}, all: map[*item]bool{}, busy: map[*Account]int{},
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
		if o.ahead(lane) != nil {
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
	r, refusal := o.prepare(p)
	if refusal != nil {
		return 0, refusal
	}
	// Not cancelled: what is stored and not known of is sent twice.
	err := o.config.Records.Store.Put(context.WithoutCancel(ctx), r.record)
	r.Settle(err == nil)
	if err != nil {
		return 0, &refuseStore
	}
	return http.StatusOK, nil
}

// reservation is a parcel that has its place in the lanes and is not in the
// store yet. It is a capture.Reservation.
type reservation struct {
	outbox *outbox
	item   *item
	record store.Record
}

// Record is the sealed parcel, to be written at version 0.
func (r *reservation) Record() store.Record { return r.record }

// Settle sends the parcel, or forgets it when it was not written.
func (r *reservation) Settle(written bool) {
	r.outbox.mu.Lock()
	if written {
		r.item.sending = false
	} else {
		r.outbox.drop(r.item)
	}
	r.outbox.mu.Unlock()
	r.outbox.nudge()
}

// prepare seals a parcel and takes its place in the lanes.
func (o *outbox) prepare(p parcel) (*reservation, *Refusal) {
	now := o.config.Now()
	plain, err := json.Marshal(sealedParcel{p.account.Name, p.lanes, forwardedHeader(p.header), p.trace, now, p.body, p.held})
	if err != nil {
		return nil, &refuseInternal
	}
	it, refusal := o.reserve(p, now, int64(len(plain)))
	if refusal != nil {
		return nil, refusal
	}
	r := &reservation{outbox: o, item: it}
	sealed, err := o.config.Records.Keys.Seal(plain, []byte(it.key))
	if err != nil {
		r.Settle(false)
		return nil, &refuseStore
	}
	r.record = store.Record{Key: it.key, Value: sealed, Expires: o.expires(now), Due: it.due}
	return r, nil
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
		accepted: now, due: now, sending: true, held: p.held,
	}
	if p.due.After(now) {
		it.due = p.due
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
			if err := o.take(ctx, record); err != nil {
				o.config.Log.Error("", eventFields("outbox_unreadable")...)
			}
		}
	}
}

// take indexes one record. A record that cannot be opened stays in the store and
// is alarmed; one whose account is gone from the configuration can never be
// sent, and is set aside.
func (o *outbox) take(ctx context.Context, record store.Record) error {
	sealed, err := o.open(record)
	if err != nil {
		return err
	}
	account, ok := o.config.Tenants.Account(sealed.Account)
	if !ok {
		if err := o.quarantine.seal(ctx, inbound{trace: sealed.Trace}, sealed.Body, "outbox_account_gone"); err != nil {
			return err
		}
		return o.config.Records.Store.Delete(ctx, record.Key, record.Version)
	}
	var stamp int64
	if _, err := fmt.Sscanf(record.Key, outboxPrefix+"%x", &stamp); err == nil {
		o.last = max(o.last, stamp)
	}
	o.insert(&item{
		key: record.Key, account: account, lanes: sealed.Lanes, size: int64(len(record.Value)), version: record.Version,
		accepted: sealed.Accepted, due: record.Due, held: sealed.Held,
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
