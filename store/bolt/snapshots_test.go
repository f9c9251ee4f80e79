package bolt_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// TestReadYourWrites: whoever was told that a record is written reads it, while
// others read and write and the file grows under them.
func TestReadYourWrites(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"))
	var all sync.WaitGroup
	for writer := range 16 {
		all.Go(func() {
			for i := range 100 {
				key := fmt.Sprintf("value/%d/%d", writer, i%3)
				r, err := s.Get(t.Context(), key)
				if i >= 3 && err != nil {
					t.Errorf("%s: %v", key, err)
					return
				}
				r.Key, r.Expires = key, time.Now().Add(time.Hour)
				r.Value = append(make([]byte, 16<<10), fmt.Sprint(i)...)
				if err := s.Put(t.Context(), r); err != nil {
					t.Errorf("writing %s as it was read: %v", key, err)
					return
				}
				now, err := s.Get(t.Context(), key)
				if err != nil || string(now.Value[16<<10:]) != fmt.Sprint(i) || now.Version <= r.Version {
					t.Errorf("%s: version %d after writing over %d (%v)", key, now.Version, r.Version, err)
					return
				}
			}
		})
	}
	all.Wait()
	if _, err := s.Get(t.Context(), "value/none"); err != store.ErrNotFound {
		t.Errorf("nothing there: %v", err)
	}
}
