package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/signature"
)

// templates are what keys are made from, by use.
var templates = map[string]func() *tinkpb.KeyTemplate{
	Sealing: aead.AES256GCMKeyTemplate,
	Signing: signature.ED25519KeyWithoutPrefixTemplate,
}

// Stage adds a new key for a use, Sealing or Signing, and returns its id. Nobody
// seals or signs with it before Promote. A key that is staged already is returned
// as it is, so that a command that was interrupted can be run again.
func (f Folder) Stage(ctx context.Context, use string) (id string, err error) {
	err = f.change(ctx, func(from *keysets, known *ring) (string, error) {
		template, err := templateOf(use)
		if err != nil {
			return "", err
		}
		list, err := known.describe(*from)
		if err != nil {
			return "", err
		}
		if i := slices.IndexFunc(list, func(k Key) bool { return k.Use == use && k.State == Staged }); i >= 0 {
			id = list[i].ID
			return "", nil
		}
		to := from.of(use)
		manager := keyset.NewManagerFromHandle(*to)
		added, err := manager.Add(template())
		if err != nil {
			return "", errors.New("making the new key")
		}
		if *to, err = manager.Handle(); err != nil {
			return "", errors.New("making the new key")
		}
		if id, err = from.idOf(use, added); err != nil {
			return "", err
		}
		known.find(id).Made = time.Now().UTC().Truncate(time.Second)
		return use, nil
	})
	if err != nil {
		return "", fmt.Errorf("staging a %s key in %s: %w", use, f.Path, err)
	}
	return id, nil
}

// Promote makes a staged key the primary of its use. Every instance must have it:
// one that does not cannot read what the others seal from now on.
func (f Folder) Promote(ctx context.Context, id string) error {
	err := f.change(ctx, func(from *keysets, known *ring) (string, error) {
		key, err := known.key(*from, id)
		if err != nil || key.State == Primary {
			return "", err // run again after it was interrupted
		}
		if key.State != Staged {
			return "", fmt.Errorf("key %s has been the primary before: stage a new one with `piiproxy keys rotate`", id)
		}
		if err := from.edit(key, (*keyset.Manager).SetPrimary); err != nil {
			return "", err
		}
		known.find(id).Promoted = time.Now().UTC().Truncate(time.Second)
		return key.Use, nil
	})
	if err != nil {
		return fmt.Errorf("promoting a key in %s: %w", f.Path, err)
	}
	return nil
}

// Retire destroys a sealing key that is not the primary: what is sealed under it
// opens never again, but from a backup of the folder. With given it is noted that
// records were given up. Signing keys are not retired: their public halves have to
// verify what they signed.
func (f Folder) Retire(ctx context.Context, id string, given bool) error {
	err := f.change(ctx, func(from *keysets, known *ring) (string, error) {
		key, err := known.key(*from, id)
		switch {
		case err != nil:
			return "", err
		case key.Use != Sealing:
			return "", fmt.Errorf("key %s is a %s key, and only sealing keys are retired (docs/keys.md)", id, key.Use)
		case key.State == Primary:
			return "", fmt.Errorf("key %s is the primary, which seals: run `piiproxy keys rotate` first", id)
		}
		if given {
			known.Destroyed = append(known.Destroyed, id)
		}
		return Sealing, from.edit(key, (*keyset.Manager).Delete)
	})
	if err != nil {
		return fmt.Errorf("retiring a key in %s: %w", f.Path, err)
	}
	return nil
}

// Rewrap encrypts the key sets under another KEK; keys and records stay as they
// are. Each file is replaced in one step. Interrupted, it is to be run again: what
// is under the new KEK already stays so.
func (f Folder) Rewrap(ctx context.Context, to KEK) error {
	unlock, err := locked(f.Path)
	if err != nil {
		return err
	}
	err = f.rewrap(ctx, to)
	return errors.Join(err, unlock())
}

func (f Folder) rewrap(ctx context.Context, to KEK) error {
	fresh := Folder{f.Path, to}
	for _, name := range []string{fileAEAD, filePRF, fileSign} {
		if _, err := fresh.readKeyset(ctx, name); err == nil && !sameSource(f.kek(), to) {
			continue
		}
		handle, err := f.readKeyset(ctx, name)
		if err != nil {
			return err
		}
		content, err := fresh.encrypted(ctx, handle, name)
		if err != nil {
			return err
		}
		if err := replace(f.Path, file{name, content, 0o600}); err != nil {
			return fmt.Errorf("replacing %s: %w", name, err)
		}
		if _, err := fresh.readKeyset(ctx, name); err != nil {
			return fmt.Errorf("reading back what was written: %w", err)
		}
	}
	return nil
}

