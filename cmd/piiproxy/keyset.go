package main

import (
	"context"
	"fmt"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/rotation"
	"github.com/piiproxy/piiproxy/store"
)

// keyFolder is where the configuration says that the key set is, and what
// encrypts it.
func keyFolder(settings *config.Config) (keys.Folder, error) {
	folder := keys.Folder{Path: settings.Keys.Path}
	kek := settings.Keys.KEK
	switch {
	case kek.File != "":
		folder.KEK = keys.FileKEK(kek.File)
	case kek.Env != "":
		folder.KEK = keys.EnvironmentKEK(kek.Env)
	case len(kek.Command) > 0:
		folder.KEK = keys.CommandKEK(kek.Command)
	case kek.Vault.On():
		v := kek.Vault
		transit, err := keys.TransitKEK(keys.Transit{
			Address: v.Address, Mount: v.Mount, Key: v.Key, Namespace: v.Namespace, CA: v.CA, Token: v.Token.Reveal,
		})
		if err != nil {
			return folder, err
		}
		folder.KEK = transit
	}
	return folder, nil
}

// openKeys opens the key set of the configuration.
func openKeys(ctx context.Context, settings *config.Config) (*keys.Set, error) {
	folder, err := keyFolder(settings)
	if err != nil {
		return nil, err
	}
	return keys.Open(ctx, folder)
}

// followKeys sees that the keys open what is there, and follows their folder from
// then on.
func (s *service) followKeys(ctx context.Context) (rotation.Watched, error) {
	if err := rotation.Probe(ctx, s.keys, s.stores.conversations); err != nil {
		return rotation.Watched{}, fmt.Errorf("keys.path: %w", err)
	}
	meta, all := s.sealedStores()
	if s.settings.Store.Driver == "bolt" { // one process has it
		if err := rotation.Forget(ctx, meta); err != nil {
			return rotation.Watched{}, fmt.Errorf("keys.path: %w", err)
		}
	}
	var err error
	s.rotation, err = rotation.Start(ctx, rotation.Config{
		Keys: s.keys, Meta: meta, Stores: all,
		Log: s.log, Registry: s.registry,
	})
	if err != nil {
		return rotation.Watched{}, err
	}
	s.closers = append(s.closers, s.rotation.Close)
	return s.rotation.Watch(), nil
}

// sealedStores are the stores that hold sealed records, the conversations' first
// and by itself. They are not timed: what is moved is no message that waits.
func (s *service) sealedStores() (conversations store.Store, all []store.Store) {
	for _, each := range []store.Store{s.stores.conversations, s.stores.values} {
		if t, is := each.(timed); is {
			each = t.Store
		}
		all = append(all, each)
	}
	return all[0], all
}

func (s *service) keyDesk() keyDesk {
	meta, all := s.sealedStores()
	return keyDesk{set: s.keys, meta: meta, stores: all, audit: s.core.audit, worker: s.rotation}
}
