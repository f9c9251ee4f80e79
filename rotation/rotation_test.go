package rotation_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/rotation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
)

// TestRotationUnderLoad: two instances on one folder and one store take messages
// while the key changes three times and each old one is destroyed. No message
// fails and no value gets a second token.
func TestRotationUnderLoad(t *testing.T) {
	r := newRig(t)
	underLoad(t, r, r.start(t), r.start(t))
}

func underLoad(t *testing.T, r *rig, instances ...*instance) {
	t.Helper()
	var first sync.Map // value -> token
	var messages, after atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var running sync.WaitGroup
	for n := range 8 {
		running.Go(func() {
			for turn := 0; ctx.Err() == nil; turn++ {
				person, value := (n*7+turn)%20, turn%60
				got, err := token(t.Context(), instances[(n+turn)%len(instances)], person, value)
				if err != nil {
					t.Errorf("a message failed: %v", err)
					return
				}
				was, known := first.LoadOrStore([2]int{person, value}, got)
				if known && was != got {
					t.Errorf("value %d of person %d has two tokens", value, person)
				}
				messages.Add(1)
				// Conversations are remembered for 4 s; what is new is read.
				if turn%10 == 0 {
					if _, err := token(t.Context(), instances[n%len(instances)], 1000+n*100000+turn, 1); err != nil {
						t.Errorf("a new person's message failed: %v", err)
						return
					}
				}
			}
		})
	}
	for range 3 {
		old := instances[0].set.Primary()
		r.await(t, "there are messages", func() bool { return messages.Load() > after.Load()+50 })
		r.rotate(t, instances...)
		r.await(t, "all records are moved", func() bool { return r.counts(t, instances[0].set).Records[old] == 0 })
		if err := r.folder.Retire(t.Context(), old, false); err != nil {
			t.Fatal(err)
		}
		for _, i := range instances {
			r.await(t, "the old key is gone", func() bool { return !i.set.Has(old) })
		}
		after.Store(messages.Load())
	}
	r.await(t, "there are messages", func() bool { return messages.Load() > after.Load()+50 })
	stop()
	running.Wait()
	// Somebody who remembers nothing finds everything under the key that is left.
	fresh := r.start(t)
	first.Range(func(key, was any) bool {
		of := key.([2]int)
		if got, err := token(t.Context(), fresh, of[0], of[1]); err != nil || got != was {
			t.Errorf("after the rotations: %v, the same token: %t", err, got == was)
			return false
		}
		return true
	})
	for _, i := range instances {
		for _, line := range i.log.FilterLevelExact(zap.ErrorLevel).All() {
			t.Errorf("an instance has alarmed: %v", line.ContextMap())
		}
	}
	t.Logf("%d messages", messages.Load())
}

// seal writes records that are sealed under the primary key, with a due time.
func seal(t *testing.T, set *keys.Set, s store.Store, class string, n int) {
	t.Helper()
	var records []store.Record
	now := time.Now()
	for i := range n {
		key := fmt.Sprintf("%s/%06d", class, i)
		sealed, err := set.Seal([]byte(key), []byte(key))
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, store.Record{Key: key, Value: sealed, Expires: now.Add(time.Hour), Due: now.Add(30 * time.Minute)})
	}
	if err := s.Put(t.Context(), records...); err != nil {
		t.Fatal(err)
	}
}

const killed = 4000

// moveSlowly is the process that is killed.
func moveSlowly(dir string) {
	ctx := context.Background()
	set, err := keys.Open(ctx, keys.Folder{Path: filepath.Join(dir, "keys")})
	if err == nil {
		var s *bolt.Store
		if s, err = bolt.Open(bolt.Config{Path: filepath.Join(dir, "values.db")}); err == nil {
			_, _, err = rotation.Move(ctx, set, &slow{s, 0})
		}
	}
	fmt.Println("end", err) // before the kill: the test sees that it came too late
}

// slow says after each put how many there have been, and waits.
type slow struct {
	store.Store
	puts int
}

func (s *slow) Put(ctx context.Context, records ...store.Record) error {
	err := s.Store.Put(ctx, records...)
	s.puts++
	fmt.Println("put", s.puts)
	time.Sleep(50 * time.Millisecond)
	return err
}

