//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/store/postgres"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
	"github.com/piiproxy/piiproxy/store/transfer"
)

// copyRecords is how many the source of the copies has: enough to be killed
// among.
const copyRecords = 20_000

// writeConfig writes a configuration that names stores and keys.
func writeConfig(t *testing.T, folder, name, stores string) string {
	t.Helper()
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, []byte(stores), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// piiproxyRun runs a command in this process.
func piiproxyRun(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	var out, problems strings.Builder
	code = run(t.Context(), args, strings.NewReader(""), &out, &problems)
	return code, out.String() + problems.String()
}

func fillSource(t *testing.T, settings *config.Config, set *keys.Set) {
	t.Helper()
	for _, path := range []string{settings.Store.Path, conversationsPath(settings)} {
		s, err := bolt.Open(bolt.Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		if err := pair(t.Context(), s, set); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < copyRecords; i += store.MaxPage {
			page := make([]store.Record, store.MaxPage)
			for k := range page {
				page[k] = store.Record{Key: fmt.Sprintf("value/%06d", i+k), Value: make([]byte, 500), Expires: time.Now().Add(time.Hour)}
			}
			if err := s.Put(t.Context(), page...); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killMidway starts the copy as a process of its own and kills it when the target
// has something and not all.
func killMidway(t *testing.T, target *postgres.Store, args ...string) {
	t.Helper()
	child := exec.Command("piiproxy", args...)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		page, err := target.List(t.Context(), "value/", "", store.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the copy ended before it was killed")
	}
}

// TestStoreCopy goes from files to a database and back: killed in the middle it is
// no store, run again it is whole, and another copy into it is refused.
func TestStoreCopy(t *testing.T) {
	server := pgtest.Start(t)
	url := secretURL(t, server.Database(t))
	t.Setenv("DATABASE", url)
	folder := t.TempDir()
	one := writeConfig(t, folder, "one.yaml", "store: {path: piiproxy.db}\nkeys: {path: keys}\n")
	fleet := writeConfig(t, folder, "fleet.yaml", "store: {driver: postgres, url: '${DATABASE}'}\nkeys: {path: keys}\n")
	if code, said := piiproxyRun(t, "keys", "init", "-c", one); code != exitFine {
		t.Fatal(said)
	}
	if code, said := piiproxyRun(t, "store", "copy", "-c", one, "--to", fleet); code != exitFailed || !strings.Contains(said, "there is no store yet") {
		t.Fatalf("without a source: %d %s", code, said)
	}
	settings, err := storeSettings(one)
	if err != nil {
		t.Fatal(err)
	}
	set, err := openKeys(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	fillSource(t, settings, set)

	target, err := postgres.Open(t.Context(), postgres.Config{URL: url, Table: valuesTable})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	killMidway(t, target, "store", "copy", "-c", one, "--to", fleet)
	if _, err := start(t, databaseSettings(t, url, ""), set); err == nil || !strings.Contains(err.Error(), "half of a copy") {
		t.Errorf("starting on half a copy: %v", err)
	}
	first, err := target.Get(t.Context(), "value/000000")
	if err != nil {
		t.Fatal(err)
	}
	code, said := piiproxyRun(t, "store", "copy", "-c", one, "--to", fleet)
	for _, want := range []string{"values: 20001 records", "conversations: 20001 records", "the same on both sides"} {
		if code != exitFine || !strings.Contains(said, want) {
			t.Fatalf("going on: %d %s, want %q", code, said, want)
		}
	}
	if again, err := target.Get(t.Context(), "value/000000"); err != nil || again.Version != first.Version {
		t.Errorf("the copy began anew: version %d after %d (%v)", again.Version, first.Version, err)
	}
	if code, said = piiproxyRun(t, "store", "copy", "-c", one, "--to", fleet); code != exitFailed || !strings.Contains(said, "holds records already") {
		t.Errorf("copying over a store: %d %s", code, said)
	}
	if s, err := start(t, databaseSettings(t, url, ""), set); err != nil || s.ready() != nil {
		t.Errorf("starting on the copy: %v", err)
	}
	back := writeConfig(t, folder, "back.yaml", "store: {path: back.db}\nkeys: {path: back}\n")
	if code, said := piiproxyRun(t, "store", "copy", "-c", fleet, "--to", back); code != exitFailed || !strings.Contains(said, "copy the source's keys folder there first") {
		t.Errorf("without keys: %d %s", code, said)
	}
	if code, said := piiproxyRun(t, "keys", "init", "-c", back); code != exitFine {
		t.Fatal(said)
	}
	if code, said := piiproxyRun(t, "store", "copy", "-c", fleet, "--to", back); code != exitFailed || !strings.Contains(said, "different key sets") {
		t.Errorf("under other keys: %d %s", code, said)
	}
	goBack(t, folder, fleet)
}

// goBack copies the fleet's stores into files, as a way out.
func goBack(t *testing.T, folder, fleet string) {
	t.Helper()
	back := writeConfig(t, folder, "back.yaml", "store: {path: again/piiproxy.db}\nkeys: {path: again/keys}\n")
	if err := os.CopyFS(filepath.Join(folder, "again", "keys"), os.DirFS(filepath.Join(folder, "keys"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(folder, "again", "keys", "conversations.db")); err != nil {
		t.Fatal(err)
	}
	narrowAll(t, filepath.Join(folder, "again", "keys"))
	if code, said := piiproxyRun(t, "store", "copy", "-c", fleet, "--to", back); code != exitFine {
		t.Fatalf("going back: %d %s", code, said)
	}
	copied, err := bolt.Open(bolt.Config{Path: filepath.Join(folder, "again", "piiproxy.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if r, err := copied.Get(t.Context(), "value/012345"); err != nil || len(r.Value) != 500 {
		t.Errorf("after going there and back: %d bytes (%v)", len(r.Value), err)
	}
	if _, err := copied.Get(t.Context(), transfer.MarkKey); err == nil {
		t.Error("the mark of a copy is still there")
	}
}

// TestStoreCopyIntoForeign: a target of another key set is refused, and left as it
// is.
func TestStoreCopyIntoForeign(t *testing.T) {
	folder := t.TempDir()
	one := writeConfig(t, folder, "one.yaml", "store: {path: piiproxy.db}\nkeys: {path: keys}\n")
	other := writeConfig(t, folder, "other.yaml", "store: {driver: bolt, path: other.db}\nkeys: {path: keys}\n")
	if code, said := piiproxyRun(t, "keys", "init", "-c", one); code != exitFine {
		t.Fatal(said)
	}
	settings, err := storeSettings(one)
	if err != nil {
		t.Fatal(err)
	}
	set, err := openKeys(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	fillSource(t, settings, set)
	foreign, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	target, err := bolt.Open(bolt.Config{Path: filepath.Join(folder, "other.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(pair(t.Context(), target, foreign), target.Close()); err != nil {
		t.Fatal(err)
	}
	if code, said := piiproxyRun(t, "store", "copy", "-c", one, "--to", other); code != exitFailed || !strings.Contains(said, "both configurations name") {
		t.Errorf("conversations into themselves: %d %s", code, said)
	}
	if err := os.CopyFS(filepath.Join(folder, "elsewhere"), os.DirFS(filepath.Join(folder, "keys"))); err != nil {
		t.Fatal(err)
	}
	narrowAll(t, filepath.Join(folder, "elsewhere"))
	if err := os.Remove(filepath.Join(folder, "elsewhere", "conversations.db")); err != nil {
		t.Fatal(err)
	}
	other = writeConfig(t, folder, "other.yaml", "store: {path: other.db}\nkeys: {path: elsewhere}\n")
	if code, said := piiproxyRun(t, "store", "copy", "-c", one, "--to", other); code != exitFailed || !strings.Contains(said, "under another key set") {
		t.Errorf("a target of other keys: %d %s", code, said)
	}
}

// TestStoreCopyGoesOnElsewhere: a copy that was interrupted does not go on into
// somebody else's conversations, because the values are half of it.
func TestStoreCopyGoesOnElsewhere(t *testing.T) {
	folder := t.TempDir()
	one := writeConfig(t, folder, "one.yaml", "store: {path: piiproxy.db}\nkeys: {path: keys}\n")
	if code, said := piiproxyRun(t, "keys", "init", "-c", one); code != exitFine {
		t.Fatal(said)
	}
	settings, err := storeSettings(one)
	if err != nil {
		t.Fatal(err)
	}
	set, err := openKeys(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(folder, "elsewhere"), os.DirFS(filepath.Join(folder, "keys"))); err != nil {
		t.Fatal(err)
	}
	narrowAll(t, filepath.Join(folder, "elsewhere"))
	foreign, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	theirs := store.Record{Key: "conversation/theirs", Value: []byte{1}, Expires: time.Now().Add(time.Hour)}
	for path, write := range map[string]func(store.Store) error{
		settings.Store.Path:         func(s store.Store) error { return pair(t.Context(), s, set) },
		conversationsPath(settings): func(s store.Store) error { return pair(t.Context(), s, set) },
		filepath.Join(folder, "other.db"): func(s store.Store) error {
			return s.Put(t.Context(), store.Record{Key: transfer.MarkKey, Value: set.PRF("key set"), Expires: time.Now().Add(time.Hour)})
		},
		filepath.Join(folder, "elsewhere", "conversations.db"): func(s store.Store) error {
			return errors.Join(pair(t.Context(), s, foreign), s.Put(t.Context(), theirs))
		},
	} {
		s, err := bolt.Open(bolt.Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(write(s), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	other := writeConfig(t, folder, "other.yaml", "store: {path: other.db}\nkeys: {path: elsewhere}\n")
	if code, said := piiproxyRun(t, "store", "copy", "-c", one, "--to", other); code != exitFailed || !strings.Contains(said, "under another key set") {
		t.Errorf("going on into a store of others: %d %s", code, said)
	}
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(folder, "elsewhere", "conversations.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Get(t.Context(), theirs.Key); err != nil {
		t.Errorf("their conversation: %v", err)
	}
}

// narrowAll takes the rights of others from copied files.
func narrowAll(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if err := os.Chmod(file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
