package capture

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

const (
	// maxSwaps is how many prompts for the same fields become links before the
	// person tells something of it.
	maxSwaps = 2
	// maxFields is how many things one link asks for.
	maxFields = 16
)

// needs is how much of a value can be asked for.
var needs = []string{"full", "last4", "bin", "over_18", "zip"}

// ownInputs are names that a form has for itself: no kind can be asked by them.
var ownInputs = []string{form.InputProof, form.InputCode, form.InputAgain, form.InputRemember}

// Book keeps links, for many goroutines; several Books, in several processes,
// may share one store.
type Book struct {
	config Config
	store  Store
	keys   Keys
	house  House
	limits Limits
	pages  *form.Pages
	meters meters
	origin string // of our own pages
	// loopback says that people reach the pages on this machine without TLS, to
	// try it out: cookies cannot be bound to TLS then.
	loopback bool
}

// New makes a Book; the error says what its configuration lacks.
func New(config Config) (*Book, error) {
	config, err := config.check()
	if err != nil {
		return nil, err
	}
	pages, err := form.New()
	if err != nil {
		return nil, err
	}
	return &Book{
		config: config, store: config.Records.Store, keys: config.Records.Keys, house: config.House, limits: config.Limits,
		pages: pages, meters: newMeters(config.Limits.Rates), origin: config.PublicURL, loopback: loopback(config.PublicURL),
	}, nil
}

func (b *Book) now() time.Time { return b.config.Now() }

func (b *Book) observe(account, event string) { b.config.Observe(account, event) }

// Issue returns a link for these fields: the open one, when the person has one
// for the same fields, with its whole time if nobody tried it yet; else a new
// one. It is durable on return.
//
// Errors: ErrOrder, ErrCapped, ErrStalled, and faults of the store, which may
// pass.
func (b *Book) Issue(ctx context.Context, o Order) (Issued, error) {
	account, fields, err := b.checked(o)
	if err != nil {
		return Issued{}, err
	}
	o.Fields = fields
	for range attempts {
		issued, err := b.issue(ctx, account, o)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		b.observeIssue(o.Account, issued, err)
		return issued, err
	}
	return Issued{}, fmt.Errorf("writing link: %w", store.ErrConflict)
}

func (b *Book) observeIssue(account string, issued Issued, err error) {
	switch {
	case err == nil && issued.Reused:
		b.observe(account, eventReused)
	case err == nil:
		b.observe(account, eventIssued)
	case errors.Is(err, ErrCapped):
		b.observe(account, eventRefused)
	case errors.Is(err, ErrStalled):
		b.observe(account, eventStalled)
	}
}

// checked returns the account of an order and its fields with their needs
// written out.
func (b *Book) checked(o Order) (Account, []Field, error) {
	account, known := b.config.Accounts(o.Account)
	if !known || o.Conversation == nil || o.Conversation.Account != o.Account || len(o.Fields) == 0 || len(o.Fields) > maxFields ||
		len(o.Language) > 16 || !slices.Contains([]string{Prompt, Warning, API}, o.Source) {
		return account, nil, ErrOrder
	}
	fields := make([]Field, 0, len(o.Fields))
	for _, field := range o.Fields {
		if field.Need == "" {
			field.Need = needs[0]
		}
		if !validKind(field.Kind) || slices.Contains(ownInputs, field.Kind) || !slices.Contains(needs, field.Need) ||
			slices.ContainsFunc(fields, func(f Field) bool { return f.Kind == field.Kind }) {
			return account, nil, ErrOrder
		}
		fields = append(fields, field)
	}
	return account, fields, nil
}

func validKind(kind string) bool {
	for i := range len(kind) {
		if !('a' <= kind[i] && kind[i] <= 'z' || '0' <= kind[i] && kind[i] <= '9' || kind[i] == '_') {
			return false
		}
	}
	return kind != "" && len(kind) <= 64
}

// issue reads what there is and writes what is to be, in one put that fails with
// store.ErrConflict when any of it has changed since.
func (b *Book) issue(ctx context.Context, account Account, o Order) (Issued, error) {
	ch, err := b.readChart(ctx, o.Conversation)
	if err != nil {
		return Issued{}, err
	}
	set := fieldSet(o.Fields)
	if o.Source == Prompt {
		if ch.Swaps[set] >= maxSwaps {
			return Issued{}, ErrStalled
		}
		ch.Swaps[set]++
	}
	l, reused, err := b.pick(ctx, ch, set)
	if err != nil {
		return Issued{}, err
	}
	if !reused {
		if len(ch.Open) >= b.limits.PerPerson {
			return Issued{}, ErrCapped
		}
		l = b.newLink(o)
	}
	if o.Source == Prompt {
		l.Source = Prompt // the bot asks now, whoever did first
	}
	if l.Tries == 0 {
		l.Expires = b.now().Add(b.limits.Unopened)
	}
	return b.hand(ctx, account, ch, l, reused)
}

