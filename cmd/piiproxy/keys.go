package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/keys"
)

type keysCommand struct {
	Init keysInitCommand `cmd:"" help:"Make the key set that keys.path names; never overwrites one."`
}

type keysInitCommand struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (keysInitCommand) Help() string {
	return `Example:
  piiproxy keys init -c piiproxy.yaml

Back the folder up apart from the store: without it every record is lost,
together with it every record can be read.`
}

// Run makes the key set. The rest of the configuration may still be unfinished:
// keys are made before the secrets are filled in.
func (c keysInitCommand) Run(env *environment) error {
	loaded, complaints := config.Read(c.Config)
	complaints = slices.DeleteFunc(complaints, func(complaint config.Complaint) bool {
		return complaint.Key != "" && !strings.HasPrefix(complaint.Key, "keys")
	})
	if len(complaints) > 0 {
		return config.Errors(complaints)
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
