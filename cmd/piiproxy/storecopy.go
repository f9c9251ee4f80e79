package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/transfer"
)

type storeCommand struct {
	Copy storeCopyCommand `cmd:"" help:"Copy both stores to where another configuration says, and verify the copy."`
}

type storeCopyCommand struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration whose stores are copied; nothing in them is changed."`
	To     string `required:"" placeholder:"FILE" help:"The configuration whose stores are written; they must be empty, or half of this copy."`
}

// Help is shown by --help.
func (storeCopyCommand) Help() string {
	return `Copies the values and the conversations, for example from the file of one
machine to the database of a fleet, or back. Then it reads both sides again and
compares every record. Stop every serve on both before. A copy that was interrupted
goes on when it is run again; until it is whole, serve refuses it. Both
configurations need the same key set.

Example:
  piiproxy store copy -c piiproxy.yaml --to fleet.yaml

Exit code 0: copied and verified; 2: not, and why.`
}

// progressEvery is how often the copy says how far it is.
const progressEvery = 2 * time.Second

// Run copies both stores.
func (c storeCopyCommand) Run(env *environment) error {
	from, err := storeSettings(c.Config)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Config, err)
	}
	to, err := storeSettings(c.To)
	if err != nil {
		return fmt.Errorf("%s: %w", c.To, err)
	}
	set, err := sharedKeys(env.Context, from, to)
	if err != nil {
		return err
	}
	job := &copyJob{env: env, set: set}
	defer job.close()
	if err := job.open(from, to); err != nil {
		return err
	}
	return job.run()
}

// storeSettings reads a configuration of which only stores and keys are used.
func storeSettings(file string) (*config.Config, error) {
	settings, complaints := config.Read(file)
	complaints = slices.DeleteFunc(complaints, func(c config.Complaint) bool {
		return c.Key != "" && !strings.HasPrefix(c.Key, "keys") && !strings.HasPrefix(c.Key, "store")
	})
	if len(complaints) > 0 {
		return nil, config.Errors(complaints)
	}
	return settings, nil
}

// sharedKeys opens the key set of both configurations.
func sharedKeys(ctx context.Context, from, to *config.Config) (*keys.Set, error) {
	set, err := openKeys(ctx, from)
	if err != nil {
		return nil, err
	}
	other, err := openKeys(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("the target's keys (copy the source's keys folder there first): %w", err)
	}
	if subtle.ConstantTimeCompare(set.PRF("key set"), other.PRF("key set")) != 1 {
		return nil, errors.New("the two configurations name different key sets: records open under their own only, so copy the keys folder too")
	}
	return set, nil
}

// copyJob is one run of the command.
type copyJob struct {
	env     *environment
	set     *keys.Set
	pairs   []copyPair // the values first
	closers []func() error
}

// copyPair is a store and its copy.
type copyPair struct {
	name   string
	place  place // the target's
	source transfer.Store
	target transfer.Store
}

func (j *copyJob) close() {
	for _, each := range j.closers {
		_ = each() // what was written is durable; nothing is left to lose
	}
}

func (j *copyJob) open(from, to *config.Config) error {
	sourceValues, sourceConversations := places(from)
	targetValues, targetConversations := places(to)
	for _, each := range []struct {
		name           string
		source, target place
	}{{"values", sourceValues, targetValues}, {"conversations", sourceConversations, targetConversations}} {
		if each.source.path != "" && each.source.path == each.target.path {
			return fmt.Errorf("%s: both configurations name %s: there is nothing to copy", each.name, each.source.name)
		}
		source, err := j.opened(each.source, each.source.look)
		if err != nil {
			return fmt.Errorf("%s: source: %s: %w", each.name, each.source.key, err)
		}
		if err := paired(j.env.Context, source, j.set); err != nil {
			return fmt.Errorf("%s: source: %s: %w", each.name, each.source.key, err)
		}
		target, err := j.opened(each.target, each.target.open)
		if err != nil {
			return fmt.Errorf("%s: target: %s: %w", each.name, each.target.key, err)
		}
		j.pairs = append(j.pairs, copyPair{each.name, each.target, source, target})
	}
	return nil
}

func (j *copyJob) opened(at place, open func(context.Context) (store.Store, error)) (transfer.Store, error) {
	opened, err := open(j.env.Context)
	if err != nil {
		return nil, err
	}
	j.closers = append(j.closers, opened.Close)
	whole, ok := opened.(transfer.Store)
	if !ok {
		return nil, errors.New("this kind of store cannot be copied")
	}
	return whole, nil
}

// run copies and verifies, with a mark in each target from the first write to the
// last.
func (j *copyJob) run() error {
	ctx := j.env.Context
	if err := j.begin(); err != nil {
		return err
	}
	for _, pair := range j.pairs {
		said := time.Now()
		if _, err := transfer.Copy(ctx, pair.source, pair.target, func(done transfer.Count) {
			if time.Since(said) >= progressEvery {
				said = time.Now()
				_, _ = fmt.Fprintf(j.env.Stderr, "%s: %d records, %d MiB copied\n", pair.name, done.Records, done.Bytes>>20)
			}
		}); err != nil {
			return fmt.Errorf("%s: %w", pair.name, err)
		}
	}
	for _, pair := range j.pairs {
		_, _ = fmt.Fprintf(j.env.Stderr, "%s: comparing\n", pair.name)
		count, hash, err := transfer.Verify(ctx, pair.source, pair.target, time.Now())
		if err != nil {
			return fmt.Errorf("%s: %w", pair.name, err)
		}
		if _, err := fmt.Fprintf(j.env.Stdout, "%s: %d records, %d bytes, the same on both sides; SHA-256 %s\n", pair.name, count.Records, count.Bytes, hash); err != nil {
			return err
		}
	}
	for _, pair := range slices.Backward(j.pairs) {
		if err := pair.target.Delete(ctx, transfer.MarkKey, 0); err != nil {
			return err
		}
	}
	return nil
}

// begin sees that the targets are empty, or half of a copy under this key set, and
// marks them.
func (j *copyJob) begin() error {
	begun := false // the values' mark is the first to come and the last to go
	for _, pair := range j.pairs {
		marked, err := j.marked(pair.target)
		if err == nil && !marked && !(begun && paired(j.env.Context, pair.target, j.set) == nil) {
			err = empty(j.env.Context, pair.target, j.set)
		}
		if err != nil {
			return fmt.Errorf("%s: target: %s: %w", pair.name, pair.place.key, err)
		}
		begun = begun || marked
	}
	for _, pair := range j.pairs {
		mark := store.Record{Key: transfer.MarkKey, Value: j.set.PRF("key set"), Expires: time.Now().Add(pairingAge)}
		if err := pair.target.Put(j.env.Context, mark); err != nil && !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return nil
}

// marked says that a target is half of a copy under this key set.
func (j *copyJob) marked(target store.Store) (bool, error) {
	mark, err := target.Get(j.env.Context, transfer.MarkKey)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return false, nil
	case err == nil && subtle.ConstantTimeCompare(mark.Value, j.set.PRF("key set")) != 1:
		return false, errors.New("it is half of a copy under another key set: name an empty store")
	}
	return err == nil, err
}

// empty refuses a store that holds more than the mark of its key set.
func empty(ctx context.Context, s store.Store, set *keys.Set) error {
	if err := paired(ctx, s, set); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	found, err := s.List(ctx, "", "", 2)
	if err != nil {
		return err
	}
	for i := range found {
		if found[i].Key != pairingKey {
			return errors.New("it holds records already, which a copy would remove: name an empty store")
		}
	}
	return nil
}
