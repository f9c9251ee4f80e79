package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// The outbox keeps what was acknowledged until the bot has it, and sends it in the
// order of each conversation. What it knows stands in the store, so any instance
// goes on where another one ended:
//
//   - A conversation is a lane, a parcel a record in it: outbox/<lane>/<stamp>.
//     The first in a lane is sent first. A parcel of several lanes stands in one
//     of them, under the same stamp in the others is a marker that leads to it.
//   - Due says what is to be done: a time that has come, to be sent; a later one,
//     it is being sent (by whoever leased it), is tried again, or is held; none, it
//     waits for another parcel, and whoever finishes that one gives it a time.
//   - Whoever changes a record does it at the version that they read. A sender
//     that was too slow, and a joiner that was, lose and stop.
const (
	outboxPrefix  = "outbox/"
	firstBackOff  = time.Second
	lastBackOff   = 5 * time.Minute
	outboxSenders = 8 // of an account in each instance
	outboxPage    = 256
	// leaseSlack is how much longer a lease lasts than the bot may take. A
	// process that is killed leaves its leases behind until they end.
	leaseSlack = 5 * time.Second
	// clockSkew is how far the clocks of instances may be apart: a lease is not
	// over before it is over by all of them.
	clockSkew = 30 * time.Second
	// storeTime bounds what has to be written when nobody waits for it any more.
	storeTime = 10 * time.Second
)

// outbox is one instance's part in it.
type outbox struct {
	config     Config
	quarantine *quarantine
	send       func(context.Context, parcel) (int, error)
	waiting    *tally
	desks      map[string]*desk // by the account's part of a lane
	parts      map[string]string
	cancel     context.CancelFunc
	done       sync.WaitGroup

	mu    sync.Mutex
	last  int64          // the newest stamp that was given here
	tries map[string]int // failures here, by key
}

// sealedParcel is what the store keeps of a parcel, or of a marker: then Main alone
// is set.
type sealedParcel struct {
	Account  string      `json:"account,omitempty"`
	Lanes    []string    `json:"lanes,omitempty"`
	Header   http.Header `json:"header,omitempty"`
	Trace    string      `json:"trace,omitempty"`
	Accepted time.Time   `json:"accepted,omitzero"`
	Body     []byte      `json:"body,omitempty"`
	Held     string      `json:"held,omitempty"` // id of the message, where it waits for the rest of a value
	Until    time.Time   `json:"until,omitzero"` // held: when it goes out
	By       string      `json:"by,omitempty"`   // held: id of the message that is taking its place
	Main     string      `json:"main,omitempty"` // marker: the key of the parcel
}

// newOutbox takes up what an earlier process left and starts sending.
func newOutbox(ctx context.Context, config Config, q *quarantine, send func(context.Context, parcel) (int, error)) (*outbox, error) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	o := &outbox{
		config: config, quarantine: q, send: send, waiting: newTally(config.Records.Alone, config.Metrics), cancel: cancel,
		desks: map[string]*desk{}, parts: map[string]string{}, tries: map[string]int{},
	}
	for _, a := range config.Tenants.Accounts() {
		part := logHash(config.Records.Keys.PRF("outbox account", a.Name))
		o.parts[a.Name] = part
		o.desks[part] = &desk{outbox: o, prefix: outboxPrefix + part + "/", account: a.Name, wake: make(chan struct{}, 1)}
	}
	if err := o.load(ctx); err != nil {
		cancel()
		return nil, fmt.Errorf("loading the outbox: %w", err)
	}
	for _, d := range o.desks {
		o.done.Go(func() { d.run(work) })
	}
	o.done.Go(func() { o.lookAfter(work) })
	return o, nil
}

func (o *outbox) close() error {
	o.cancel()
	o.done.Wait()
	return nil
}

// store is where everything is.
func (o *outbox) store() store.Store { return o.config.Records.Store }

// now is the time as a store keeps it.
func (o *outbox) now() time.Time { return o.config.Now().UTC().Truncate(time.Microsecond) }

// lease is how long nobody else touches what is being sent.
func (o *outbox) lease() time.Duration {
	if o.config.Records.Alone {
		return o.config.Limits.BotTimeout + leaseSlack
	}
	return o.config.Limits.BotTimeout + leaseSlack + clockSkew
}

// expires is after the age at which a parcel goes to quarantine, so that the
// store never drops what was acknowledged.
func (o *outbox) expires(accepted time.Time) time.Time {
	return accepted.Add(2*o.config.Limits.Outbox.Age + 24*time.Hour)
}

// seal makes the record of a parcel or a marker.
func (o *outbox) seal(key string, p sealedParcel, expires time.Time) (store.Record, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return store.Record{}, errors.New("encoding a parcel")
	}
	sealed, err := o.config.Records.Keys.Seal(plain, []byte(key))
	return store.Record{Key: key, Value: sealed, Expires: expires}, err
}

func (o *outbox) open(record store.Record) (sealedParcel, error) {
	var sealed sealedParcel
	plain, err := o.config.Records.Keys.Open(record.Value, []byte(record.Key))
	if err != nil {
		return sealed, err
	}
	if json.Unmarshal(plain, &sealed) != nil { // the decoder's error may quote
		return sealed, errors.New("decoding a parcel")
	}
	return sealed, nil
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
