package config

import (
	"os"
	"sync"
	"time"
)

// recheck bounds how often files are looked at: a secret is wanted for every
// message, and a second is soon enough for a rotation.
const recheck = time.Second

// watched is something read from files that is read again when one of them
// changes. What cannot be read leaves the last good one in place: a proxy
// that stops because a rotation was half done helps nobody.
type watched[T any] struct {
	paths []string
	read  func() (T, error)

	mu      sync.Mutex
	current T
	seen    []os.FileInfo
	checked time.Time
	fault   error
}

// watch reads the files for the first time; here an error is final.
func watch[T any](read func() (T, error), paths ...string) (*watched[T], error) {
	w := &watched[T]{paths: paths, read: read, checked: time.Now()}
	w.seen, w.fault = w.stat()
	if w.fault != nil {
		return nil, w.fault
	}
	current, err := read()
	if err != nil {
		return nil, err
	}
	w.current = current
	return w, nil
}

// get is the current value and why the files as they are now are not it.
func (w *watched[T]) get() (T, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := time.Now(); now.Sub(w.checked) >= recheck {
		w.checked = now
		w.refresh()
	}
	return w.current, w.fault
}

// refresh takes the state of the files before it reads them: a change in
// between is then seen by the next look.
func (w *watched[T]) refresh() {
	seen, err := w.stat()
	if err != nil {
		w.fault = err
		return
	}
	if w.fault == nil && same(w.seen, seen) {
		return
	}
	current, err := w.read()
	if err != nil {
		w.fault = err
		return
	}
	w.current, w.seen, w.fault = current, seen, nil
}

func (w *watched[T]) stat() ([]os.FileInfo, error) {
	seen := make([]os.FileInfo, len(w.paths))
	for i, path := range w.paths {
		file, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		seen[i] = file
	}
	return seen, nil
}

// same compares identity as well as time: Kubernetes swaps a link, and an
// editor may leave the old time on a new file.
func same(before, after []os.FileInfo) bool {
	for i := range before {
		if !os.SameFile(before[i], after[i]) || before[i].Size() != after[i].Size() ||
			!before[i].ModTime().Equal(after[i].ModTime()) {
			return false
		}
	}
	return true
}
