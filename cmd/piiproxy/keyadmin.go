package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/rotation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/memory"
)

// readFor reads a configuration for a command that needs some parts of it only:
// complaints about others are none of its business.
func readFor(file string, parts ...string) (*config.Config, error) {
	loaded, complaints := config.Read(file)
	complaints = slices.DeleteFunc(complaints, func(complaint config.Complaint) bool {
		return complaint.Key != "" && !slices.ContainsFunc(parts, func(part string) bool { return strings.HasPrefix(complaint.Key, part) })
	})
	if len(complaints) > 0 {
		return nil, config.Errors(complaints)
	}
	return loaded, nil
}

// keyAdmin is what the commands that change keys work on: the folder, and the desk
// of the running serve, or one of their own when none runs.
type keyAdmin struct {
	folder keys.Folder
	set    *keys.Set
	desk   console.KeyDesk
	close  func() error
}

func openKeyAdmin(ctx context.Context, file string) (*keyAdmin, error) {
	settings, err := readFor(file, "keys", "listen.admin", "store", "audit")
	if err != nil {
		return nil, err
	}
	a := &keyAdmin{close: func() error { return nil }}
	if a.folder, err = keyFolder(settings); err != nil {
		return nil, err
	}
	if a.set, err = keys.Open(ctx, a.folder); err != nil {
		return nil, err
	}
	remote := remoteKeyDesk{file}
	_, err = remote.List(ctx)
	if err == nil {
		a.desk = remote
		return a, nil
	}
	if !errors.Is(err, errNoServe) {
		return nil, err
	}
	return a, a.openLocal(ctx, settings)
}

// openLocal opens what serve would have open.
func (a *keyAdmin) openLocal(ctx context.Context, settings *config.Config) error {
	var closers []func() error
	a.close = func() error {
		var problems error
		for _, close := range slices.Backward(closers) {
			problems = errors.Join(problems, close())
		}
		return problems
	}
	var opened []store.Store
	values, conversations := places(settings)
	for _, place := range []place{conversations, values} {
		s, err := place.look(ctx)
		switch {
		case errors.Is(err, errNoStore):
			s = memory.Open(new(memory.Storage), nil) // nothing is sealed yet
		case errors.Is(err, store.ErrLocked):
			return errors.Join(fmt.Errorf("%s: a running piiproxy serve holds it and does not answer on listen.admin: look at that one first", place.key), a.close())
		case err != nil:
			return errors.Join(fmt.Errorf("%s: %w", place.key, err), a.close())
		}
		closers = append(closers, s.Close)
		opened = append(opened, s)
	}
	if settings.Store.Driver == "bolt" { // one process has it: this one
		if err := rotation.Forget(ctx, opened[0]); err != nil {
			return errors.Join(err, a.close())
		}
	}
	log, err := openAudit(settings, a.set)
	if err != nil {
		return errors.Join(err, a.close())
	}
	closers = append(closers, log.Close)
	a.desk = keyDesk{set: a.set, meta: opened[0], stores: opened, audit: log}
	return nil
}

// checkRetire sees that a key is one to retire, before anything is written down.
func (a *keyAdmin) checkRetire(id string) error {
	for _, key := range a.set.Keys() {
		switch {
		case key.ID != id:
		case key.Use != keys.Sealing:
			return fmt.Errorf("it is a %s key, and only sealing keys are retired (docs/keys.md)", key.Use)
		case key.State == keys.Primary:
			return errors.New("it is the primary, which seals: run piiproxy keys rotate first")
		default:
			return nil
		}
	}
	return errors.New("there is no such key: piiproxy keys list shows them")
}

// do has an order recorded, and then does it; when that fails it is recorded, too.
func (a *keyAdmin) do(ctx context.Context, order console.KeyOrder, act func(console.KeyAnswer) error) error {
	order.Actor = actor()
	answer, err := a.desk.Order(ctx, order)
	if err != nil {
		return err
	}
	err = act(answer)
	if err == nil {
		return nil
	}
	order.Failed = true
	if _, again := a.desk.Order(context.WithoutCancel(ctx), order); again != nil {
		err = errors.Join(err, again)
	}
	return err
}

// remoteKeyDesk is the desk of the running serve.
type remoteKeyDesk struct{ file string }

// List implements console.KeyDesk.
func (d remoteKeyDesk) List(ctx context.Context) (list console.KeyList, err error) {
	err = get(ctx, d.file, "/v1/keys", &list)
	return list, err
}

// Order implements console.KeyDesk.
func (d remoteKeyDesk) Order(ctx context.Context, order console.KeyOrder) (answer console.KeyAnswer, err error) {
	err = ask(ctx, d.file, "/v1/keys", order, &answer)
	return answer, err
}
