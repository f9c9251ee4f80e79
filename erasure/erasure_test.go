package erasure_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/vault"
)

// house is two stores, an audit log, and a clock, for several instances.
type house struct {
	t                     testing.TB
	dir                   string
	conversations, values *bolt.Store
	keys                  *keys.Set
	log                   *audit.Log
	mu                    sync.Mutex
	at                    time.Time
	events                []string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), at: time.Now()}
	var err error
	if h.keys, err = keys.Ephemeral(); err != nil {
		t.Fatal(err)
	}
	if h.log, err = audit.Open(filepath.Join(h.dir, "audit.jsonl")); err != nil {
		t.Fatal(err)
	}
	h.open()
	t.Cleanup(func() {
		h.close()
		if err := h.log.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) open() {
	h.t.Helper()
	for name, to := range map[string]**bolt.Store{"keys.db": &h.conversations, "values.db": &h.values} {
		opened, err := bolt.Open(bolt.Config{Path: filepath.Join(h.dir, name), Now: h.now})
		if err != nil {
			h.t.Fatal(err)
		}
		*to = opened
	}
}

func (h *house) close() {
	if err := errors.Join(h.conversations.Close(), h.values.Close()); err != nil {
		h.t.Error(err)
	}
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *house) move(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(by)
}

func (h *house) observe(event string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, event)
}

func (h *house) observed(event string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.events, event)
}

// instance is one piiproxy on the house's stores.
type instance struct {
	*house
	book   *conversation.Book
	vault  *vault.Vault
	memory *conversation.Memory
	eraser *erasure.Eraser
}

