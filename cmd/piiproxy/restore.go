package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/client"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/restore"
)

type restoreCommand struct {
	In      string   `required:"" placeholder:"FILE" help:"The dump, plain text."`
	Out     string   `placeholder:"FILE" help:"Where it goes with values in the place of tokens; must not be there yet. Standard output without it."`
	Callers []string `name:"caller" sep:"none" placeholder:"NAME[=FILE]" help:"A caller with the scope restore; twice, with two names. Its token is in the file, or in the environment as PIIPROXY_TOKEN_NAME."`
	Format  string   `placeholder:"NAME" help:"How the file writes values: text, json, csv, tsv, sql, mysql, copy, or two, the outer first: sql,json. By the ending of its name without it."`
	Config  string   `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (restoreCommand) Help() string {
	return `The way out: turns every token in a dump of the bot's own database back into its
value, in any case and with every other byte as it was. It takes two callers of the
running serve, each with its own token, and is audited with both names and the file's
SHA-256. docs/reveal.md says how each format writes a value with a quote in it.

Exit code 1 says that some tokens stand for nothing any more, or are not for both.

Example:
  PIIPROXY_TOKEN_RESTORE_ANNA=… piiproxy restore --in dump.sql --out restored.sql \
    --caller restore-anna --caller restore-ben=ben.token -c piiproxy.yaml`
}

// restorePatience is how long it waits in all for the callers' rates.
const restorePatience = 24 * time.Hour

// Run rewrites the file with the help of the running serve.
func (c restoreCommand) Run(env *environment) error {
	format, err := restore.ParseFormat(c.Format, c.In)
	if err != nil {
		return err
	}
	piiproxy, batch, err := c.connect()
	if err != nil {
		return err
	}
	defer piiproxy.Close()
	in, err := os.Open(c.In)
	if err != nil {
		return errors.New("--in cannot be read: correct the path, or its owner")
	}
	defer in.Close()
	hash, size, err := hashed(in)
	if err != nil {
		return err
	}
	out, finish, err := c.output(env)
	if err != nil {
		return err
	}
	again := sha256.New()
	report, err := restore.Rewrite(env.Context, restore.Config{
		From: io.TeeReader(in, again), To: out, Format: format, Batch: batch, Lookup: lookup(piiproxy, hash), Progress: progress(env.Stderr, size),
	})
	if err == nil && hex.EncodeToString(again.Sum(nil)) != hash {
		err = errors.New("the file changed while it was read: do it again when nobody writes to it")
	}
	if err := finish(err); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(env.Stderr, "restored %d tokens; %d stand for nothing any more, or are not for both callers, and stay\n", report.Restored, report.Left)
	if report.Left > 0 {
		return errFound
	}
	return nil
}

// hashed is the SHA-256 and the size of a file, which is then at its beginning.
func hashed(file *os.File) (hash string, size int64, err error) {
	digest := sha256.New()
	if size, err = io.Copy(digest, file); err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return "", 0, errors.New("--in must be a file that can be read twice, for its SHA-256 and for itself")
	}
	return hex.EncodeToString(digest.Sum(nil)), size, nil
}

// output opens where the file goes. finish closes it, and takes it away when what
// it is given is an error: half of a dump is none.
func (c restoreCommand) output(env *environment) (to io.Writer, finish func(error) error, err error) {
	if c.Out == "" {
		return env.Stdout, func(err error) error { return err }, nil
	}
	file, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, nil, errors.New("--out cannot be made: it must not be there yet, and its folder must be yours")
	}
	return file, func(err error) error {
		if err == nil {
			err = file.Sync()
		}
		if err = errors.Join(err, file.Close()); err != nil {
			_ = os.Remove(c.Out)
		}
		return err
	}, nil
}

// lookup asks the running serve.
func lookup(piiproxy *client.Client, hash string) restore.Lookup {
	return func(ctx context.Context, tokens []string) (map[string]string, error) {
		values, err := piiproxy.Restore(ctx, tokens, hash)
		if err != nil {
			return nil, err
		}
		found := map[string]string{}
		for i, value := range values {
			if value.Found {
				found[tokens[i]] = value.Text
			}
		}
		return found, nil
	}
}

// progress says every few seconds how far it is.
func progress(to io.Writer, size int64) func(restore.Report) {
	last := time.Now()
	return func(r restore.Report) {
		if now := time.Now(); now.Sub(last) > 2*time.Second {
			last = now
			_, _ = fmt.Fprintf(to, "piiproxy: %d of %d MiB, %d tokens restored\n", r.Bytes>>20, size>>20, r.Restored)
		}
	}
}

// connect makes the client of both callers, and says how many tokens both may ask
// for at once.
func (c restoreCommand) connect() (*client.Client, int, error) {
	settings, complaints := config.Read(c.Config)
	complaints = slices.DeleteFunc(complaints, func(c config.Complaint) bool {
		return c.Key != "" && !strings.HasPrefix(c.Key, "listen.admin")
	})
	if len(complaints) > 0 {
		return nil, 0, config.Errors(complaints) // secrets and hashes are not needed here
	}
	if len(c.Callers) != 2 {
		return nil, 0, errors.New("restoring takes two callers: --caller NAME --caller NAME")
	}
	batch := client.MostTokens
	var names, tokens []string
	for _, each := range c.Callers {
		name, file, _ := strings.Cut(each, "=")
		at := slices.IndexFunc(settings.Callers, func(c config.Caller) bool { return c.Name == name })
		switch {
		case at < 0 || !slices.Contains(settings.Callers[at].Scopes, config.ScopeRestore):
			return nil, 0, errors.New("--caller must be one of callers with the scope restore")
		case slices.Contains(names, name):
			return nil, 0, errors.New("restoring takes two different callers: the same one stands twice")
		}
		batch = min(batch, settings.Callers[at].Rate.Count)
		token, err := callerToken(name, file)
		if err != nil {
			return nil, 0, err
		}
		names, tokens = append(names, name), append(tokens, token)
	}
	url, trust, err := callersAddress(settings.Listen.Admin)
	if err != nil {
		return nil, 0, err
	}
	piiproxy, err := client.New(client.Config{URL: url, Token: tokens[0], Second: tokens[1], TLS: trust, Patience: restorePatience})
	return piiproxy, batch, err
}

// callersAddress is where the running serve listens, and what to trust and show there.
func callersAddress(endpoint config.Endpoint) (string, *tls.Config, error) {
	host := reachable(endpoint.Addr)
	if !endpoint.TLS.On() {
		return "http://" + host, nil, nil
	}
	trust, err := pinned(endpoint.TLS.Cert)
	if err != nil {
		return "", nil, err
	}
	if endpoint.TLS.ClientCA != "" {
		if trust.Certificates, err = ownCertificate(); err != nil {
			return "", nil, err
		}
	}
	return "https://" + host, trust, nil
}

// callerToken reads a token from a file that only its owner may read, or from the
// environment.
func callerToken(name, file string) (string, error) {
	if file == "" {
		variable := "PIIPROXY_TOKEN_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		token := os.Getenv(variable)
		if token == "" {
			return "", fmt.Errorf("the token of %s is not there: set %s, or write --caller %s=FILE", name, variable, name)
		}
		return token, nil
	}
	found, err := os.Stat(file)
	if err != nil || !found.Mode().IsRegular() {
		return "", fmt.Errorf("the file with the token of %s cannot be read", name)
	}
	if found.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("others may read the file with the token of %s: run chmod 600 on it", name)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("the file with the token of %s cannot be read", name)
	}
	return strings.TrimSpace(string(content)), nil
}
