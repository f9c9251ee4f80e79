//go:build linux

package vault_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/store/postgres"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
	"github.com/piiproxy/piiproxy/vault"
)

// What the canary test writes: a value in each of its spellings, a person's id, a
// message's id, and what is remembered of the chat.
var (
	canaryValues = []vault.Value{
		{Kind: "credit_card", Canonical: "4556737586899855", Text: "4556 7375 8689 9855", Origin: vault.Chat, Message: "mid.canary-7f3a91"},
		{Kind: "email", Canonical: "canary.bird@example.org", Text: "Canary.Bird@example.org", Origin: vault.Form},
		{Kind: "ssn", Canonical: "078051120", Text: "078-05-1120", Origin: vault.Chat, Terms: vault.Terms{Random: true}},
	}
	canaries = []string{
		"4556737586899855", "4556 7375 8689 9855", "canary.bird@example.org", "Canary.Bird@example.org",
		"mid.canary-7f3a91", "psid-canary-20394857", "envelope-canary-aa51",
		"078-05-1120", "078051120",
	}
)

// live writes a life into a store: values and tokens, look-alikes, a state, changed
// and erased again in part.
func live(t *testing.T, s store.Store, set *keys.Set) (tokens []string) {
	t.Helper()
	book := conversation.NewBook(s, set, time.Now)
	v := vault.New(vault.Config{Store: s, Keys: set, Renew: true})
	defer v.Close()
	c, err := book.Ensure(t.Context(), "shop", []string{"psid-canary-20394857"})
	if err != nil {
		t.Fatal(err)
	}
	if tokens, err = v.Tokens(t.Context(), c, canaryValues); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Likes(t.Context(), c, canaryValues); err != nil {
		t.Fatal(err)
	}
	memory := conversation.NewMemory(s, false, time.Now)
	for range 2 {
		if _, err := memory.Update(t.Context(), c, func(state *conversation.State) bool {
			state.Envelope = append(state.Envelope, "envelope-canary-aa51"...)
			state.Dialogue = rules.Dialogue{Asked: []string{"email"}, Left: 3}
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := v.EraseMessage(t.Context(), c, "mid.canary-7f3a91"); err != nil {
		t.Fatal(err)
	}
	again := []vault.Value{canaryValues[0]}
	if _, err := v.Tokens(t.Context(), c, again); err != nil {
		t.Fatal(err)
	}
	return tokens
}

// forms are how a canary could lie about: as it is, encoded, or as a digest that a
// dictionary reverses.
func forms(canary string) map[string][]byte {
	plain := []byte(canary)
	found := map[string][]byte{"plain": plain, "lower": bytes.ToLower(plain), "upper": bytes.ToUpper(plain)}
	a, b, c := md5.Sum(plain), sha1.Sum(plain), sha256.Sum256(plain)
	for name, raw := range map[string][]byte{"plain": plain, "md5": a[:], "sha1": b[:], "sha256": c[:]} {
		found[name] = raw
		found[name+" hex"] = []byte(hex.EncodeToString(raw))
		found[name+" HEX"] = bytes.ToUpper([]byte(hex.EncodeToString(raw)))
		for shift := range 3 { // within a longer text, at each place of a group of three
			text := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), raw...))
			found[fmt.Sprint(name, " base64 ", shift)] = []byte(text[(shift*8+5)/6 : (shift+len(raw))*8/6])
		}
	}
	return found
}

// search reads every file below folder for the canaries, and for marks that must
// be found: they show that the search looks where records are.
func search(t *testing.T, folder string, marks ...string) {
	t.Helper()
	seen := map[string]bool{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, canary := range canaries {
			for form, text := range forms(canary) {
				if bytes.Contains(content, text) {
					t.Errorf("%s holds a canary, %s", path, form)
				}
			}
		}
		for _, mark := range marks {
			seen[mark] = seen[mark] || bytes.Contains(content, []byte(mark)) ||
				bytes.Contains(content, []byte(hex.EncodeToString([]byte(mark))))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, mark := range marks {
		if !seen[mark] {
			t.Errorf("nothing below %s holds %q: the search is blind", folder, mark)
		}
	}
}

// mark is a record whose key and value are found where a store keeps its records.
func mark(t *testing.T, s store.Store) (key, value string) {
	t.Helper()
	key, value = "value/mark-c0ffee", "bytes-of-the-mark"
	if err := s.Put(t.Context(), store.Record{Key: key, Value: []byte(value), Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	return key, value
}

// TestNoCanaryInFile: a stolen file tells nothing.
func TestNoCanaryInFile(t *testing.T) {
	folder := t.TempDir()
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(folder, "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	live(t, s, set)
	key, value := mark(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	search(t, folder, key, value)
}

// TestNoCanaryInDatabase: neither do a data folder with its write-ahead log, a dump
// and the server's log.
func TestNoCanaryInDatabase(t *testing.T) {
	server := pgtest.Start(t, "log_min_messages=warning", "log_statement=all", "log_min_duration_statement=0", "logging_collector=on", "log_directory=log")
	url := server.Database(t)
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(t.Context(), postgres.Config{URL: url, Table: "records"})
	if err != nil {
		t.Fatal(err)
	}
	tokens := live(t, s, set)
	key, value := mark(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	connection, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(t.Context())
	if _, err := connection.Exec(t.Context(), "CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"base", "pg_wal", "log"} {
		search(t, filepath.Join(server.Folder(), part), key, value)
	}

	dumps := t.TempDir()
	dump, err := exec.Command(server.Binary("pg_dump"), "--dbname="+url).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dumps, "dump.sql"), dump, 0o600); err != nil {
		t.Fatal(err)
	}
	search(t, dumps, key, value)
	for _, token := range tokens {
		if bytes.Contains(dump, []byte(token)) || bytes.Contains(dump, []byte(hex.EncodeToString([]byte(token)))) {
			t.Error("the dump holds a token: whoever has a log of tokens can tell whose records these are")
		}
	}
}
