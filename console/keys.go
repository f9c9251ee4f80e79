package console

import (
	"context"
	"net/http"
	"time"
)

// KeyDesk is what operators may ask of the key set. The commands change the files
// of the key folder themselves; the desk knows the records and the other
// instances, and keeps the audit log.
type KeyDesk interface {
	// List describes the keys and how far the records are.
	List(ctx context.Context) (KeyList, error)
	// Order records what is about to be done to a key, and says whether it may be.
	Order(ctx context.Context, order KeyOrder) (KeyAnswer, error)
}

// KeyList is the answer to GET /v1/keys. It holds no key.
type KeyList struct {
	Keys []KeyInfo `json:"keys"` // by use, the oldest first
	// Counted is when records were counted, RFC 3339; empty: not yet.
	Counted string `json:"counted,omitempty"`
	// Missing are records that need a key which is not in the set.
	Missing int `json:"missing"`
	// Moving says that records are being moved to the primary, Moved how many have
	// been in this run.
	Moving bool `json:"moving"`
	Moved  int  `json:"moved"`
	// Instances are running on this store.
	Instances int `json:"instances"`
}

// KeyInfo is one key.
type KeyInfo struct {
	ID       string    `json:"id"`
	Use      string    `json:"use"`   // sealing, signing or naming
	State    string    `json:"state"` // primary, staged or retiring
	Made     time.Time `json:"made,omitzero"`
	Promoted time.Time `json:"promoted,omitzero"`
	// Records are sealed under it; Direct of them move when they are written next,
	// Held when they are delivered.
	Records int `json:"records"`
	Direct  int `json:"direct,omitempty"`
	Held    int `json:"held,omitempty"`
	// Sealings is how often it has sealed, about.
	Sealings uint64 `json:"sealings"`
	// Lagging are running instances that do not have it.
	Lagging int `json:"lagging"`
	// Due is why it should be rotated; empty when it need not be.
	Due string `json:"due,omitempty"`
}

// Actions on keys.
const (
	KeysStage   = "keys stage"
	KeysPromote = "keys promote"
	KeysRetire  = "keys retire"
	KeysRewrap  = "keys rewrap"
)

// KeyOrder announces a change.
type KeyOrder struct {
	Action string `json:"action"` // one of the above
	Key    string `json:"key"`    // its id; the use for keys stage
	Actor  string `json:"actor"`
	Reason string `json:"reason"`
	// Force retires a key that records still need.
	Force bool `json:"force"`
	// Failed says that what was announced came to nothing.
	Failed bool `json:"failed"`
	// Source is the network address that the order came from.
	Source string `json:"-"`
}

// KeyAnswer says how things stood when the order was recorded.
type KeyAnswer struct {
	Records int `json:"records"`
}

func mountKeys(mux *http.ServeMux, desk KeyDesk) {
	mux.HandleFunc("GET /v1/keys", func(w http.ResponseWriter, r *http.Request) {
		list, err := desk.List(r.Context())
		answer(w, list, err)
	})
	mux.Handle("POST /v1/keys", order(func(ctx context.Context, o KeyOrder) (KeyAnswer, error) {
		o.Source = whoOf(ctx).Source
		return desk.Order(ctx, o)
	}))
}