func (h *house) instance(parts ...erasure.Part) *instance {
	h.t.Helper()
	i := &instance{house: h, book: conversation.NewBook(h.conversations, h.keys, h.now), memory: conversation.NewMemory(h.values, false, h.now)}
	i.vault = vault.New(vault.Config{Store: h.values, Now: h.now})
	h.t.Cleanup(func() { _ = i.vault.Close() })
	parts = append(parts,
		erasure.Branch{What: "values", Store: h.values, Prefix: func(path string) string { return "value/" + path + "/" }},
		erasure.Branch{What: "chat", Store: h.values, Prefix: func(path string) string { return conversation.Prefixes(path)["chat"] }},
	)
	i.eraser = erasure.New(erasure.Config{
		Book: i.book, Records: erasure.Records{Conversations: h.conversations, Values: h.values, Keys: h.keys}, Audit: h.log, Parts: parts,
		Lifetime: 400 * 24 * time.Hour, Now: h.now, Observe: h.observe,
	})
	if err := i.eraser.Load(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	return i
}

// says has a person type an e-mail address, and returns its token.
func (i *instance) says(person, address string) string {
	i.t.Helper()
	c, err := i.book.Ensure(i.t.Context(), "shop", []string{person})
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := i.memory.Update(i.t.Context(), c, func(s *conversation.State) bool { return s.Wrote(i.now()) }); err != nil {
		i.t.Fatal(err)
	}
	tokens, err := i.vault.Tokens(i.t.Context(), c, []vault.Value{{Kind: "email", Canonical: address, Text: address, Origin: vault.Chat}})
	if err != nil {
		i.t.Fatal(err)
	}
	return tokens[0]
}

// resolves looks a token up as the proxy does.
func (i *instance) resolves(person, token string) bool {
	i.t.Helper()
	c, err := i.book.Find(i.t.Context(), "shop", []string{person})
	if errors.Is(err, conversation.ErrUnknown) {
		return false
	}
	if err != nil {
		i.t.Fatal(err)
	}
	_, err = i.vault.Resolve(i.t.Context(), c, token)
	if err != nil && !errors.Is(err, vault.ErrNoToken) {
		i.t.Fatal(err)
	}
	return err == nil
}

func (i *instance) erase(person string) erasure.Report {
	i.t.Helper()
	report, err := i.eraser.Erase(i.t.Context(), "shop", []string{person}, erasure.Order{Actor: "cli:op", Way: "command", Reason: "Art. 17"})
	if err != nil {
		i.t.Fatal(err)
	}
	return report
}

func count(t *testing.T, s store.Store, prefix string) int {
	t.Helper()
	records, err := s.List(t.Context(), prefix, "", store.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	return len(records)
}

const anna = "psid:7001"

// TestErase: on three instances, within five seconds, a person's token means
// nothing any more; the same value is a new token; others keep theirs; and all of
// it is in an audit log that verifies.
func TestErase(t *testing.T) {
	h := newHouse(t)
	all := []*instance{h.instance(), h.instance(), h.instance()}
	token, other := all[0].says(anna, "anna@x.example"), all[0].says("psid:7002", "bruno@x.example")
	for _, i := range all {
		if !i.resolves(anna, token) {
			t.Fatal("the token does not resolve before")
		}
	}
	report := all[1].erase(anna)
	if !report.Finished || report.Parts["values"] != 1 || report.Parts["chat"] != 1 || report.Conversations != 1 {
		t.Errorf("the report is %+v", report)
	}
	if all[1].resolves(anna, token) {
		t.Error("it resolves where it was erased")
	}
	h.move(5 * time.Second)
	for n, i := range all {
		if i.resolves(anna, token) {
			t.Errorf("instance %d resolves the token after five seconds", n)
		}
		if !i.resolves("psid:7002", other) {
			t.Errorf("instance %d lost somebody else's token", n)
		}
	}
	if n := count(t, h.values, "value/"); n != 1 {
		t.Errorf("%d values are left, want 1", n)
	}
	if again := all[2].says(anna, "anna@x.example"); again == token {
		t.Error("the same value has the same token again")
	}
	if _, err := all[0].eraser.Erase(t.Context(), "shop", []string{"psid:9"}, erasure.Order{Actor: "cli:op"}); !errors.Is(err, erasure.ErrNobody) {
		t.Errorf("erasing nobody: %v", err)
	}
	log, err := os.ReadFile(filepath.Join(h.dir, "audit.jsonl"))
	if err != nil || !strings.Contains(string(log), `"erase"`) || strings.Contains(string(log), "7001") {
		t.Errorf("the audit log lacks the erasure, or names the person (%v)", err)
	}
}

// slowLog is an audit log on a disk that takes a second, in which the person goes on
// writing.
type slowLog struct {
	*house
	meanwhile func()
}

func (l slowLog) RecordDurable(audit.Event) error {
	l.move(time.Second)
	l.meanwhile()
	return nil
}

// until is a part that tells from when on what there is was left alone.
type until struct {
	erasure.Part
	last *time.Time
}

func (u until) Erase(ctx context.Context, subjects []erasure.Subject) ([]int, error) {
	*u.last = subjects[0].Until
	return u.Part.Erase(ctx, subjects)
}

// TestEraseMeanwhile: what a person writes while their erasure is being written
// down, and even between reading and ending them, is from before it.
func TestEraseMeanwhile(t *testing.T) {
	h := newHouse(t)
	i := h.instance()
	i.says(anna, "anna@x.example")
	var wrote, last time.Time
	eraser := erasure.New(erasure.Config{
		Book: i.book, Records: erasure.Records{Conversations: h.conversations, Values: h.values, Keys: h.keys},
		Audit: slowLog{h, func() {
			wrote = h.now()
			if err := i.book.Learn(t.Context(), "shop", anna, "psid:7009"); err != nil { // a conflict
				t.Error(err)
			}
		}},
		Parts: []erasure.Part{until{
			erasure.Branch{What: "chat", Store: h.values, Prefix: func(path string) string { return conversation.Prefixes(path)["chat"] }}, &last,
		}},
		Lifetime: 400 * 24 * time.Hour, Now: h.now, Observe: h.observe,
	})
	if _, err := eraser.Erase(t.Context(), "shop", []string{anna}, erasure.Order{Actor: "cli:op"}); err != nil {
		t.Fatal(err)
	}
	if last.Before(wrote) {
		t.Errorf("left is what came since %v before the last message", wrote.Sub(last))
	}
}

// TestSurvey counts and changes nothing.
func TestSurvey(t *testing.T) {
	i := newHouse(t).instance()
	token := i.says(anna, "anna@x.example")
	report, err := i.eraser.Survey(t.Context(), "shop", []string{anna})
	if err != nil || report.Parts["values"] != 1 || report.Finished {
		t.Errorf("%+v, %v", report, err)
	}
	if !i.resolves(anna, token) {
		t.Error("looking erased")
	}
	if _, err := i.eraser.Survey(t.Context(), "shop", []string{"psid:9"}); !errors.Is(err, erasure.ErrNobody) {
		t.Errorf("surveying nobody: %v", err)
	}
}

// TestRestore brings back yesterday's copy of either store: the person stays
// erased, and what came back is taken away.
func TestRestore(t *testing.T) {
	for _, name := range []string{"values.db", "keys.db"} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			token := h.instance().says(anna, "anna@x.example")
			h.close()
			yesterday, err := os.ReadFile(filepath.Join(h.dir, name))
			if err != nil {
				t.Fatal(err)
			}
			h.open()
			h.instance().erase(anna)
			h.close()
			if err := os.WriteFile(filepath.Join(h.dir, name), yesterday, 0o600); err != nil {
				t.Fatal(err)
			}
			h.open()
			i := h.instance()
			if i.resolves(anna, token) {
				t.Error("the token resolves")
			}
			if !h.observed(erasure.EventRestored) {
				t.Error("nobody noticed")
			}
			if err := i.eraser.Finish(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, prefix := range []string{"value/", "chat/"} {
				if n := count(t, h.values, prefix); n != 0 {
					t.Errorf("%d records of %s came back to stay", n, prefix)
				}
			}
			if n := count(t, h.conversations, "conversation/"); n != 0 {
				t.Errorf("%d conversations came back to stay", n)
			}
			if a, b := count(t, h.conversations, "tombstone/"), count(t, h.values, "tombstone/"); a != 1 || b != 1 {
				t.Errorf("there are %d and %d tombstones, want one in each", a, b)
			}
			if again := i.says(anna, "anna@x.example"); again == token || !i.resolves(anna, again) {
				t.Error("who writes again is the one who was erased, or nobody")
			}
		})
	}
}

