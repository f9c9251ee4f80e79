package console

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// scheme names the orders that commands sign:
//
//	Authorization: Piiproxy-Command UNIX.NONCE.MAC
//
// The MAC is over method, path, time, nonce and body under the key set, so an
// order that is caught on its way can be neither changed nor sent again.
const scheme = "Piiproxy-Command "

// orderAge is how old an order may be, and how far clocks may be apart.
const orderAge = time.Minute

// Authorize signs an order for the admin listener.
func Authorize(r *http.Request, body []byte, keys Keys, now time.Time) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	stamp, nonce := strconv.FormatInt(now.Unix(), 10), hex.EncodeToString(random[:])
	r.Header.Set("Authorization", scheme+stamp+"."+nonce+"."+signature(keys, r, stamp, nonce, body))
}

func signature(keys Keys, r *http.Request, stamp, nonce string, body []byte) string {
	digest := sha256.Sum256(body)
	return hex.EncodeToString(keys.PRF("admin api, order", r.Method, r.URL.Path, stamp, nonce, string(digest[:])))
}

// guard lets signed orders in, each once.
type guard struct {
	keys Keys
	mu   sync.Mutex
	seen map[string]time.Time // nonces, by when they may be forgotten
}

func newGuard(keys Keys) *guard { return &guard{keys: keys, seen: map[string]time.Time{}} }

// allows checks an order's signature, age and nonce, in that order: only orders
// that were really signed are remembered.
func (g *guard) allows(r *http.Request, body []byte, now time.Time) bool {
	credentials, ok := strings.CutPrefix(r.Header.Get("Authorization"), scheme)
	parts := strings.Split(credentials, ".")
	if !ok || len(parts) != 3 {
		return false
	}
	stamp, nonce, mac := parts[0], parts[1], parts[2]
	if subtle.ConstantTimeCompare([]byte(signature(g.keys, r, stamp, nonce, body)), []byte(mac)) != 1 {
		return false
	}
	unix, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(unix, 0)).Abs() > orderAge {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for old, until := range g.seen {
		if now.After(until) {
			delete(g.seen, old)
		}
	}
	if _, again := g.seen[nonce]; again {
		return false
	}
	g.seen[nonce] = now.Add(2 * orderAge)
	return true
}
