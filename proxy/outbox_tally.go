package proxy

import (
	"slices"
	"sync"
)

// tally counts what waits. A process that is alone on its store counts all of it,
// and so knows the lanes that have nothing in them: a clean message reads nothing.
// One of several counts what it sees, and is put right each time that everything
// is read.
type tally struct {
	alone   bool
	metrics *Metrics

	mu       sync.Mutex
	accounts map[string]amount
	lanes    map[string]int // alone
	unsure   int            // parcels that are not in the store yet
	changes  int
}

// amount is what waits for an account.
type amount struct {
	parcels int
	bytes   int64
}

func newTally(alone bool, metrics *Metrics) *tally {
	return &tally{alone: alone, metrics: metrics, accounts: map[string]amount{}, lanes: map[string]int{}}
}

// more counts a parcel, unless the account would have more than most bytes.
func (t *tally) more(account string, lanes []string, size, most int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.accounts[account]
	if a.bytes+size > most {
		return false
	}
	t.set(account, amount{a.parcels + 1, a.bytes + size})
	t.unsure++
	if t.alone {
		for _, lane := range lanes {
			t.lanes[lane]++
		}
	}
	return true
}

// settled says that a parcel that was counted is in the store, or will not be.
func (t *tally) settled() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unsure--
}

// less counts one that is gone.
func (t *tally) less(account string, lanes []string, size int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.accounts[account]
	t.set(account, amount{max(0, a.parcels-1), max(0, a.bytes-size)})
	for _, lane := range lanes {
		if t.lanes[lane]--; t.lanes[lane] <= 0 {
			delete(t.lanes, lane)
		}
	}
}

// set keeps the gauge, too; the lock is held.
func (t *tally) set(account string, a amount) {
	t.changes++
	t.metrics.outbox(account, float64(a.parcels-t.accounts[account].parcels))
	t.accounts[account] = a
}

// census is what was found in the store.
type census struct {
	since    int // changes when the count began
	accounts map[string]amount
	lanes    map[string]int
}

// count begins one.
func (t *tally) count() *census {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &census{since: t.changes, accounts: map[string]amount{}, lanes: map[string]int{}}
}

func (c *census) add(account string, lanes []string, size int64) {
	a := c.accounts[account]
	c.accounts[account] = amount{a.parcels + 1, a.bytes + size}
	for _, lane := range lanes {
		c.lanes[lane]++
	}
}

// correct replaces the counts by those of the store. One that is alone relies on
// its own, and does it only when nothing changed meanwhile: false, when not.
func (t *tally) correct(c *census) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.alone {
		if t.unsure > 0 || t.changes != c.since {
			return false
		}
		t.lanes = c.lanes
	}
	for account := range t.accounts {
		if _, there := c.accounts[account]; !there {
			t.set(account, amount{})
		}
	}
	for account, a := range c.accounts {
		t.set(account, a)
	}
	return true
}

// clear says that there is certainly nothing in a lane.
func (t *tally) clear(lane string) bool {
	if !t.alone {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lanes[lane] == 0
}

// crowded says that there is something in one of the lanes; only one that is alone
// can tell without asking.
func (t *tally) crowded(lanes []string) bool {
	if !t.alone {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(lanes, func(lane string) bool { return t.lanes[lane] > 0 })
}

// empty says that there is certainly nothing in any.
func (t *tally) empty() bool {
	if !t.alone {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.lanes) == 0
}

// bytes is how much waits for all accounts.
func (t *tally) bytes() (sum int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.accounts {
		sum += a.bytes
	}
	return sum
}

// of is how many parcels an account has.
func (t *tally) of(account string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.accounts[account].parcels
}
