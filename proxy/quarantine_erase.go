package proxy

import (
	"context"
	"encoding/json"

	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/store"
)

// Quarantined is what erasures take away of the quarantine: every item that names
// the person, as a whole. What else is in it was never to be passed on.
func (p *Proxy) Quarantined() erasure.Part {
	return erasure.Heap{
		What: "quarantine", Store: p.config.Records.Store, Prefix: quarantinePrefix,
		Whose: func(_ context.Context, record store.Record, subjects []erasure.Subject) (int, error) {
			return p.whoseQuarantined(record, subjects), nil
		},
	}
}

// whoseQuarantined reads an item, which may be no JSON, and finds whom it names. One
// that does not open names nobody: it says nothing to anybody, either.
func (p *Proxy) whoseQuarantined(record store.Record, subjects []erasure.Subject) int {
	plain, err := p.config.Records.Keys.Open(record.Value, []byte(record.Key))
	var item quarantined
	if err != nil || json.Unmarshal(plain, &item) != nil {
		return -1
	}
	named := map[string][]string{} // by account
	for i, s := range subjects {
		account, ok := p.config.Tenants.Account(s.Account)
		if !ok || item.App != "" && item.App != account.App.Name || item.Accepted.After(s.Until) {
			continue
		}
		hashes, known := named[s.Account]
		if !known {
			for _, alias := range account.Channel.PeopleIn(item.Body) {
				hashes = append(hashes, p.config.Records.Conversations.Hash(s.Account, alias))
			}
			named[s.Account] = hashes
		}
		if s.Known(hashes) {
			return i
		}
	}
	return -1
}