// TestKilledWhileMoving: kill -9 in the middle leaves some records moved and some
// not, all of them whole; the next run moves the rest.
func TestKilledWhileMoving(t *testing.T) {
	r := newRig(t)
	dir := filepath.Dir(r.folder.Path)
	set := r.open(t)
	old := set.Primary()
	seal(t, set, r.values, "review", killed)
	id, err := r.folder.Stage(t.Context(), keys.Sealing)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.folder.Promote(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := r.values.Close(); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "ROTATION_TEST_MOVE="+dir)
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() && lines.Text() != "put 3" {
		if strings.HasPrefix(lines.Text(), "end") {
			t.Fatal(lines.Text())
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed

	r.values = openBolt(t, filepath.Join(dir, "values.db"))
	set = r.open(t)
	counts := r.counts(t, set)
	if counts.Records[old] == 0 || counts.Records[id] == 0 || counts.Records[old]+counts.Records[id] != killed {
		t.Fatalf("after the kill: %v", counts.Records)
	}
	counts, moved, err := rotation.Move(t.Context(), set, r.values)
	if err != nil {
		t.Fatal(err)
	}
	if counts.Records[old] != 0 || counts.Records[id] != killed || moved == 0 || moved == killed {
		t.Errorf("moved %d, and then: %v", moved, counts.Records)
	}
	if err := r.folder.Retire(t.Context(), old, false); err != nil {
		t.Fatal(err)
	}
	whole(t, r.open(t), r.values, "review/", killed)
}

// whole opens every record.
func whole(t *testing.T, set *keys.Set, s store.Store, prefix string, want int) {
	t.Helper()
	seen, after := 0, ""
	for {
		records, err := s.List(t.Context(), prefix, after, store.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			break
		}
		for _, record := range records {
			after = record.Key
			seen++
			if plain, err := set.Open(record.Value, []byte(record.Key)); err != nil || string(plain) != record.Key {
				t.Fatalf("a record opens as %q (%v)", plain, err)
			}
			if record.Due.IsZero() || record.Expires.Sub(record.Due) != 30*time.Minute {
				t.Fatalf("due %v and expires %v have changed", record.Due, record.Expires)
			}
		}
	}
	if seen != want {
		t.Errorf("%d records, want %d", seen, want)
	}
}

// TestMoveLeavesToOthers: what somebody wrote meanwhile stays as they wrote it,
// what is erased stays so, what the outbox holds and what conversations seal is
// not touched, and an instance with an older folder moves nothing back.
func TestMoveLeavesToOthers(t *testing.T) {
	r := newRig(t)
	stale := r.open(t)
	old := stale.Primary()
	seal(t, stale, r.values, "review", 10)
	seal(t, stale, r.values, "outbox", 3)
	sealedSoon, err := stale.Seal([]byte("soon"), nil)
	if err != nil {
		t.Fatal(err)
	}
	leased := store.Record{Key: "tombstone/x", Value: sealedSoon, Expires: time.Now().Add(time.Hour), Due: time.Now().Add(time.Minute)}
	if err := r.conversations.Put(t.Context(), leased); err != nil {
		t.Fatal(err)
	}
	sealValue := store.Record{Key: "value/x", Value: []byte("sealed by a conversation"), Expires: time.Now().Add(time.Hour)}
	if err := r.values.Put(t.Context(), sealValue); err != nil {
		t.Fatal(err)
	}
	id, err := r.folder.Stage(t.Context(), keys.Sealing)
	if err != nil {
		t.Fatal(err)
	}
	staged := r.open(t)
	if err := r.folder.Promote(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	set := r.open(t)
	counts, _, err := rotation.Move(t.Context(), set, &meddling{Store: r.values, t: t, set: set})
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := rotation.Move(t.Context(), set, r.conversations); err != nil || got.Records[old] != 1 {
		t.Errorf("what may be leased: %v (%v)", got.Records, err)
	}
	if counts.Records[old] != 3 || counts.Held[old] != 3 {
		t.Errorf("left under the old key: %d, of them held %d; want the 3 of the outbox", counts.Records[old], counts.Held[old])
	}
	if _, err := r.values.Get(t.Context(), "review/000001"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an erased record is back: %v", err)
	}
	rewritten, err := r.values.Get(t.Context(), "review/000000")
	if err != nil || string(rewritten.Value) != "written meanwhile" {
		t.Errorf("what was written meanwhile is %q (%v)", rewritten.Value, err)
	}
	before := r.counts(t, set)
	for name, behind := range map[string]*keys.Set{"a folder from before": stale, "one with the staged key": staged} {
		if _, moved, err := rotation.Move(t.Context(), behind, r.values); err != nil || moved != 0 {
			t.Errorf("an instance with %s moved %d records back (%v)", name, moved, err)
		}
	}
	if after := r.counts(t, set); after.Records[id] != before.Records[id] {
		t.Errorf("under the new key %d records, and before %d", after.Records[id], before.Records[id])
	}
}

// meddling writes one record and erases another just before the first put.
type meddling struct {
	store.Store
	t    *testing.T
	set  *keys.Set
	done bool
}

func (m *meddling) Put(ctx context.Context, records ...store.Record) error {
	if !m.done {
		m.done = true
		mine := records[0]
		mine.Value = []byte("written meanwhile")
		if err := m.Store.Put(ctx, mine); err != nil {
			m.t.Error(err)
		}
		if err := m.Store.Delete(ctx, records[1].Key, 0); err != nil {
			m.t.Error(err)
		}
	}
	return m.Store.Put(ctx, records...)
}
