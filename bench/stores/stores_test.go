//go:build linux

package main

import (
	"strings"
	"testing"
	"time"
)

// TestShort runs everything small: what is measured works.
func TestShort(t *testing.T) {
	var out strings.Builder
	p := plan{rounds: 1, each: 50 * time.Millisecond, sizes: []int{2000}}
	for _, part := range parts {
		if err := part.measure(t.Context(), p, t.TempDir(), &out); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"store/bolt", "store/postgres", "known values", "reveals", "2000"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no row of %s in:\n%s", want, out.String())
		}
	}
}
