package keys_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/keys"
)

var someKEKs = [3]string{
	base64.StdEncoding.EncodeToString([]byte("one canary KEK of 32 bytes.....!")),
	base64.StdEncoding.EncodeToString([]byte("two canary KEK of 32 bytes.....!")),
	base64.StdEncoding.EncodeToString([]byte("tri canary KEK of 32 bytes.....!")),
}

// program writes a script that a KEK command can run.
func program(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEachKEK: every source makes a folder, opens it again, opens no other's, and
// is told to be the wrong one.
func TestEachKEK(t *testing.T) {
	server := newTransit(t)
	t.Setenv("PIIPROXY_KEK", someKEKs[0])
	t.Setenv("PIIPROXY_OTHER", someKEKs[1])
	apart := filepath.Join(t.TempDir(), "kek") // made before, by somebody else
	if err := os.WriteFile(apart, []byte(someKEKs[2]), 0o600); err != nil {
		t.Fatal(err)
	}
	sources := map[string]keys.KEK{
		"file":        nil,
		"file apart":  keys.FileKEK(apart),
		"environment": keys.EnvironmentKEK("PIIPROXY_KEK"),
		"another":     keys.EnvironmentKEK("PIIPROXY_OTHER"),
		"command":     keys.CommandKEK([]string{program(t, `echo "canary on stderr" >&2; [ "$1" = 'a b' ] && echo `+someKEKs[0]), "a b"}),
		"transit":     server.kek(t, nil),
	}
	sameKey := map[string]bool{"environment": true, "command": true}
	for name, kek := range sources {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "keys")
			folder := keys.Folder{Path: dir, KEK: kek}
			if err := keys.Init(t.Context(), folder); err != nil {
				t.Fatal(err)
			}
			one, err := keys.Open(t.Context(), folder)
			if err != nil {
				t.Fatal(err)
			}
			two, err := keys.Open(t.Context(), folder)
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := one.Seal([]byte("plain"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := two.Open(sealed, nil); err != nil || string(plain) != "plain" {
				t.Errorf("opened %q (%v)", plain, err)
			}
			for other, kek := range sources {
				if other == name || sameKey[name] && sameKey[other] {
					continue
				}
				_, err := keys.Open(t.Context(), keys.Folder{Path: dir, KEK: kek})
				if err == nil || strings.Contains(err.Error(), "canary") {
					t.Errorf("the KEK %s: %v", other, err)
				}
				if other != "file" && !strings.Contains(err.Error(), "piiproxy keys rewrap") {
					t.Errorf("the KEK %s: %q does not say what to do", other, err)
				}
			}
			if name == "file" || name == "file apart" {
				return
			}
			if _, err := os.Stat(filepath.Join(dir, "kek")); err == nil {
				t.Error("a KEK was written beside the keys")
			}
		})
	}
}

// TestKEKTakesItsTime: neither a program nor a server that hangs keeps the opening
// from ending; children that hold the pipe do not either.
func TestKEKTakesItsTime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	t.Setenv("PIIPROXY_KEK", someKEKs[0])
	if err := keys.Init(t.Context(), keys.Folder{Path: dir, KEK: keys.EnvironmentKEK("PIIPROXY_KEK")}); err != nil {
		t.Fatal(err)
	}
	server := newTransit(t)
	if err := (keys.Folder{Path: dir, KEK: keys.EnvironmentKEK("PIIPROXY_KEK")}).Rewrap(t.Context(), server.kek(t, nil)); err != nil {
		t.Fatal(err)
	}
	server.mu.Lock() // every request waits for it
	defer server.mu.Unlock()
	for name, test := range map[string]struct {
		kek keys.KEK
		say string
	}{
		"a program":            {keys.CommandKEK([]string{program(t, "exec sleep 60")}), "took longer"},
		"a child of a program": {keys.CommandKEK([]string{program(t, "sleep 60 & wait")}), "took longer"},
		"a transit engine":     {server.kek(t, nil), "no answer"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := keys.Open(ctx, keys.Folder{Path: dir, KEK: test.kek})
		cancel()
		if err == nil || !strings.Contains(err.Error(), test.say) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKEKFaults(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	t.Setenv("PIIPROXY_KEK", someKEKs[0])
	t.Setenv("PIIPROXY_SHORT", "Y2FuYXJ5")
	if err := keys.Init(t.Context(), keys.Folder{Path: dir, KEK: keys.EnvironmentKEK("PIIPROXY_KEK")}); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(t.TempDir(), "open")
	if err := os.WriteFile(open, []byte(someKEKs[0]), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		kek  keys.KEK
		say  string
	}{
		{"no variable", keys.EnvironmentKEK("PIIPROXY_NONE"), "PIIPROXY_NONE is not there"},
		{"short variable", keys.EnvironmentKEK("PIIPROXY_SHORT"), "32 bytes in base64"},
		{"no program", keys.CommandKEK([]string{"/nowhere/program"}), "cannot be run"},
		{"no shell", keys.CommandKEK([]string{"echo " + someKEKs[0]}), "cannot be run"},
		{"program fails", keys.CommandKEK([]string{program(t, "echo "+someKEKs[0]+"; echo canary >&2; exit 3")}), "status 3"},
		{"program prints nothing", keys.CommandKEK([]string{program(t, "")}), "32 bytes in base64"},
		{"program prints on stderr", keys.CommandKEK([]string{program(t, "echo "+someKEKs[0]+" >&2")}), "32 bytes in base64"},
		{"program prints for ever", keys.CommandKEK([]string{program(t, "while :; do echo canary canary canary; done")}), "prints more than a key"},
		{"file for all", keys.FileKEK(open), "chmod 600"},
		{"no file", keys.FileKEK(filepath.Join(dir, "none")), "missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := keys.Open(t.Context(), keys.Folder{Path: dir, KEK: test.kek})
			if err == nil || !strings.Contains(err.Error(), test.say) {
				t.Fatalf("error is %v, want %q", err, test.say)
			}
			if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), someKEKs[0]) {
				t.Errorf("%q says too much", err)
			}
		})
	}
}