// broken is a part whose store fails until it is mended.
type broken struct {
	mu     sync.Mutex
	mended bool
	erased int
}

func (b *broken) Name() string { return "broken" }

func (b *broken) Count(_ context.Context, s []erasure.Subject) ([]int, error) {
	return make([]int, len(s)), nil
}

func (b *broken) Erase(_ context.Context, s []erasure.Subject) ([]int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.mended {
		return make([]int, len(s)), errors.New("a fault")
	}
	b.erased++
	return slices.Repeat([]int{1}, len(s)), nil
}

// busy is a store in which something happens when its first list has been read.
type busy struct {
	store.Store
	once sync.Once
	do   func()
}

func (b *busy) List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error) {
	page, err := b.Store.List(ctx, prefix, after, limit)
	b.once.Do(b.do)
	return page, err
}

// TestLoadMeanwhile: an instance that starts while another one erases somebody takes
// no store for an older copy.
func TestLoadMeanwhile(t *testing.T) {
	h := newHouse(t)
	i := h.instance()
	i.says(anna, "anna@x.example")
	values := &busy{Store: h.values, do: func() { i.erase(anna) }}
	starting := erasure.New(erasure.Config{
		Book: conversation.NewBook(h.conversations, h.keys, h.now), Records: erasure.Records{Conversations: h.conversations, Values: values, Keys: h.keys},
		Audit: h.log, Lifetime: 400 * 24 * time.Hour, Now: h.now, Observe: h.observe,
	})
	if err := starting.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !h.observed(erasure.EventErased) || h.observed(erasure.EventRestored) {
		t.Errorf("observed %v", h.events)
	}
}

