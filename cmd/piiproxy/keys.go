package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/keys"
)

type keysCommand struct {
	Init   keysInitCommand   `cmd:"" help:"Make the key set that keys.path names; never overwrites one."`
	List   keysListCommand   `cmd:"" help:"Which keys there are, and what is sealed under each."`
	Rotate keysRotateCommand `cmd:"" help:"Make a new key, and use it once every instance has it."`
	Retire keysRetireCommand `cmd:"" help:"Destroy a key that nothing is sealed under any more."`
	Rewrap keysRewrapCommand `cmd:"" help:"Encrypt the key set under another key-encrypting key."`
}

type keysInitCommand struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (keysInitCommand) Help() string {
	return `Example:
  piiproxy keys init -c piiproxy.yaml

A folder made by an earlier version gets what it lacks; nothing is overwritten.
Back the folder up apart from the store: without it every record is lost,
together with it every record can be read.`
}

// Run makes the key set. The rest of the configuration may still be unfinished:
// keys are made before the secrets are filled in.
func (c keysInitCommand) Run(env *environment) error {
	loaded, err := readFor(c.Config, "keys")
	if err != nil {
		return err
	}
	folder, err := keyFolder(loaded)
	if err != nil {
		return err
	}
	if err := keys.Init(env.Context, folder); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "wrote keys to %s: back them up apart from the store\n", loaded.Keys.Path)
	return err
}

type keysRotateCommand struct {
	Use    string        `arg:"" optional:"" default:"sealing" enum:"sealing,signing" help:"sealing (records; the default) or signing (the audit log)."`
	Stage  bool          `help:"Only add the key; a fleet with copies of the folder gets them before it is used. Run again without it."`
	Wait   time.Duration `default:"2m" help:"How long to wait until every running instance has the key."`
	Reason string        `default:"rotation" placeholder:"TEXT" help:"Kept in the audit log."`
	Config string        `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (keysRotateCommand) Help() string {
	return `Examples:
  piiproxy keys rotate -c piiproxy.yaml
  piiproxy keys rotate signing -c piiproxy.yaml
  piiproxy keys rotate --stage -c piiproxy.yaml   # a fleet: then copy keys.path to
  piiproxy keys rotate -c piiproxy.yaml           # all machines, then this, copy again

Instances go on running. They take up the new key, and when all that run on this
store have it, it is used; what older keys sealed moves to it in the background.
No token changes. Back the folder up afterwards.`
}

// Run stages a key, waits for the instances, and promotes it.
func (c keysRotateCommand) Run(env *environment) error {
	admin, err := openKeyAdmin(env.Context, c.Config)
	if err != nil {
		return err
	}
	return errors.Join(c.rotate(env, admin), admin.close())
}

func (c keysRotateCommand) rotate(env *environment, admin *keyAdmin) error {
	var id string
	err := admin.do(env.Context, console.KeyOrder{Action: console.KeysStage, Key: c.Use, Reason: c.Reason}, func(console.KeyAnswer) error {
		var err error
		id, err = admin.folder.Stage(env.Context, c.Use)
		return err
	})
	if err != nil {
		return err
	}
	if c.Stage {
		_, err := fmt.Fprintf(env.Stdout, "staged %s key %s, which is not used yet: copy %s to all machines, then run this again without --stage\n", c.Use, id, admin.folder.Path)
		return err
	}
	if err := admin.wait(env.Context, id, c.Wait); err != nil {
		return err
	}
	err = admin.do(env.Context, console.KeyOrder{Action: console.KeysPromote, Key: id, Reason: c.Reason}, func(console.KeyAnswer) error {
		return admin.folder.Promote(env.Context, id)
	})
	if err != nil {
		return fmt.Errorf("key %s is staged and not used: %w", id, err)
	}
	after := "what older keys sealed moves to it in the background; piiproxy keys list shows how far it is"
	if c.Use == keys.Signing {
		after = "the older public keys stay in sign.pub, to verify what they signed"
	}
	_, err = fmt.Fprintf(env.Stdout, "%s key %s is in use: %s\nback up %s again, and keep its older backups as long as backups of the store from before\n", c.Use, id, after, admin.folder.Path)
	return err
}

type keysRetireCommand struct {
	Key    string `arg:"" help:"The key's id, from keys list."`
	Force  bool   `help:"Destroy it even though records are sealed under it. They are lost."`
	Reason string `required:"" placeholder:"TEXT" help:"Kept in the audit log."`
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (keysRetireCommand) Help() string {
	return `Example:
  piiproxy keys retire 1a2b3c4d --reason "rotated in March" -c piiproxy.yaml

Refuses while a record is sealed under the key or an instance seals with it. A
backup of the store from before the rotation needs the backup of the folder from
then.

--force destroys the key at once. Conversations that are sealed under it lose
their tokens, deliveries that wait for the bot under it are lost, open links end.
It is for a key that somebody else has.`
}

// Run destroys a key.
func (c keysRetireCommand) Run(env *environment) error {
	admin, err := openKeyAdmin(env.Context, c.Config)
	if err != nil {
		return err
	}
	lost := 0
	err = admin.checkRetire(c.Key)
	if err == nil {
		err = admin.do(env.Context, console.KeyOrder{Action: console.KeysRetire, Key: c.Key, Reason: c.Reason, Force: c.Force}, func(answer console.KeyAnswer) error {
			lost = answer.Records
			return admin.folder.Retire(env.Context, c.Key, lost > 0)
		})
	}
	if err = errors.Join(err, admin.close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "destroyed key %s; %d records were sealed under it\n", c.Key, lost)
	return err
}

type keysRewrapCommand struct {
	New    string `placeholder:"FILE" help:"A configuration with the new keys.kek; the rest of it is not read."`
	Reason string `default:"rotation" placeholder:"TEXT" help:"Kept in the audit log."`
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration, with the keys.kek of now."`
}

