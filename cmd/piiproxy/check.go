package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/store"
)

type checkCommand struct {
	Config string `short:"c" required:"" xor:"what" placeholder:"FILE" help:"The configuration."`
	Schema bool   `required:"" xor:"what" help:"Print the JSON Schema of the configuration for editors, and check nothing."`
	Live   bool   `help:"Also ask the platform, the public URL and the bots, and connect to vendors: changes nothing, sends an empty delivery."`
}

// Help is shown by --help.
func (checkCommand) Help() string {
	return `Examples:
  piiproxy check -c piiproxy.yaml
  piiproxy check -c piiproxy.yaml --live
  piiproxy check --schema > schema.json

Every complaint is printed, not only the first one. Exit code 0: fine;
1: something is wrong; 2: the check could not run.`
}

// Run checks one thing after the other and goes on after each complaint.
func (c checkCommand) Run(env *environment) error {
	if c.Schema {
		text, err := config.SchemaText()
		if err != nil {
			return err
		}
		_, err = io.WriteString(env.Stdout, text)
		return err
	}
	if _, err := os.Stat(c.Config); err != nil {
		return fmt.Errorf("there is no configuration %s: write one with piiproxy init, or correct the path", c.Config)
	}
	report := &report{out: env.Stdout, live: c.Live}
	loaded, complaints := config.Read(c.Config)
	report.add(loaded.Warnings()...)
	report.add(complaints...)
	report.note("configuration", "%s, %s", count(len(loaded.Apps), "app"), count(len(loaded.Accounts), "account"))
	checkRules(report, loaded)
	checkForms(report, loaded)
	checkKeys(report, loaded)
	checkStores(report, loaded)
	checkAudit(report, loaded)
	checkListeners(report, loaded)
	checkRoads(report, loaded)
	for _, account := range loaded.Accounts {
		report.note("account "+account.Name, "%s; on the bot listener found by %s", account.Channel, strings.Join(loaded.Ways(account.Name), ", "))
	}
	for _, r := range loaded.Routes {
		places := r.Restore.Fields
		report.note("route "+r.Name, "/route/%s on the bot listener; tokens of %s become values in %s", r.Name, count(len(r.Restore.Kinds), "kind"),
			count(len(places.JSON)+len(places.Text)+len(places.Form)+len(places.Headers), "place"))
	}
	if c.Live && len(complaints) == 0 {
		checkLive(env.Context, report, loaded)
	} else if c.Live {
		report.note("live", "left out until the configuration is right")
	}
	return report.close()
}

// report prints complaints as they come and notes on what was looked at.
type report struct {
	out   io.Writer
	live  bool // serve is meant to run, so what it holds is no complaint
	wrong int
	said  []string
}

func (r *report) add(complaints ...config.Complaint) {
	for _, complaint := range complaints {
		if !complaint.Warning {
			r.wrong++
		}
		r.said = append(r.said, complaint.String())
		r.print("%s\n", complaint)
	}
}

// once adds a complaint that is not there yet.
func (r *report) once(complaint config.Complaint) {
	if !slices.Contains(r.said, complaint.String()) {
		r.add(complaint)
	}
}

// complain is for what stands in another file than the configuration.
func (r *report) complain(text string) {
	r.wrong++
	r.print("%s\n", text)
}

func (r *report) note(what, format string, args ...any) {
	r.print("  %-14s %s\n", what, fmt.Sprintf(format, args...))
}

// print ignores a closed pipe: the exit code still tells.
func (r *report) print(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format, args...) }

