package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
)

type modeCommand struct {
	Account string        `arg:"" help:"The account's name."`
	Mode    string        `arg:"" enum:"enforce,shadow,off" help:"enforce, shadow (log only) or off."`
	For     time.Duration `required:"" placeholder:"30m" help:"How long; up to 24h. Then the account's own mode holds again."`
	Reason  string        `required:"" placeholder:"TEXT" help:"Kept in the audit log."`
	All     bool          `help:"Card numbers and security codes, too; without it they stay hidden."`
	Config  string        `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (modeCommand) Help() string {
	return `Break glass: changes an account's mode in the running serve, for a while.
It is audited and raises an alarm.

Example:
  piiproxy mode shop shadow --for 30m --reason "INC-4711: names come out wrong" -c piiproxy.yaml`
}

// Run asks the running serve.
func (c modeCommand) Run(env *environment) error {
	order := console.ModeOrder{Account: c.Account, Mode: c.Mode, For: c.For, Reason: c.Reason, All: c.All, Actor: actor()}
	if err := ask(env.Context, c.Config, "/v1/mode", order, &struct{}{}); err != nil {
		return err
	}
	_, err := fmt.Fprintf(env.Stdout, "%s is in mode %s for %s\n", c.Account, c.Mode, c.For)
	return err
}

type conversationCommand struct {
	Account string `arg:"" help:"The account's name."`
	Source  string `arg:"" enum:"-" help:"- : the user id comes on standard input, so that no process list shows it."`
	Config  string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (conversationCommand) Help() string {
	return `Gives the hash by which logs call a person. It is audited.

Example:
  piiproxy conversation shop - -c piiproxy.yaml < id.txt`
}

// maxID bounds a user id on standard input.
const maxID = 256

// Run asks the running serve.
func (c conversationCommand) Run(env *environment) error {
	id, err := io.ReadAll(io.LimitReader(env.Stdin, maxID))
	if err != nil {
		return errors.New("reading the user id from standard input")
	}
	var answer console.HashAnswer
	order := console.HashOrder{Account: c.Account, ID: strings.TrimSpace(string(id)), Actor: actor()}
	if err := ask(env.Context, c.Config, "/v1/conversation", order, &answer); err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, answer.Conversation)
	return err
}

// ask posts an order to the admin listener of the running serve, signed under the
// key set, which only those can do who can read it.
func ask(ctx context.Context, file, path string, order, answer any) error {
	body, err := json.Marshal(order)
	if err != nil {
		return errors.New("encoding the order")
	}
	return call(ctx, file, http.MethodPost, path, body, answer)
}

// get asks the admin listener without an order, signed alike.
func get(ctx context.Context, file, path string, answer any) error {
	return call(ctx, file, http.MethodGet, path, nil, answer)
}

func call(ctx context.Context, file, method, path string, body []byte, answer any) error {
	settings, complaints := config.Read(file)
	complaints = slices.DeleteFunc(complaints, func(c config.Complaint) bool {
		return c.Key != "" && !strings.HasPrefix(c.Key, "keys") && !strings.HasPrefix(c.Key, "listen.admin")
	})
	if len(complaints) > 0 {
		return config.Errors(complaints) // the secrets of apps and accounts are not needed here
	}
	set, err := openKeys(ctx, settings)
	if err != nil {
		return err
	}
	client, base, err := adminClient(settings.Listen.Admin)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("listen.admin: %s is no address to call", settings.Listen.Admin.Addr)
	}
	request.Header.Set("Content-Type", "application/json")
	console.Authorize(request, body, set, time.Now())
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("%w on listen.admin (%s): is serve running with this configuration?", errNoServe, settings.Listen.Admin.Addr)
	}
	defer response.Body.Close()
	return readAnswer(response, answer)
}

// errNoServe says that no serve is there to ask.
var errNoServe = errors.New("nobody answers")

func readAnswer(response *http.Response, answer any) error {
	decoder := json.NewDecoder(io.LimitReader(response.Body, maxAnswer))
	if response.StatusCode != http.StatusOK {
		var problem console.Problem
		if err := decoder.Decode(&problem); err != nil || problem.Error == "" {
			return fmt.Errorf("the admin listener answered %d", response.StatusCode)
		}
		return errors.New(problem.Error)
	}
	if err := decoder.Decode(answer); err != nil {
		return errors.New("the admin listener's answer cannot be read")
	}
	return nil
}

// actor names who gave an order, for the audit log.
func actor() string {
	if u, err := user.Current(); err == nil {
		return "cli:" + u.Username
	}
	return "cli"
}

// maxAnswer bounds an answer of the admin listener: an export may have all values
// of a person.
const maxAnswer = 64 << 20
