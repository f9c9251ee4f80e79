// Package review keeps a small sample of what shadow mode found, so that a person
// can see the false alarms that counts cannot show.
//
// Its promises:
//
//   - Nothing is kept in the clear: an item is sealed under the key set, bound to
//     its place, and gone after a week.
//   - No item holds more than it takes to judge one finding: the finding, forty
//     characters on each side with their digits hidden and every other finding
//     replaced by its kind. Of a card the first six and last four digits are kept
//     (PCI DSS 4.0.1, 3.4.1), of security codes, one-time codes, passwords and
//     secrets the shape (3.3.1: not to be stored after authorization, even
//     encrypted).
//   - The sample does not depend on order or luck: of each rule of an account
//     those items are kept whose keyed hashes are the smallest. The same findings
//     give the same list; nobody without the keys can choose what gets into it.
//     It also bounds count and rate: n findings of a rule cause about
//     perRule·ln n writes.
//   - Keeping an item never delays a message and never fails one.
package review

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

const (
	prefix = "review/"
	// perRule bounds the items of one rule of one account.
	perRule = 12
	// keptFor is how long an item lives: a week of traffic to look at.
	keptFor = 7 * 24 * time.Hour
	// waiting bounds what waits to be written; what comes while it is full is
	// left out.
	waiting = 256
	// writeTimeout bounds one write of the store.
	writeTimeout = 10 * time.Second
)

// Errors for operators.
var (
	// ErrNoItem says that there is no such item, or not any more.
	ErrNoItem = errors.New("there is no item with this id, or its week is over; review list shows what is there")
	// ErrVerdict says that a verdict is none.
	ErrVerdict = errors.New("a finding is marked false (a false alarm), right, or open")
)

// Keys seals items and names them.
type Keys interface {
	Seal(plain, ad []byte) ([]byte, error)
	Open(sealed, ad []byte) ([]byte, error)
	PRF(label string, parts ...string) []byte
}

// Config is what a book is made of.
type Config struct {
	Store store.Store
	Keys  Keys
	Now   func() time.Time
}

// Verdict is what a person says of a finding.
type Verdict string

// The verdicts.
const (
	Open  Verdict = ""
	False Verdict = "false"
	Right Verdict = "right"
)

// Item is one finding of the sample. Before, Value and After are somebody's words:
// an Item prints as its place only, and its text goes to the person who asked for
// it, audited, and nowhere else.
type Item struct {
	ID        string // unique in its account
	Rule      string
	Kind      string
	Direction string
	Action    string // what would have been done
	Score     float64
	Why       []string
	Shape     string // of the value
	Field     string // the JSON member that it stands in
	Person    string // whose words these are, as logs show them; "" for nobody's
	Found     time.Time
	Expires   time.Time
	Verdict   Verdict
	Note      string
	words     *words
}

// words are behind a pointer, so that no way of printing an Item shows them.
type words struct{ Before, Value, After string }

// Words are the finding and what stands around it.
func (i Item) Words() (before, value, after string) {
	if i.words == nil {
		return "", "", ""
	}
	return i.words.Before, i.words.Value, i.words.After
}

// Book is the review list of an installation. Make it with New, end it with Close.
type Book struct {
	config Config
	queue  chan entry
	done   sync.WaitGroup
	cancel context.CancelFunc

	mu     sync.Mutex
	kept   map[string][]name // by account and rule: names of the items, smallest first
	closed bool
}

// name is an item's keyed hash, and when it goes.
type name struct {
	id      string
	expires time.Time
}

// entry is an item on its way into the store.
type entry struct {
	account, place string // place: prefix/account/rule/
	item           Item
}

// New opens the list and takes up what is in it.
func New(ctx context.Context, config Config) (*Book, error) {
	b := &Book{config: config, queue: make(chan entry, waiting), kept: map[string][]name{}}
	if err := b.load(ctx); err != nil {
		return nil, err
	}
	writing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b.cancel = cancel
	b.done.Go(func() { b.write(writing) })
	return b, nil
}

// load learns the names of what is there.
func (b *Book) load(ctx context.Context) error {
	after := ""
	for {
		page, err := b.config.Store.List(ctx, prefix, after, store.MaxPage)
		if err != nil {
			return errors.New("the review list cannot be read")
		}
		if len(page) == 0 {
			return nil
		}
		for _, record := range page {
			if at := strings.LastIndexByte(record.Key, '/'); at > 0 {
				b.remember(record.Key[:at+1], name{record.Key[at+1:], record.Expires})
			}
		}
		after = page[len(page)-1].Key
	}
}