func (r *report) close() error {
	if r.wrong > 0 {
		r.print("%s\n", count(r.wrong, "complaint"))
		return errFound
	}
	r.print("fine\n")
	return nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// checkRules loads the rules, runs their examples and compiles the set of
// each account.
func checkRules(report *report, loaded *config.Config) {
	library, err := rules.Load(rules.Sources(loaded.Rules...))
	if err != nil {
		addRuleErrors(report, loaded, "rules", err)
		return
	}
	failures := library.Test()
	for _, failure := range failures {
		report.complain(failure.String())
	}
	report.add(loaded.CheckKinds(kindsOf(library))...)
	judge := &judges{library: library}
	for _, o := range loaded.Overrides {
		judge.overrides = append(judge.overrides, rules.Override{ID: o.ID, Mode: o.Mode, Threshold: o.Threshold})
	}
	for i := range loaded.Accounts {
		if _, err := judge.set(&loaded.Accounts[i]); err != nil {
			addRuleErrors(report, loaded, fmt.Sprintf("accounts[%d]", i), err)
		}
	}
	checkPins(report, loaded, library)
	report.note("rules", "%s, version %s", count(len(library.Rules()), "rule"), library.Version())
}

// addRuleErrors puts the complaints of the rules package where their reader
// finds them: in a rule file, or at the key of the configuration that they are
// about. key is that of the part that was compiled.
func addRuleErrors(report *report, loaded *config.Config, key string, err error) {
	var complaints rules.Errors
	if !errors.As(err, &complaints) {
		report.add(loaded.Complaint(key, "%v", err))
		return
	}
	for _, complaint := range complaints {
		text := complaint.Text
		if complaint.Rule != "" {
			text = "rule " + complaint.Rule + ": " + text
		}
		source := sourceOf(loaded, complaint.File)
		switch {
		case complaint.File == "own":
			report.add(loaded.Complaint(key+".own", "%s", text))
		case complaint.File == "overrides":
			report.once(loaded.Complaint("overrides", "%s", text)) // each account says it
		case complaint.Line == 0 && source >= 0:
			report.add(loaded.Complaint(fmt.Sprintf("rules[%d]", source), "%s", text))
		default:
			report.complain(complaint.String())
		}
	}
}

// sourceOf is the place of a source in the configuration, -1 when it is not there
// by this name.
func sourceOf(loaded *config.Config, name string) int {
	return slices.IndexFunc(loaded.Rules, func(source string) bool {
		unpinned, _ := rules.Unpinned(source)
		return unpinned == name
	})
}

// checkPins warns of packs and files that are no longer what was last read
// through.
func checkPins(report *report, loaded *config.Config, library *rules.Library) {
	for _, warning := range pinWarnings(loaded, library) {
		report.add(warning)
	}
}

// pinWarnings are the complaints about pins, at the keys of the configuration.
func pinWarnings(loaded *config.Config, library *rules.Library) []config.Complaint {
	var warnings []config.Complaint
	for _, drifted := range library.Drift() {
		key := "rules"
		if i := sourceOf(loaded, drifted.File); i >= 0 {
			key = fmt.Sprintf("rules[%d]", i)
		}
		warning := loaded.Complaint(key, "%s %s", drifted.File, drifted.Text)
		warning.Warning = true
		warnings = append(warnings, warning)
	}
	return warnings
}

// checkForms reads the words and the logo of each account's form.
func checkForms(report *report, loaded *config.Config) {
	for i := range loaded.Accounts {
		a, key := &loaded.Accounts[i], fmt.Sprintf("accounts[%d].form", i)
		if _, err := form.NewTexts(a.Form.Texts); err != nil {
			report.add(loaded.Complaint(key+".texts", "%s", strings.Join(strings.Fields(err.Error()), " ")))
		}
		if a.Form.Logo == "" {
			continue
		}
		if _, err := logoOf(a); err != nil {
			report.add(loaded.Complaint(key+".logo", "%v", err))
		}
	}
}

func checkKeys(report *report, loaded *config.Config) {
	if _, err := openKeys(context.Background(), loaded); err != nil {
		report.add(loaded.Complaint("keys.path", "%v", err))
		return
	}
	report.note("keys", "%s opened", loaded.Keys.Path)
}

// lockPatience is how long the check waits for a store that another process
// is just closing.
const lockPatience = 200 * time.Millisecond

// databasePatience is how long the check waits for a database.
const databasePatience = 10 * time.Second

// checkStores opens the stores that are there. It makes none: a check run by
// another user would leave a file that serve cannot open.
func checkStores(report *report, loaded *config.Config) {
	if loaded.Store.Path == "" || loaded.Keys.Path == "" || loaded.Store.Driver == "postgres" && !loaded.Store.URL.IsSet() {
		return
	}
	values, conversations := places(loaded)
	checkStore(report, loaded, values)
	checkStore(report, loaded, conversations)
}

func checkStore(report *report, loaded *config.Config, at place) {
	ctx, cancel := context.WithTimeout(context.Background(), databasePatience)
	defer cancel()
	opened, err := at.look(ctx)
	if err == nil {
		err = errors.Join(checkPaired(ctx, loaded, opened), opened.Close())
	}
	switch {
	case errors.Is(err, errNoStore) && at.path != "":
		checkStoreFolder(report, loaded, at.key, at.path)
	case errors.Is(err, errNoStore):
		report.note("store", "%s is not there yet: serve makes it", at.name)
	case errors.Is(err, store.ErrLocked) && report.live:
		report.note("store", "%s is held, by the running serve", at.name)
	case errors.Is(err, store.ErrLocked):
		report.add(loaded.Complaint(at.key, "store locked by another process: %s is held, most likely by a running piiproxy serve; the rest was checked", at.name))
	case err != nil:
		report.add(loaded.Complaint(at.key, "%v", err))
	default:
		report.note("store", "%s opened", at.name)
	}
}

// checkPaired sees that a store was not written under another key set. Keys that
// cannot be opened have been complained about.
func checkPaired(ctx context.Context, loaded *config.Config, opened store.Store) error {
	set, err := openKeys(ctx, loaded)
	if err != nil {
		return nil
	}
	if err := paired(ctx, opened, set); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

func checkStoreFolder(report *report, loaded *config.Config, key, path string) {
	folder := filepath.Dir(path)
	for {
		found, err := os.Stat(folder)
		if err == nil && !found.IsDir() {
			report.add(loaded.Complaint(key, "%s is a file, so the store cannot be made under it: choose another path", folder))
			return
		}
		if err == nil || folder == filepath.Dir(folder) {
			report.note("store", "%s is not there yet: serve makes it", path)
			return
		}
		folder = filepath.Dir(folder)
	}
}

// checkListeners binds each address for a moment.
func checkListeners(report *report, loaded *config.Config) {
	listen := loaded.Listen
	var free []string
	for _, listener := range []struct{ name, addr string }{
		{"public", listen.Public.Addr},
		{"bot", listen.Bot.Addr},
		{"admin", listen.Admin.Addr},
		{"ops", listen.Ops.Addr},
		{"forward", listen.Forward.Addr},
	} {
		if listener.addr == "" {
			continue
		}
		bound, err := net.Listen("tcp", listener.addr)
		if err == nil {
			err = bound.Close()
		}
		if report.live && errors.Is(err, syscall.EADDRINUSE) {
			report.note("listeners", "%s %s is held, by the running serve", listener.name, listener.addr)
			continue
		}
		if err != nil {
			report.add(loaded.Complaint("listen."+listener.name, "%s: %s", listener.addr, bindProblem(err)))
			continue
		}
		free = append(free, listener.name+" "+listener.addr)
	}
	if len(free) > 0 {
		report.note("listeners", "free: %s", strings.Join(free, ", "))
	}
}

// bindProblem says what to do about an address that cannot be listened on.
func bindProblem(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "port in use: a running piiproxy serve holds it, or another program does; stop that one, or choose another port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "no interface of this machine has this address: use 127.0.0.1, 0.0.0.0 or an address of its own"
	case errors.Is(err, syscall.EACCES):
		return "not allowed: choose a port from 1024 up, or grant CAP_NET_BIND_SERVICE"
	}
	return "cannot be listened on: correct the address"
}
