package keys_test

import (
	"errors"
	"testing"

	"github.com/piiproxy/piiproxy/keys"
)

// FuzzOpen: whatever a store gives back is opened as it was sealed, or refused.
func FuzzOpen(f *testing.F) {
	set, err := keys.Ephemeral()
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := set.Seal([]byte("plain"), []byte("here"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(0, byte(1), 0)
	f.Add(1, byte(2), 3)
	f.Add(70, byte(255), 80)
	f.Fuzz(func(t *testing.T, at int, flip byte, length int) {
		altered := append([]byte(nil), sealed...)
		if at >= 0 && at < len(altered) {
			altered[at] ^= flip
		}
		if length > 0 && length < len(altered) {
			altered = altered[:length]
		}
		same := string(altered) == string(sealed)
		for _, open := range []func([]byte) ([]byte, error){
			func(b []byte) ([]byte, error) { return set.Open(b, []byte("here")) },
			set.Rewrap,
		} {
			if _, err := open(altered); same && err != nil || err != nil && !errors.Is(err, keys.ErrSealed) && !errors.Is(err, keys.ErrDirect) {
				t.Errorf("altered %t: %v", !same, err)
			}
		}
		if plain, err := set.Open(altered, []byte("here")); !same && err == nil {
			t.Errorf("altered bytes open as %q", plain)
		}
	})
}

// FuzzParsePublic: what parses is written back as keys with the same ids.
func FuzzParsePublic(f *testing.F) {
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAvs1H4Mzzzr7boIMJd3/5zbkgPZ3n/md0iOmoRUH5oN8=\n-----END PUBLIC KEY-----\n"))
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		found, err := keys.ParsePublic(content)
		if err == nil && len(found) == 0 {
			t.Error("no key and no error")
		}
		for id, key := range found {
			if keys.KeyID(key) != id || len(key) != 32 {
				t.Errorf("%s names another key", id)
			}
		}
	})
}