// TestGoesOn: what a process leaves behind is taken away by another one; the
// secrets are gone at once whatever fails.
func TestGoesOn(t *testing.T) {
	h := newHouse(t)
	part := &broken{}
	one := h.instance(part)
	token := one.says(anna, "anna@x.example")
	if report := one.erase(anna); report.Finished {
		t.Fatal("it says that it is finished")
	}
	if one.resolves(anna, token) {
		t.Error("the token resolves after a fault of something else")
	}
	part.mended = true
	two := h.instance(part)
	for _, wait := range []time.Duration{31 * time.Second, 31 * time.Second, time.Hour} {
		h.move(wait)
		if err := two.eraser.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if part.erased != 2 {
		t.Errorf("it was taken away %d times, want twice: once, and once more for what was on its way", part.erased)
	}
	stones, err := two.eraser.Tombstones(t.Context(), "shop", []string{two.book.Hash("shop", anna)})
	if err != nil || len(stones) != 1 || stones[0].Finished.IsZero() || stones[0].Settled.IsZero() || stones[0].Counts["broken"] != 2 {
		t.Errorf("the tombstone is %+v, %v", stones, err)
	}
}

// TestLate: what was on its way when somebody was erased is taken away when it
// has arrived.
func TestLate(t *testing.T) {
	h := newHouse(t)
	i, elsewhere := h.instance(), h.instance()
	i.says(anna, "anna@x.example")
	c, err := elsewhere.book.Find(t.Context(), "shop", []string{anna})
	if err != nil {
		t.Fatal(err)
	}
	i.erase(anna)
	late := vault.Value{Kind: "email", Canonical: "late@x.example", Text: "late@x.example", Origin: vault.Chat}
	if _, err := elsewhere.vault.Tokens(t.Context(), c, []vault.Value{late}); err != nil {
		t.Fatal(err)
	}
	h.move(time.Minute)
	if err := i.eraser.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, h.values, "value/"); n != 0 {
		t.Errorf("%d values came late to stay", n)
	}
}

// silent is an audit log whose disk is full.
type silent struct{}

func (silent) RecordDurable(audit.Event) error { return errors.New("full") }

// TestNoAudit: no audit, no erasure.
func TestNoAudit(t *testing.T) {
	h := newHouse(t)
	i := h.instance()
	token := i.says(anna, "anna@x.example")
	mute := erasure.New(erasure.Config{
		Book: i.book, Records: erasure.Records{Conversations: h.conversations, Values: h.values, Keys: h.keys}, Audit: silent{},
		Lifetime: time.Hour, Now: h.now, Observe: h.observe,
	})
	for name, erase := range map[string]func() error{
		"erase": func() error {
			_, err := mute.Erase(t.Context(), "shop", []string{anna}, erasure.Order{Actor: "x"})
			return err
		},
		"begin": func() error { return mute.Begin(t.Context(), "shop", []string{anna}, erasure.Order{Actor: "x"}) },
	} {
		if err := erase(); !errors.Is(err, erasure.ErrUnaudited) || !i.resolves(anna, token) {
			t.Errorf("%s without audit: %v", name, err)
		}
	}
}

