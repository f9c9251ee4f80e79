package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Reload reads the folder again and puts its keys in the place of what was there;
// changed says whether they differ. When they cannot be read, or belong to another
// installation, the set stays as it is.
func (s *Set) Reload(ctx context.Context) (changed bool, err error) {
	h := s.holder
	if h.folder.Path == "" {
		return false, nil // it lives in memory
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	from, known, err := h.folder.read(ctx)
	if err != nil {
		return false, fmt.Errorf("reading keys again: %w", err)
	}
	fresh, err := h.material(from, known)
	if err != nil {
		return false, fmt.Errorf("reading keys again: in %s: %w", h.folder.Path, err)
	}
	old := h.now()
	if err := sameNames(old, fresh); err != nil {
		return false, fmt.Errorf("reading keys again: %w", err)
	}
	h.current.Store(fresh)
	return !sameKeys(old.keys, fresh.keys), nil
}

// sameNames refuses a folder with another naming key: every record would be lost
// under it.
func sameNames(old, fresh *material) error {
	was, err := old.prf.ComputePRF(nil, PRFSize)
	if err != nil {
		return errors.New("the naming key fails")
	}
	is, err := fresh.prf.ComputePRF(nil, PRFSize)
	if err != nil || !bytes.Equal(was, is) {
		return errors.New("the folder now holds the keys of another installation: restore the ones that belong to this store")
	}
	return nil
}

func sameKeys(a, b []Key) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ID != b[i].ID || a[i].State != b[i].State {
			return false
		}
	}
	return true
}

// State tells the state of the folder's files: it differs after a change. It opens
// none of them.
func (f Folder) State() string {
	var state strings.Builder
	for _, name := range []string{fileAEAD, filePRF, fileSign, fileRing} {
		target, err := filepath.EvalSymlinks(filepath.Join(f.Path, name))
		if err != nil {
			state.WriteString("missing ")
			continue
		}
		found, err := os.Stat(target)
		if err != nil {
			state.WriteString("missing ")
			continue
		}
		fmt.Fprintf(&state, "%s %d %d ", target, found.Size(), found.ModTime().UnixNano())
	}
	return state.String()
}

// Opened is the State of the folder when the set was opened.
func (s *Set) Opened() string { return s.holder.opened }

// Folder is where the set was opened from; its Path is empty when the set lives in
// memory.
func (s *Set) Folder() Folder { return s.holder.folder }