// sameSource: under a transit key the key sets are encrypted anew in any case, by
// the newest version of that key.
func sameSource(a, b KEK) bool { return a.String() == b.String() }

// Renew rewraps the key sets under a fresh KEK of the same source: a new file in
// the place of the old one, or the newest version of a transit key. KEKs of other
// sources are made elsewhere: use Rewrap.
func (f Folder) Renew(ctx context.Context) error {
	source, is := f.kek().(*fileKEKSource)
	if _, remote := f.kek().(*transitKEK); remote {
		return f.Rewrap(ctx, f.kek())
	}
	if !is {
		return fmt.Errorf("%s is made elsewhere: write a configuration with the new one and name it with --new", f.kek())
	}
	unlock, err := locked(f.Path)
	if err != nil {
		return err
	}
	return errors.Join(f.renewFile(ctx, source), unlock())
}

// renewFile: the new KEK lies beside the old one until all key sets are under it,
// and then takes its place; whoever reads meanwhile tries both.
func (f Folder) renewFile(ctx context.Context, source *fileKEKSource) error {
	next := source.next()
	if _, err := next.make(); err != nil {
		return err
	}
	if err := f.rewrap(ctx, next); err != nil {
		return err
	}
	if err := os.Rename(next.file, source.file); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(source.file))
}

// change has a use's key set changed and puts it in place. The ring comes first:
// what it says about keys that are not there yet does no harm.
func (f Folder) change(ctx context.Context, edit func(*keysets, *ring) (use string, err error)) error {
	unlock, err := locked(f.Path)
	if err != nil {
		return err
	}
	return errors.Join(f.changeLocked(ctx, edit), unlock())
}

func (f Folder) changeLocked(ctx context.Context, edit func(*keysets, *ring) (string, error)) error {
	from, known, err := f.read(ctx)
	if err != nil {
		return err
	}
	use, err := edit(&from, known)
	if err != nil || use == "" {
		return err
	}
	files, err := plainFiles(from, known)
	if err != nil {
		return err
	}
	for _, each := range from.named() {
		if each.use != use {
			continue
		}
		content, err := f.encrypted(ctx, each.handle, each.file)
		if err != nil {
			return err
		}
		files = append(files, file{each.file, content, 0o600})
	}
	for _, each := range files {
		if old, err := os.ReadFile(filepath.Join(f.Path, each.name)); err == nil && bytes.Equal(old, each.content) {
			continue
		}
		if err := replace(f.Path, each); err != nil {
			return fmt.Errorf("replacing %s: %w", each.name, err)
		}
	}
	return nil
}

func templateOf(use string) (func() *tinkpb.KeyTemplate, error) {
	template, ok := templates[use]
	if !ok {
		return nil, fmt.Errorf("there are sealing and signing keys to rotate (naming keys stay: docs/keys.md)")
	}
	return template, nil
}

func (k *keysets) of(use string) **keyset.Handle {
	if use == Signing {
		return &k.signing
	}
	return &k.sealing
}

// idOf is the id that operators see for a key of Tink's id.
func (k *keysets) idOf(use string, tinkID uint32) (string, error) {
	for _, each := range k.named() {
		for i := range each.handle.Len() {
			entry, err := each.handle.Entry(i)
			if err == nil && each.use == use && entry.KeyID() == tinkID {
				return each.id(entry)
			}
		}
	}
	return "", errors.New("the new key is not in its set")
}

// edit has Tink change one key of a set.
func (k *keysets) edit(key Key, how func(*keyset.Manager, uint32) error) error {
	to := k.of(key.Use)
	for i := range (*to).Len() {
		entry, err := (*to).Entry(i)
		if err != nil {
			return errors.New("a key set cannot be listed")
		}
		if found, err := k.idOf(key.Use, entry.KeyID()); err != nil || found != key.ID {
			continue
		}
		manager := keyset.NewManagerFromHandle(*to)
		if err := how(manager, entry.KeyID()); err != nil {
			return fmt.Errorf("key %s: the key set does not take the change", key.ID)
		}
		changed, err := manager.Handle()
		if err != nil {
			return errors.New("the key set cannot be put together")
		}
		*to = changed
		return nil
	}
	return fmt.Errorf("there is no key %s", key.ID)
}

// key finds one by the id that operators see.
func (r *ring) key(from keysets, id string) (Key, error) {
	list, err := r.describe(from)
	if err != nil {
		return Key{}, err
	}
	for _, key := range list {
		if key.ID == id {
			return key, nil
		}
	}
	return Key{}, fmt.Errorf("there is no key %s: `piiproxy keys list -c FILE` shows them", strconv.Quote(id))
}
