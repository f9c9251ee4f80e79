package bolt_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
)

func BenchmarkPut(b *testing.B) {
	for _, writers := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("parallel=%d", writers), func(b *testing.B) {
			s := openBench(b)
			var n atomic.Int64
			b.SetParallelism(writers)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r := store.Record{Key: fmt.Sprintf("value/%d", n.Add(1)), Value: make([]byte, 200), Expires: time.Now().Add(time.Hour)}
					if err := s.Put(b.Context(), r); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkGet(b *testing.B) {
	s := openBench(b)
	for i := range 10_000 {
		if i%1000 == 0 {
			records := make([]store.Record, 1000)
			for j := range records {
				records[j] = store.Record{Key: fmt.Sprintf("value/%d", i+j), Value: make([]byte, 200), Expires: time.Now().Add(time.Hour)}
			}
			if err := s.Put(b.Context(), records...); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Get(b.Context(), fmt.Sprintf("value/%d", i%10_000)); err != nil {
			b.Fatal(err)
		}
	}
}

func openBench(b *testing.B) store.Store {
	b.Helper()
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(b.TempDir(), "store.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}