// Help is shown by --help.
func (keysRewrapCommand) Help() string {
	return `Examples:
  piiproxy keys rewrap -c piiproxy.yaml                 # a fresh key of the same source
  piiproxy keys rewrap --new next.yaml -c piiproxy.yaml # another source

Keys and records stay as they are; only what encrypts the key set changes. Without
--new a key in a file is replaced, and a transit key is used in its newest version
(rotate it in Vault first). With --new, restart serve with the new configuration;
it goes on with the keys that it has until then. Interrupted, run it again.`
}

// Run encrypts the key set anew.
func (c keysRewrapCommand) Run(env *environment) error {
	to, err := c.target()
	if err != nil {
		return err
	}
	admin, err := openKeyAdmin(env.Context, c.Config)
	if err != nil {
		return err
	}
	err = admin.do(env.Context, console.KeyOrder{Action: console.KeysRewrap, Key: "kek", Reason: c.Reason}, func(console.KeyAnswer) error {
		if to == nil {
			return admin.folder.Renew(env.Context)
		}
		return admin.folder.Rewrap(env.Context, to)
	})
	if err = errors.Join(err, admin.close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "the key set in %s is encrypted anew; destroy the old key-encrypting key when no backup needs it\n", admin.folder.Path)
	return err
}

// target is the new KEK; nil when it is to be of the same source.
func (c keysRewrapCommand) target() (keys.KEK, error) {
	if c.New == "" {
		return nil, nil
	}
	loaded, err := readFor(c.New, "keys")
	if err != nil {
		return nil, err
	}
	folder, err := keyFolder(loaded)
	if err == nil && folder.KEK == nil {
		err = errors.New("it names no keys.kek")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.New, err)
	}
	return folder.KEK, nil
}

// wait waits until every running instance has a key.
func (a *keyAdmin) wait(ctx context.Context, id string, atMost time.Duration) error {
	deadline := time.Now().Add(atMost)
	for {
		list, err := a.desk.List(ctx)
		if err != nil {
			return err
		}
		lag := list.Instances // they do not even know of it
		for _, key := range list.Keys {
			if key.ID == id {
				lag = key.Lagging
			}
		}
		if lag == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("key %s is staged and not used: %d of %d running instances do not have it; copy %s to their machines and run this again",
				id, lag, list.Instances, a.folder.Path)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}
