package erasure

import (
	"context"
	"slices"
	"time"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/vault"
)

// Dossier is all that is kept of a person, for the person (GDPR Art. 15 and 20). It
// holds values and ids where they were asked for, and nowhere else.
type Dossier struct {
	Account      string    `json:"account"`
	Conversation string    `json:"conversation"` // as logs show the person
	Expires      time.Time `json:"expires"`      // when the conversation ends by itself
	// Merged is how many earlier conversations were found to be the same person's.
	Merged  int      `json:"merged_conversations"`
	Aliases int      `json:"user_ids"`
	IDs     []string `json:"ids,omitempty"`

	Values     []DossierValue         `json:"values"`
	Forms      []capture.FormFacts    `json:"forms"`
	Platform   []conversation.Residue `json:"kept_by_the_platform"`
	Chat       Chat                   `json:"chat"`
	Records    map[string]int         `json:"records"`
	Tombstones []Tombstone            `json:"tombstones"`
}

// DossierValue is one value.
type DossierValue struct {
	Token     string    `json:"token"`
	Kind      string    `json:"kind"`
	Origin    string    `json:"origin"` // chat, form
	FirstSeen time.Time `json:"first_seen"`
	Expires   time.Time `json:"expires"`
	Volatile  bool      `json:"in_memory_only,omitempty"`
	Value     string    `json:"value,omitempty"`
}

// Chat is what is remembered from one message to the next.
type Chat struct {
	LastWrote time.Time `json:"last_wrote,omitzero"`
	AskedFor  []string  `json:"asked_for,omitempty"` // kinds, by a question that is open
	Entered   []string  `json:"entered,omitempty"`   // kinds, into forms
	Told      []string  `json:"told,omitempty"`      // notices and warnings
}

// Archive is what an export reads, beside what erasures know.
type Archive struct {
	Values   *vault.Vault
	Memory   *conversation.Memory
	Residues *conversation.Ledger
	Links    capture.Lister
	Keys     capture.Keys
}

// Export collects what is kept of a person. shows says of which kinds the values
// are wanted; with ids the person's user ids are. Errors: ErrNobody,
// conversation.ErrTampered and vault.ErrTampered, and faults of the stores.
func (e *Eraser) Export(ctx context.Context, a Archive, account string, aliases []string, shows func(kind string) bool, ids bool) (Dossier, error) {
	report, err := e.Survey(ctx, account, aliases)
	if err != nil {
		return Dossier{}, err
	}
	d := Dossier{
		Account: account, Conversation: report.Hash, Aliases: report.Aliases, Records: report.Parts,
		Values: []DossierValue{}, Platform: []conversation.Residue{}, Forms: []capture.FormFacts{}, Tombstones: []Tombstone{},
	}
	hashes := e.stranger(account, aliases).Hashes
	p, err := e.person(ctx, account, aliases)
	if err == nil {
		d.Expires, d.Merged = p.Expires().UTC(), len(p.Conversations)-1
		hashes = e.subjectOf(p, e.config.Now(), "").Hashes
		if ids {
			d.IDs = p.Aliases()
		}
		err = e.collect(ctx, a, p, shows, &d)
	} else if report.Conversations == 0 {
		err = nil // only what was set aside
	}
	if err != nil {
		return Dossier{}, err
	}
	stones, err := e.Tombstones(ctx, account, hashes)
	d.Tombstones = append(d.Tombstones, stones...)
	return d, err
}

// collect reads what belongs to the person's conversations.
func (e *Eraser) collect(ctx context.Context, a Archive, p conversation.Person, shows func(string) bool, d *Dossier) error {
	for _, c := range p.Conversations {
		err := a.Values.Each(ctx, c, func(token string, held vault.Held) error {
			d.Values = append(d.Values, valueOf(token, held, shows))
			return nil
		})
		if err != nil {
			return err
		}
		residues, err := a.Residues.List(ctx, c)
		if err != nil {
			return err
		}
		d.Platform = append(d.Platform, residues...)
	}
	slices.SortStableFunc(d.Values, func(x, y DossierValue) int { return x.FirstSeen.Compare(y.FirstSeen) })
	state, err := a.Memory.Recall(ctx, p.Conversations[0])
	if err != nil {
		return err
	}
	d.Chat = chatOf(state, e.config.Now())
	d.Forms, err = capture.Forms(ctx, a.Links, a.Keys, p.Conversations, e.config.Now())
	return err
}

func valueOf(token string, held vault.Held, shows func(string) bool) DossierValue {
	v := DossierValue{
		Token: token, Kind: held.Value.Kind, Origin: "chat", FirstSeen: held.Created.UTC(), Expires: held.Expires.UTC(), Volatile: held.Volatile,
	}
	if held.Value.Origin == vault.Form {
		v.Origin = "form"
	}
	if shows(v.Kind) {
		v.Value = held.Value.Text
	}
	return v
}

func chatOf(s conversation.State, now time.Time) Chat {
	c := Chat{LastWrote: s.Seen, Entered: s.Captured}
	if now.Before(s.Armed) {
		c.AskedFor = s.Dialogue.Asked
	}
	for what := range s.Told {
		c.Told = append(c.Told, what)
	}
	slices.Sort(c.Told)
	return c
}