// pick returns the open link for a set of fields, if the person has one. The
// record has the last word: a link that was tried ends sooner than the chart
// knows.
func (b *Book) pick(ctx context.Context, ch *chart, set string) (*link, bool, error) {
	for _, o := range slices.Clone(ch.Open) {
		if fieldSet(o.Fields) != set {
			continue
		}
		l, err := b.find(ctx, linkID(ch.conversation, o.Serial))
		switch {
		case err == nil && l.status(b.now(), b.limits.Tries) == nil:
			return l, true, nil
		case err == nil || errors.Is(err, ErrNoLink):
			ch.leave(o.Serial)
		default:
			return nil, false, err
		}
	}
	return nil, false, nil
}

func (b *Book) newLink(o Order) *link {
	serial := newSerial()
	id := linkID(o.Conversation, serial)
	return &link{
		id: id, key: b.linkKey(id), conversation: o.Conversation,
		content: content{Serial: serial, Fields: o.Fields, Language: o.Language, Source: o.Source, State: open, Created: b.now()},
	}
}

// hand writes a link together with its place on the chart, and with whatever else
// belongs to that step.
func (b *Book) hand(ctx context.Context, account Account, ch *chart, l *link, reused bool, more ...store.Record) (Issued, error) {
	ch.leave(l.Serial)
	ch.Open = append(ch.Open, berth{l.Serial, l.Fields, l.Expires})
	if err := b.put(ctx, ch, l, more...); err != nil {
		return Issued{}, err
	}
	return Issued{ID: l.id, URL: b.address(account, l.id), Expires: l.Expires, Reused: reused}, nil
}

// put writes a chart and a link of it in one step, with whatever else belongs to
// that step.
func (b *Book) put(ctx context.Context, ch *chart, l *link, more ...store.Record) error {
	linkRecord, err := b.record(l)
	if err != nil {
		return err
	}
	chartRecord, err := b.chartRecord(ch)
	if err != nil {
		return err
	}
	if err := b.store.Put(ctx, append(more, linkRecord, chartRecord)...); err != nil {
		return fmt.Errorf("writing link: %w", err)
	}
	return nil
}

// address is where the person finds the form.
func (b *Book) address(account Account, id string) string {
	if account.External == "" {
		return b.config.PublicURL + "/c/" + id
	}
	if strings.Contains(account.External, "{link}") {
		return strings.ReplaceAll(account.External, "{link}", id)
	}
	to, err := url.Parse(account.External)
	if err != nil {
		return b.config.PublicURL + "/c/" + id // the configuration was checked before
	}
	query := to.Query()
	query.Set("link", id)
	to.RawQuery = query.Encode()
	return to.String()
}

// Progress says that a person told some of these kinds: prompts for them begin
// to count anew. It writes only when something was counted.
func (b *Book) Progress(ctx context.Context, c *conversation.Conversation, kinds []string) error {
	return b.recount(ctx, c, func(ch *chart) bool { return ch.progress(kinds) })
}

// Unsent says that the person never got a message with this link for these
// fields: it does not count as asked, and a link that was made for it ends.
func (b *Book) Unsent(ctx context.Context, c *conversation.Conversation, issued Issued, fields []Field) error {
	filled := make([]Field, len(fields))
	for i, field := range fields {
		filled[i] = Field{Kind: field.Kind, Need: cmp.Or(field.Need, needs[0])}
	}
	set := fieldSet(filled)
	if issued.Reused {
		return b.recount(ctx, c, func(ch *chart) bool { return ch.uncount(set) })
	}
	for range attempts {
		if err := b.withdraw(ctx, c, issued.ID, set); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("writing link: %w", store.ErrConflict)
}

// withdraw ends a link that nobody has.
func (b *Book) withdraw(ctx context.Context, c *conversation.Conversation, id, set string) error {
	l, err := b.find(ctx, id)
	if err != nil || l.State != open || l.Tries > 0 {
		return err
	}
	ch, err := b.readChart(ctx, c)
	if err != nil {
		return err
	}
	ch.uncount(set)
	ch.leave(l.Serial)
	l.State = replaced
	return b.put(ctx, ch, l)
}

// recount changes what a chart counts; change says whether it has.
func (b *Book) recount(ctx context.Context, c *conversation.Conversation, change func(*chart) bool) error {
	for range attempts {
		ch, err := b.readChart(ctx, c)
		if err != nil {
			return err
		}
		if !change(ch) {
			return nil
		}
		record, err := b.chartRecord(ch)
		if err != nil {
			return err
		}
		if err = b.store.Put(ctx, record); err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("writing the links of a conversation: %w", err)
		}
	}
	return fmt.Errorf("writing the links of a conversation: %w", store.ErrConflict)
}
