package rotation_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/rotation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
)

// BenchmarkMove moves records without resting, on bolt with its syncs; the time is
// that of one record. BenchmarkCount only looks at them.
func BenchmarkMove(b *testing.B) {
	folder, s := benchStore(b, b.N)
	id, err := folder.Stage(b.Context(), keys.Sealing)
	if err != nil {
		b.Fatal(err)
	}
	if err := folder.Promote(b.Context(), id); err != nil {
		b.Fatal(err)
	}
	set, err := keys.Open(b.Context(), folder)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	if _, moved, err := rotation.Move(b.Context(), set, s); err != nil || moved != b.N {
		b.Fatalf("moved %d of %d (%v)", moved, b.N, err)
	}
}

func BenchmarkCount(b *testing.B) {
	folder, s := benchStore(b, b.N)
	set, err := keys.Open(b.Context(), folder)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	if counts, err := rotation.Count(b.Context(), set, s); err != nil || counts.Records[set.Primary()] != b.N {
		b.Fatalf("counted %v of %d (%v)", counts.Records, b.N, err)
	}
}

// benchStore holds n records of the size of a conversation's.
func benchStore(b *testing.B, n int) (keys.Folder, store.Store) {
	b.Helper()
	dir := b.TempDir()
	folder := keys.Folder{Path: filepath.Join(dir, "keys")}
	if err := keys.Init(b.Context(), folder); err != nil {
		b.Fatal(err)
	}
	set, err := keys.Open(b.Context(), folder)
	if err != nil {
		b.Fatal(err)
	}
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(dir, "store.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	plain, expires := make([]byte, 250), time.Now().Add(time.Hour)
	var records []store.Record
	for i := range n {
		key := "conversation/" + set.Primary() + "/" + time.Unix(int64(i), 0).UTC().Format("20060102150405")
		sealed, err := set.Seal(plain, nil)
		if err != nil {
			b.Fatal(err)
		}
		records = append(records, store.Record{Key: key, Value: sealed, Expires: expires})
		if len(records) == 2000 || i == n-1 {
			if err := s.Put(b.Context(), records...); err != nil {
				b.Fatal(err)
			}
			records = records[:0]
		}
	}
	return folder, s
}
