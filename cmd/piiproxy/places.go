package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/store/postgres"
)

// The tables of a database. They may lie in one database or in two.
const (
	valuesTable = "piiproxy_values"
	keysTable   = "piiproxy_keys"
)

// place is where one of the two stores is.
type place struct {
	key  string // of the configuration, for complaints
	name string // for people; never a URL
	path string // of the file; empty for a database
	// open opens the store and makes it when there is none.
	open func(context.Context) (store.Store, error)
	// look opens a store that is there and makes nothing; errNoStore when there
	// is none.
	look func(context.Context) (store.Store, error)
}

// errNoStore says that a store has still to be made.
var errNoStore = errors.New("there is no store yet: serve makes it")

// places are the values' store and the conversations'. They are apart because
// their backups must be: the values' without the conversations' opens nothing.
func places(c *config.Config) (values, conversations place) {
	if c.Store.Driver == "postgres" {
		values = database("store.url", c.Store.URL, valuesTable)
		if c.Store.KeysURL.IsSet() {
			return values, database("store.keys_url", c.Store.KeysURL, keysTable)
		}
		return values, database("store.url", c.Store.URL, keysTable)
	}
	return file("store.path", c.Store.Path), file("keys.path", conversationsPath(c))
}

// conversationsPath is the store of conversations, which lies with the keys:
// apart from the values, also in backups.
func conversationsPath(c *config.Config) string {
	return filepath.Join(c.Keys.Path, "conversations.db")
}

func file(key, path string) place {
	return place{
		key: key, name: path, path: path,
		open: func(context.Context) (store.Store, error) { return bolt.Open(bolt.Config{Path: path}) },
		look: func(context.Context) (store.Store, error) {
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
				return nil, errNoStore
			}
			return bolt.Open(bolt.Config{Path: path, LockTimeout: lockPatience})
		},
	}
}

func database(key string, url config.Secret, table string) place {
	open := func(ctx context.Context, look bool) (store.Store, error) {
		opened, err := postgres.Open(ctx, postgres.Config{URL: url.Reveal(), Renewed: url.Reveal, Table: table, Look: look})
		if errors.Is(err, postgres.ErrNoTable) {
			return nil, errNoStore
		}
		return opened, err
	}
	return place{
		key: key, name: "table " + table + " of " + key,
		open: func(ctx context.Context) (store.Store, error) { return open(ctx, false) },
		look: func(ctx context.Context) (store.Store, error) { return open(ctx, true) },
	}
}