// TestForged: a tombstone that was moved or altered ends nobody.
func TestForged(t *testing.T) {
	h := newHouse(t)
	i := h.instance()
	i.says(anna, "anna@x.example")
	token := i.says("psid:7002", "bruno@x.example")
	bruno, err := i.book.Find(t.Context(), "shop", []string{"psid:7002"})
	if err != nil {
		t.Fatal(err)
	}
	i.erase(anna)
	stones, err := h.conversations.List(t.Context(), "tombstone/", "", 10)
	if err != nil || len(stones) != 1 {
		t.Fatal(err)
	}
	moved := store.Record{Key: "tombstone/" + bruno.Path(), Value: stones[0].Value, Expires: h.now().Add(time.Hour)}
	if err := h.conversations.Put(t.Context(), moved); err != nil {
		t.Fatal(err)
	}
	if j := h.instance(); !j.resolves("psid:7002", token) || !h.observed(erasure.EventTampered) {
		t.Error("a tombstone that was moved ended somebody, or raised no alarm")
	}
}

// TestManyAtOnce: the same person erased by three instances while they write: none
// fails, and in the end at most one conversation is there.
func TestManyAtOnce(t *testing.T) {
	h := newHouse(t)
	all := []*instance{h.instance(), h.instance(), h.instance()}
	for range 10 {
		all[0].says(anna, "anna@x.example")
		var done sync.WaitGroup
		for n, i := range all {
			done.Go(func() {
				_, err := i.eraser.Erase(t.Context(), "shop", []string{anna}, erasure.Order{Actor: fmt.Sprint("op", n)})
				if err != nil && !errors.Is(err, erasure.ErrNobody) {
					t.Error(err)
				}
			})
			done.Go(func() {
				if _, err := i.book.Ensure(t.Context(), "shop", []string{anna, fmt.Sprintf("psid:8%d", n)}); err != nil {
					t.Error(err)
				}
			})
		}
		done.Wait()
		h.move(5 * time.Second)
	}
}

// TestPast: what a policy keeps of a conversation that it ends goes when the person
// asks for an erasure, though they are somebody new by then.
func TestPast(t *testing.T) {
	h := newHouse(t)
	transcripts := erasure.Past{Root: "transcript/", Branch: erasure.Branch{What: "transcripts", Store: h.values, Prefix: func(path string) string { return "transcript/" + path }}}
	i := h.instance(transcripts)
	for n, way := range []string{erasure.PolicyWay, "command"} {
		i.says(anna, "anna@x.example")
		c, err := i.book.Find(t.Context(), "shop", []string{anna})
		if err != nil {
			t.Fatal(err)
		}
		if way == erasure.PolicyWay {
			record := store.Record{Key: "transcript/" + c.Path(), Value: []byte("sealed"), Expires: h.now().Add(time.Hour)}
			if err := h.values.Put(t.Context(), record); err != nil {
				t.Fatal(err)
			}
		}
		report, err := i.eraser.Erase(t.Context(), "shop", []string{anna}, erasure.Order{Actor: "x", Way: way})
		if err != nil || report.Parts["transcripts"] != n || count(t, h.values, "transcript/") != 1-n {
			t.Errorf("%s: %+v, %v, %d are left", way, report, err, count(t, h.values, "transcript/"))
		}
		if way != erasure.PolicyWay {
			continue
		}
		// Another instance comes to end the same conversation a moment later.
		_, err = h.instance(transcripts).eraser.Erase(t.Context(), "shop", []string{anna}, erasure.Order{Actor: "x", Way: way})
		if !errors.Is(err, erasure.ErrNobody) || count(t, h.values, "transcript/") != 1 {
			t.Errorf("ended twice: %v, %d of 1 transcripts are left", err, count(t, h.values, "transcript/"))
		}
	}
}

