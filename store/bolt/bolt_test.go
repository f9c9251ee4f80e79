package bolt_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(crashPath); path != "" {
		os.Exit(writeUntilKilled(path))
	}
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		path := filepath.Join(t.TempDir(), "new", "store.db")
		return func(now func() time.Time) (store.Store, error) {
			return bolt.Open(bolt.Config{Path: path, Now: now})
		}
	})
}

func open(t *testing.T, path string) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(bolt.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	open(t, path)
	_, err := bolt.Open(bolt.Config{Path: path, LockTimeout: 10 * time.Millisecond})
	if !errors.Is(err, store.ErrLocked) {
		t.Fatalf("opening what is open: %v", err)
	}
	for _, say := range []string{path, "another process", "piiproxy serve", "stop", "admin listener"} {
		if !strings.Contains(err.Error(), say) {
			t.Errorf("%q does not say %q", err, say)
		}
	}
}

func TestModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "store.db")
	s := open(t, path)
	mode := func(path string) os.FileMode {
		t.Helper()
		found, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return found.Mode().Perm()
	}
	if file, folder := mode(path), mode(filepath.Dir(path)); file != 0o600 || folder != 0o700 {
		t.Errorf("modes are %o in %o, want 600 in 700", file, folder)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	if file := mode(path); file != 0o600 {
		t.Errorf("a wide mode is %o after opening, want 600", file)
	}
}

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a store ", 4000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ path, say string }{
		"not a store":     {text, "not a piiproxy store"},
		"a folder":        {folder, "folder"},
		"below a file":    {filepath.Join(text, "store.db"), "folder"},
		"a missing drive": {filepath.Join("/proc/none", "store.db"), "folder"},
	} {
		_, err := bolt.Open(bolt.Config{Path: test.path})
		if err == nil || !strings.Contains(err.Error(), test.say) || !strings.Contains(err.Error(), test.path) {
			t.Errorf("%s: error is %v, want one with %q and the path", name, err, test.say)
		}
	}
}
