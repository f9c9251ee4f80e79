package review

import (
	"github.com/piiproxy/piiproxy/store"
)

// Prefix is what the store keys of items start with.
const Prefix = prefix

// PersonOf opens a record and returns whose words it holds, as logs show them; ""
// when they are nobody's, when the item is of a version that did not keep it, and
// when the record does not open. Such items are gone after a week.
func PersonOf(keys Keys, record store.Record) string {
	b := Book{config: Config{Keys: keys}}
	item, err := b.opened(record)
	if err != nil {
		return ""
	}
	return item.Person
}
