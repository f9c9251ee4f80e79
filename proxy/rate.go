package proxy

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// Rate is how many in which time, all of which may come at once; the zero Rate is
// no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

// RateLimits bound how often something is done, by each instance.
type RateLimits struct {
	Calls, Webhooks Rate // of one account
	Person          Rate // calls that send to one person
}

// bucket is a token bucket, kept as the time at which it is full again (the generic
// cell rate algorithm, ITU-T I.371): one number, no clock of its own. The zero
// bucket is full.
type bucket struct{ full atomic.Int64 } // Unix nanoseconds

// take takes a token if there is one.
func (b *bucket) take(r Rate, now time.Time) bool {
	for {
		full := b.full.Load()
		next, ok := r.after(full, now.UnixNano())
		if !ok {
			return false
		}
		if b.full.CompareAndSwap(full, next) {
			return true
		}
	}
}

// put puts a token back that was taken for nothing.
func (b *bucket) put(r Rate) {
	if r.Count > 0 {
		b.full.Add(-int64(r.Per) / int64(r.Count))
	}
}

// after is when a bucket that is full at one time is full again when a token is
// taken from it now; false when it has none.
func (r Rate) after(full, now int64) (int64, bool) {
	if r.Count <= 0 {
		return full, true
	}
	next := max(full, now) + int64(r.Per)/int64(r.Count)
	return next, next-now <= int64(r.Per)
}

// crowd keeps a bucket for each of many persons in memory that does not grow: a
// table of sets, of which each takes crowdWays persons. In a set that is full the
// fullest bucket goes, which has the least to remember. Persons are hashes under a
// seed of the process: nothing in it names anybody.
type crowd struct {
	rate Rate
	seed maphash.Seed
	sets [crowdSets]crowdSet
}

// 65,536 persons at once, in about 1 MiB. A person who has sent nothing for as long as the rate's time has a full bucket and
// is forgotten without a loss.
const (
	crowdSets = 8192
	crowdWays = 8
)

type crowdSet struct {
	mu    sync.Mutex
	known [crowdWays]struct {
		person uint64
		full   int64
	}
}

func newCrowd(rate Rate) *crowd { return &crowd{rate: rate, seed: maphash.MakeSeed()} }

// take takes a token of a person's.
func (c *crowd) take(account, person string, now time.Time) bool {
	if c.rate.Count <= 0 {
		return true
	}
	var h maphash.Hash
	h.SetSeed(c.seed)
	_, _ = h.WriteString(account)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(person)
	hash := h.Sum64()
	set := &c.sets[hash%crowdSets]
	set.mu.Lock()
	defer set.mu.Unlock()
	place := 0
	for i := range set.known {
		if set.known[i].person == hash {
			place = i
			break
		}
		if set.known[i].full < set.known[place].full {
			place = i
		}
	}
	if set.known[place].person != hash {
		set.known[place].person, set.known[place].full = hash, 0
	}
	next, ok := c.rate.after(set.known[place].full, now.UnixNano())
	if ok {
		set.known[place].full = next
	}
	return ok
}
