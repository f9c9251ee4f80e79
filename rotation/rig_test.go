package rotation_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/rotation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/vault"
)

// rig is a key folder and two stores, as an installation has them.
type rig struct {
	folder                keys.Folder
	values, conversations store.Store
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{folder: newFolder(t)}
	dir := filepath.Dir(r.folder.Path)
	r.values, r.conversations = openBolt(t, filepath.Join(dir, "values.db")), openBolt(t, filepath.Join(dir, "conversations.db"))
	return r
}

func newFolder(t *testing.T) keys.Folder {
	t.Helper()
	folder := keys.Folder{Path: filepath.Join(t.TempDir(), "keys")}
	if err := keys.Init(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

func openBolt(t *testing.T, path string) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(bolt.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // twice is no error
	return s
}

func (r *rig) open(t *testing.T) *keys.Set {
	t.Helper()
	set, err := keys.Open(t.Context(), r.folder)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// instance is what a running proxy has of the stores.
type instance struct {
	set    *keys.Set
	worker *rotation.Worker
	book   *conversation.Book
	vault  *vault.Vault
	log    *observer.ObservedLogs
}

func (r *rig) start(t *testing.T) *instance {
	t.Helper()
	i := &instance{set: r.open(t)}
	core, log := observer.New(zapcore.DebugLevel)
	i.log = log
	var err error
	i.worker, err = rotation.Start(t.Context(), rotation.Config{
		Keys: i.set, Meta: r.conversations, Stores: []store.Store{r.conversations, r.values}, Log: zap.New(core), Look: 5 * time.Millisecond, Again: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	i.book = conversation.NewBook(r.conversations, i.worker.Watch(), nil)
	i.vault = vault.New(vault.Config{Store: r.values, Keys: i.set})
	t.Cleanup(func() {
		if err := i.vault.Close(); err != nil {
			t.Error(err)
		}
		if err := i.worker.Close(); err != nil {
			t.Error(err)
		}
	})
	return i
}

// rotate stages a key, waits until the instances have it, and promotes it.
func (r *rig) rotate(t *testing.T, instances ...*instance) (id string) {
	t.Helper()
	id, err := r.folder.Stage(t.Context(), keys.Sealing)
	if err != nil {
		t.Fatal(err)
	}
	r.await(t, "every instance has the new key", func() bool {
		said, err := rotation.Instances(t.Context(), r.conversations)
		if err != nil {
			t.Fatal(err)
		}
		have := 0
		for _, each := range said {
			for _, key := range each.Keys {
				if key == id {
					have++
				}
			}
		}
		return have == len(instances)
	})
	if err := r.folder.Promote(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for _, i := range instances {
		r.await(t, "the instance seals under the new key", func() bool { return i.set.Primary() == id })
	}
	return id
}

func (r *rig) counts(t *testing.T, set *keys.Set) rotation.Counts {
	t.Helper()
	counts, err := rotation.Count(t.Context(), set, r.conversations, r.values)
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func (r *rig) await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 3000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

func token(ctx context.Context, i *instance, person, value int) (string, error) {
	c, err := i.book.Ensure(ctx, "shop", []string{fmt.Sprintf("psid:%d", person)})
	if err != nil {
		return "", err
	}
	digits := fmt.Sprintf("4111%012d", value)
	tokens, err := i.vault.Tokens(ctx, c, []vault.Value{{Kind: "credit_card", Canonical: digits, Text: digits, Origin: vault.Chat}})
	if err != nil {
		return "", err
	}
	back, err := i.vault.Resolve(ctx, c, tokens[0])
	if err != nil {
		return "", err
	}
	if back.Canonical != digits {
		return "", fmt.Errorf("token of value %d stands for another", value)
	}
	return tokens[0], nil
}

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("ROTATION_TEST_MOVE"); dir != "" {
		moveSlowly(dir)
		return
	}
	os.Exit(m.Run())
}
