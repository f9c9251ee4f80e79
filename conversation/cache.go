package conversation

import (
	"container/list"
	"sync"
	"time"
)

const (
	// cacheSize is how many conversations are remembered, at about 2 KiB each.
	cacheSize = 4096
	// trusted is how long one is believed without reading it again.
	trusted = 4 * time.Second
)

// cache remembers the conversations used last, by alias.
type cache struct {
	mutex   sync.Mutex
	size    int
	used    *list.List // of *entry, the one used last in front
	byPath  map[string]*list.Element
	byAlias map[aliasOf]*list.Element
	forgets uint64
}

type aliasOf struct{ account, alias string }

type entry struct {
	conversation *Conversation
	expires      time.Time
	read         time.Time
	aliases      []string
}

func newCache(size int) *cache {
	return &cache{size: size, used: list.New(), byPath: map[string]*list.Element{}, byAlias: map[aliasOf]*list.Element{}}
}

// generation is taken before a read whose result is to be added: add drops it
// when something was forgotten in between, since it may be just that.
func (c *cache) generation() uint64 {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.forgets
}

// find returns the entry that all aliases lead to, if it can be trusted. Entries
// do not change once they are added.
func (c *cache) find(account string, aliases []string, now time.Time) *entry {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var found *list.Element
	for _, alias := range aliases {
		element := c.byAlias[aliasOf{account, alias}]
		if element == nil || found != nil && element != found {
			return nil
		}
		found = element
	}
	e := found.Value.(*entry)
	if age := now.Sub(e.read); age < 0 || age > trusted || !e.expires.After(now) {
		return nil
	}
	c.used.MoveToFront(found)
	return e
}

// add remembers a page that was read after generation was taken, and that these
// aliases lead to it. Other aliases that were known to lead to it are dropped:
// they were not read again.
func (c *cache) add(p *page, aliases []string, read time.Time, generation uint64) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if generation != c.forgets {
		return
	}
	conversation := p.conversation
	e := &entry{conversation: conversation, expires: p.expires, read: read}
	if old := c.byPath[conversation.path]; old != nil {
		c.remove(old)
	}
	element := c.used.PushFront(e)
	c.byPath[conversation.path] = element
	for _, alias := range aliases {
		key := aliasOf{conversation.Account, alias}
		if other := c.byAlias[key]; other != nil && other != element {
			c.remove(other) // it has lost this alias
		}
		c.byAlias[key] = element
		e.aliases = append(e.aliases, alias)
	}
	for c.used.Len() > c.size {
		c.remove(c.used.Back())
	}
}

func (c *cache) forget(path string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.forgets++
	if element := c.byPath[path]; element != nil {
		c.remove(element)
	}
}

func (c *cache) remove(element *list.Element) {
	e := c.used.Remove(element).(*entry)
	delete(c.byPath, e.conversation.path)
	for _, alias := range e.aliases {
		if key := (aliasOf{e.conversation.Account, alias}); c.byAlias[key] == element {
			delete(c.byAlias, key)
		}
	}
}
