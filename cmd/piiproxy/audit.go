package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/keys"
)

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Find out whether anything was done to the audit log."`
	Report auditReportCommand `cmd:"" help:"Who got to know what, what was erased, changed and weakened."`
}

// auditFlags say which log is read, and with which keys.
type auditFlags struct {
	Files  []string `arg:"" optional:"" name:"FILE" help:"Files in the order of the chain; those of the configuration when absent."`
	Key    []string `placeholder:"FILE" help:"A sign.pub of public keys; the one in keys.path when absent."`
	Config string   `short:"c" placeholder:"FILE" help:"The configuration."`
}

type auditVerifyCommand struct {
	auditFlags
	Head []string `placeholder:"HEAD" help:"A head that the log said earlier (event audit_head): the chain must have it."`
}

// Help is shown by --help.
func (auditVerifyCommand) Help() string {
	return `Says where something was changed, taken out, put in, moved, cut off or written anew.
It runs beside serve, and needs public keys only.

Examples:
  piiproxy audit verify -c piiproxy.yaml
  piiproxy audit verify --head 4712-c81e5f0c9a3c51f0e2b7d6845f0c9a3c -c piiproxy.yaml
  piiproxy audit verify --key sign.pub audit-000000104233.jsonl audit.jsonl

Exit code 0: all holds; 1: something was done to the log; 2: it could not be read.`
}

// Run verifies the log.
func (c auditVerifyCommand) Run(env *environment) error {
	var heads []audit.Head
	for _, text := range c.Head {
		head, err := audit.ParseHead(text)
		if err != nil {
			return fmt.Errorf("--head: %w", err)
		}
		heads = append(heads, head)
	}
	report, err := c.read(env, audit.Verifier{Heads: heads})
	if err != nil {
		return err
	}
	if err := printVerified(env.Stdout, report, len(heads)); err != nil {
		return err
	}
	if report.Count > 0 {
		return errFound
	}
	return nil
}

// read reads the log that the flags name.
func (f auditFlags) read(env *environment, v audit.Verifier) (audit.Report, error) {
	settings := config.Default()
	if f.Config != "" {
		read, err := readFor(f.Config, "audit", "store.path", "keys.path")
		if err != nil {
			return audit.Report{}, err
		}
		settings = read
	}
	names := f.Key
	switch {
	case f.Config == "" && len(f.Files) == 0:
		return audit.Report{}, errors.New("name the configuration with -c, or the files")
	case f.Config == "" && len(names) == 0:
		return audit.Report{}, errors.New("name the public keys with --key, or the configuration with -c: without them only the chain could be checked, which whoever writes the files can also write anew")
	case len(names) == 0:
		names = []string{filepath.Join(settings.Keys.Path, keys.PublicFile)}
	}
	var err error
	if v.Keys, err = publicKeys(names); err != nil {
		return audit.Report{}, err
	}
	v.Progress = func(lines int) { _, _ = fmt.Fprintf(env.Stderr, "%d lines\n", lines) }
	if len(f.Files) > 0 {
		return v.Files(f.Files...)
	}
	return v.Log(settings.AuditPath())
}

func publicKeys(names []string) (map[string]ed25519.PublicKey, error) {
	all := map[string]ed25519.PublicKey{}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: name the public keys with --key", name)
		}
		found, err := keys.ParsePublic(content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		maps.Copy(all, found)
	}
	return all, nil
}

// printVerified says what was found, the worst last.
func printVerified(to io.Writer, r audit.Report, heads int) error {
	lines := []string{fmt.Sprintf("%s, %s, %d of them signed", count(len(r.Files), "file"), count(r.Lines, "line"), r.Signed)}
	if r.First > 1 {
		lines = append(lines, fmt.Sprintf("the chain begins at line %d here: what is older is in files that are not among these", r.First))
	}
	if r.Bare > 0 {
		lines = append(lines, unsigned(r))
	}
	if r.Recovered > 0 {
		lines = append(lines, fmt.Sprintf("%s of audit_recovered: a writer did not end in order (docs/audit.md)", count(r.Recovered, "line")))
	}
	if r.Lines > 0 {
		lines = append(lines, "head "+r.Head.String())
	}
	for i := range r.Problems {
		lines = append(lines, r.Problems[i].Error())
	}
	switch {
	case r.Count > len(r.Problems):
		lines = append(lines, fmt.Sprintf("and %d more", r.Count-len(r.Problems)))
	case r.Count > 0:
	case heads > 0:
		lines = append(lines, "all lines hold, and so do the heads")
	default:
		lines = append(lines, "all lines hold; what was cut off at the end shows only against --head")
	}
	if r.Count > 0 {
		lines = append(lines, fmt.Sprintf("%s before the first problem hold", count(r.Held, "line")))
	}
	_, err := io.WriteString(to, strings.Join(slices.Concat(lines, []string{""}), "\n"))
	return err
}

// unsigned says of how many lines at the end nobody can tell yet who wrote them.
func unsigned(r audit.Report) string {
	return fmt.Sprintf("%s at the end no signature covers yet: a running serve signs them within a second; where none runs, whoever can write the file may have written them", count(r.Bare, "line"))
}
