package main

import (
	"context"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/keys"
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
