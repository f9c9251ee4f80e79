package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
)

// A store is used with the key set that wrote it, and with no other.
func TestPairing(t *testing.T) {
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "piiproxy.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	own, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	other, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	if err := paired(t.Context(), s, own); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a new store: %v", err)
	}
	for range 2 {
		if err := pair(t.Context(), s, own); err != nil {
			t.Errorf("its own keys: %v", err)
		}
	}
	for _, check := range []error{pair(t.Context(), s, other), paired(t.Context(), s, other)} {
		if check == nil || !strings.Contains(check.Error(), "another key set") {
			t.Errorf("other keys: %v", check)
		}
	}
}

// Text comes out of scan with the line ends that it had.
func TestScanKeepsLineEnds(t *testing.T) {
	for from, want := range map[string]string{
		"a\r\nmail jane@example.org\r\n": "a\r\nmail [EMAIL]\r\n", "no end": "no end", "\n\n": "\n\n", "": "", "x\r": "x\r",
	} {
		var out, problems strings.Builder
		if code := run(t.Context(), []string{"scan"}, strings.NewReader(from), &out, &problems); code != exitFine || out.String() != want {
			t.Errorf("%q: %d, %q, %s", from, code, out.String(), problems.String())
		}
	}
}
