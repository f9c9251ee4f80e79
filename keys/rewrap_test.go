package keys_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/keys"
)

// TestRewrap: from every source to every other and to a fresh one of its own, the
// keys stay, and the old KEK opens nothing more.
func TestRewrap(t *testing.T) {
	server := newTransit(t)
	t.Setenv("PIIPROXY_KEK", someKEKs[0])
	dir := initialized(t)
	set := opened(t, dir)
	sealed, err := set.Seal([]byte("plain"), nil)
	if err != nil {
		t.Fatal(err)
	}
	signer := set.SigningKeyID()
	at := keys.Folder{Path: dir}
	check := func(name string, now, before keys.Folder) {
		t.Helper()
		set, err := keys.Open(t.Context(), now)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if plain, err := set.Open(sealed, nil); err != nil || string(plain) != "plain" || set.SigningKeyID() != signer {
			t.Errorf("%s: opened %q (%v)", name, plain, err)
		}
		if before.Path != "" {
			if _, err := keys.Open(t.Context(), before); err == nil {
				t.Errorf("%s: the old KEK still opens the keys", name)
			}
		}
	}
	for _, to := range []struct {
		name string
		kek  keys.KEK
	}{
		{"environment", keys.EnvironmentKEK("PIIPROXY_KEK")},
		{"transit", server.kek(t, nil)},
		{"command", keys.CommandKEK([]string{program(t, "echo "+someKEKs[1])})},
		{"file", nil},
	} {
		next := keys.Folder{Path: dir, KEK: to.kek}
		target := to.kek
		if target == nil {
			target = keys.FileKEK(filepath.Join(dir, "kek"))
		}
		if err := at.Rewrap(t.Context(), target); err != nil {
			t.Fatalf("%s: %v", to.name, err)
		}
		check(to.name, next, at)
		if to.name == "transit" {
			renewTransit(t, server, next)
			check("transit, newest version", next, keys.Folder{})
		}
		at = next
	}
	old, err := os.ReadFile(filepath.Join(dir, "kek"))
	if err != nil {
		t.Fatal(err)
	}
	if err := at.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	apart := filepath.Join(t.TempDir(), "kek")
	if err := os.WriteFile(apart, old, 0o600); err != nil {
		t.Fatal(err)
	}
	check("fresh file", at, keys.Folder{Path: dir, KEK: keys.FileKEK(apart)})
	if err := (keys.Folder{Path: dir, KEK: keys.EnvironmentKEK("PIIPROXY_KEK")}).Renew(t.Context()); err == nil {
		t.Error("a variable was renewed, which nobody here can")
	}
}

// renewTransit: the newest version of the key encrypts, and an older one is not
// needed.
func renewTransit(t *testing.T, server *transit, folder keys.Folder) {
	t.Helper()
	server.rotate()
	if err := folder.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	server.versions[0] = server.versions[1]
}

// TestRenewInterrupted: at each point at which a renewal of the KEK can be killed
// the folder opens, and running it again ends it.
func TestRenewInterrupted(t *testing.T) {
	names := []string{"kek.next", "aead.json", "prf.json", "sign.json"}
	for done := range len(names) + 1 {
		dir := initialized(t)
		set := opened(t, dir)
		sealed, err := set.Seal([]byte("plain"), nil)
		if err != nil {
			t.Fatal(err)
		}
		// A finished renewal of a copy gives the files that the killed one had written.
		finished := filepath.Join(t.TempDir(), "keys")
		if err := os.CopyFS(finished, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		narrow(t, finished)
		if err := (keys.Folder{Path: finished}).Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, name := range names[:done] {
			content, err := os.ReadFile(filepath.Join(finished, strings.TrimSuffix(name, ".next")))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if done > 0 { // a file of the killed one that was not in place yet
			if err := os.WriteFile(filepath.Join(dir, "prf.json.new"), []byte("torn"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		opens := func(when string) {
			t.Helper()
			if plain, err := opened(t, dir).Open(sealed, nil); err != nil || string(plain) != "plain" {
				t.Errorf("killed after %d files, %s: opened %q (%v)", done, when, plain, err)
			}
		}
		opens("before it is run again")
		if err := (keys.Folder{Path: dir}).Renew(t.Context()); err != nil {
			t.Fatalf("killed after %d files: %v", done, err)
		}
		opens("and run again")
		if _, err := os.Lstat(filepath.Join(dir, "kek.next")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("killed after %d files: kek.next is left", done)
		}
	}
}

// narrow sets the modes that CopyFS does not keep.
func narrow(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if err := os.Chmod(filepath.Join(dir, entry.Name()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRewrapInterrupted: a mixed folder is refused with what to do, and run again
// the command ends it.
func TestRewrapInterrupted(t *testing.T) {
	t.Setenv("PIIPROXY_KEK", someKEKs[0])
	dir := initialized(t)
	folder, to := keys.Folder{Path: dir}, keys.EnvironmentKEK("PIIPROXY_KEK")
	old, err := os.ReadFile(filepath.Join(dir, "sign.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Rewrap(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sign.json"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kek := range []keys.KEK{nil, to} {
		if _, err := keys.Open(t.Context(), keys.Folder{Path: dir, KEK: kek}); err == nil || !strings.Contains(err.Error(), "run it again") {
			t.Errorf("a mixed folder: %v", err)
		}
	}
	if err := folder.Rewrap(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Open(t.Context(), keys.Folder{Path: dir, KEK: to}); err != nil {
		t.Error(err)
	}
}