// TestGroups: what somebody said as a member of groups ends with their own, and not
// what others said there.
func TestGroups(t *testing.T) {
	h := newHouse(t)
	i := h.instance()
	i.eraser = erasure.New(erasure.Config{
		Book: i.book, Records: erasure.Records{Conversations: h.conversations, Values: h.values, Keys: h.keys}, Audit: h.log,
		Lifetime: time.Hour, Now: h.now, Observe: h.observe, Groups: func(string) func(string) string { return channel.MemberOf },
	})
	tokens := map[string]string{}
	for _, alias := range []string{"wa:15551230001", "group:g1/wa:15551230001", "group:g2/wa:15551230001", "group:g1/wa:15551230002"} {
		tokens[alias] = i.says(alias, "x@x.example")
	}
	if report, err := i.eraser.Survey(t.Context(), "shop", []string{"wa:15551230001"}); err != nil || report.Groups != 2 {
		t.Errorf("the survey says %+v, %v", report, err)
	}
	if report := i.erase("wa:15551230001"); report.Groups != 2 || !report.Finished {
		t.Errorf("the report is %+v", report)
	}
	for alias, token := range tokens {
		if i.resolves(alias, token) != (alias == "group:g1/wa:15551230002") {
			t.Errorf("%s resolves: %v", alias, i.resolves(alias, token))
		}
	}
	if _, err := i.eraser.Survey(t.Context(), "shop", []string{"wa:15551230001"}); !errors.Is(err, erasure.ErrNobody) {
		t.Errorf("after it: %v", err)
	}
	token := i.says("group:g3/wa:15551230001", "x@x.example") // and never in private
	if report := i.erase("wa:15551230001"); report.Groups != 1 || report.Conversations != 0 {
		t.Errorf("the report is %+v", report)
	}
	if i.resolves("group:g3/wa:15551230001", token) {
		t.Error("somebody who wrote in a group only was not erased")
	}
}

// faulty is a store whose writes fail, before or after they are done.
type faulty struct {
	store.Store
	mu    sync.Mutex
	fails bool
	late  bool // it was done all the same
}

func (f *faulty) set(fails, late bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails, f.late = fails, late
}

// Put implements store.Store.
func (f *faulty) Put(ctx context.Context, records ...store.Record) error {
	f.mu.Lock()
	fails, late := f.fails, f.late
	f.mu.Unlock()
	if !fails {
		return f.Store.Put(ctx, records...)
	}
	if late {
		if err := f.Store.Put(ctx, records...); err != nil {
			return err
		}
	}
	return errors.New("a fault of the store")
}

// TestFaults: when the put that erases fails, nothing was erased, and the audit log
// says that it failed; when only its answer was lost, the rest is finished all the
// same.
func TestFaults(t *testing.T) {
	h := newHouse(t)
	people := &faulty{Store: h.conversations}
	book := conversation.NewBook(people, h.keys, h.now)
	i := h.instance()
	i.book = book
	i.eraser = erasure.New(erasure.Config{
		Book: book, Records: erasure.Records{Conversations: people, Values: h.values, Keys: h.keys}, Audit: h.log, Lifetime: time.Hour,
		Now: h.now, Observe: h.observe,
		Parts: []erasure.Part{erasure.Branch{What: "values", Store: h.values, Prefix: func(path string) string { return "value/" + path + "/" }}},
	})
	token := i.says(anna, "anna@x.example")
	erase := func() error {
		_, err := i.eraser.Erase(t.Context(), "shop", []string{anna}, erasure.Order{Actor: "cli:op", Way: "command"})
		return err
	}
	people.set(true, false)
	if err := erase(); err == nil || errors.Is(err, erasure.ErrNobody) || strings.Contains(err.Error(), "7001") {
		t.Errorf("with a store that fails: %v", err)
	}
	if !i.resolves(anna, token) {
		t.Error("it was erased though it says that it failed")
	}
	log, err := os.ReadFile(filepath.Join(h.dir, "audit.jsonl"))
	if err != nil || !strings.Contains(string(log), `"result":"failed"`) {
		t.Errorf("the audit log does not say that it failed (%v)", err)
	}
	people.set(true, true)
	if err := erase(); err == nil {
		t.Error("an answer that was lost is taken for one")
	}
	people.set(false, false)
	h.move(31 * time.Second)
	if err := i.eraser.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i.resolves(anna, token) || count(t, h.values, "value/") != 0 {
		t.Error("an erasure whose answer was lost is left half done")
	}
}