// Close writes what waits and ends the book. What is noted after it is left out.
func (b *Book) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	close(b.queue)
	b.mu.Unlock()
	b.done.Wait()
	b.cancel()
	return nil
}

// accountPlace is where the items of an account lie.
func (b *Book) accountPlace(account string) string {
	return prefix + short(b.config.Keys.PRF("review account", account)) + "/"
}

// remember adds a name in its order.
func (b *Book) remember(place string, n name) {
	list := b.kept[place]
	at, there := slices.BinarySearchFunc(list, n.id, func(x name, id string) int { return strings.Compare(x.id, id) })
	if there {
		list[at] = n
		return
	}
	b.kept[place] = slices.Insert(list, at, n)
}

// wants tells whether an item belongs to the sample as it is now, and makes room
// for it: the names that have to go are returned. There may be several, where
// instances wrote at once.
func (b *Book) wants(place, id string) (wanted bool, instead []name) {
	now := b.config.Now()
	list := slices.DeleteFunc(b.kept[place], func(n name) bool { return !now.Before(n.expires) })
	b.kept[place] = list
	_, there := slices.BinarySearchFunc(list, id, func(n name, id string) int { return strings.Compare(n.id, id) })
	switch {
	case there:
		return false, nil
	case len(list) < perRule:
	case id > list[perRule-1].id:
		return false, nil
	default:
		instead = slices.Clone(list[perRule-1:])
		b.kept[place] = list[:perRule-1]
	}
	b.remember(place, name{id, now.Add(keptFor)})
	return true, instead
}

// forget takes a name back that did not get into the store.
func (b *Book) forget(place, id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[place] = slices.DeleteFunc(b.kept[place], func(n name) bool { return n.id == id })
}

// write puts items into the store, one after the other.
func (b *Book) write(ctx context.Context) {
	for e := range b.queue {
		if err := b.put(ctx, e); err != nil {
			b.forget(e.place, e.item.ID)
		}
	}
}

func (b *Book) put(ctx context.Context, e entry) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := b.lookUp(ctx, e.place); err != nil {
		return err
	}
	b.mu.Lock()
	wanted, instead := b.wants(e.place, e.item.ID)
	b.mu.Unlock()
	if !wanted {
		return nil
	}
	record, err := b.sealed(e.place+e.item.ID, e.item)
	if err != nil {
		return err
	}
	if err := b.config.Store.Put(ctx, record); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	for _, gone := range instead {
		_ = b.config.Store.Delete(ctx, e.place+gone.id, 0) // else it goes with its week
	}
	return nil
}

// lookUp learns what other instances have kept of a rule since it was last looked
// at: the sample is one for all of them.
func (b *Book) lookUp(ctx context.Context, place string) error {
	page, err := b.config.Store.List(ctx, place, "", store.MaxPage)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[place] = nil
	for _, record := range page {
		b.remember(place, name{record.Key[len(place):], record.Expires})
	}
	return nil
}

// kept is an item as it is sealed.
type sealedItem struct {
	Item
	Words words
}

func (b *Book) sealed(key string, item Item) (store.Record, error) {
	kept := sealedItem{Item: item}
	if item.words != nil {
		kept.Words = *item.words
	}
	plain, err := json.Marshal(kept)
	if err != nil {
		return store.Record{}, err
	}
	value, err := b.config.Keys.Seal(plain, []byte(key))
	if err != nil {
		return store.Record{}, err
	}
	return store.Record{Key: key, Value: value, Expires: item.Expires}, nil
}

func (b *Book) opened(record store.Record) (Item, error) {
	plain, err := b.config.Keys.Open(record.Value, []byte(record.Key))
	if err != nil {
		return Item{}, err
	}
	var kept sealedItem
	if err := json.Unmarshal(plain, &kept); err != nil {
		return Item{}, errors.New("an item of the review list cannot be read")
	}
	kept.Item.words = &kept.Words
	kept.Expires = record.Expires
	return kept.Item, nil
}

// short is a keyed hash in the form that keys and logs have: 80 bits.
func short(mac []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac[:10]))
}
