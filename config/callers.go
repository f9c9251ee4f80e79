package config

import (
	"regexp"
	"slices"
)

// ScopeLinks lets a caller make links to forms, read them, and fill them in.
const ScopeLinks = "links"

// Caller is a machine that may call the admin API: a bot that makes links itself,
// or the server of a customer's own form. It shows its token with each request
// (Authorization: Bearer); the configuration has the token's hash only, so that
// whoever reads the file cannot call. To change a token let a second caller stand
// beside the first for a while.
type Caller struct {
	Name        string   `yaml:"name" required:"yes" doc:"in the audit log"`
	TokenSHA256 string   `yaml:"token_sha256" required:"yes" expand:"yes" doc:"SHA-256 of the token in hex; piiproxy callers token makes both"`
	Scopes      []string `yaml:"scopes" required:"yes" oneof:"links" doc:"what it may do: links (/v1/links)"`
	Accounts    []string `yaml:"accounts" required:"yes" doc:"for which accounts; all others are not there for it"`
}

var hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// emptyDigest is the hash of nothing: whoever forgot the token has it.
const emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func (f *findings) callers() {
	var names, tokens, accounts []string
	for _, account := range f.config.Accounts {
		accounts = append(accounts, account.Name)
	}
	for i, caller := range f.config.Callers {
		key := "callers[" + itoa(i) + "]"
		f.name(key+".name", caller.Name, names)
		names = append(names, caller.Name)
		f.token(key+".token_sha256", caller.TokenSHA256, tokens)
		tokens = append(tokens, caller.TokenSHA256)
		f.each(key+".scopes", caller.Scopes, "scope")
		f.each(key+".accounts", caller.Accounts, "account")
		for j, account := range caller.Accounts {
			if !slices.Contains(accounts, account) {
				f.complain(key+".accounts["+itoa(j)+"]", "there is no account%s%s", quoted(account), didYouMean(account, accounts))
			}
		}
		if slices.Contains(caller.Scopes, ScopeLinks) && f.config.PublicURL == "" && !f.config.written("public_url") {
			f.complain(key+".scopes", "links need public_url, and there is none")
		}
	}
}

// token checks the hash of a token, which is no secret: but what stands there in
// its place may be one, so it is not quoted.
func (f *findings) token(key, hash string, earlier []string) {
	switch {
	case hash == "": // decoding said so
	case !hexDigest.MatchString(hash):
		f.complain(key, "must be 64 hex digits (0-9, a-f), the SHA-256 of the token and not the token: piiproxy callers token makes both")
	case hash == emptyDigest:
		f.complain(key, "is the hash of an empty text: piiproxy callers token makes a token and its hash")
	case slices.Contains(earlier, hash):
		f.complain(key, "is the token of another caller, too: give each its own")
	}
}

// each complains about a list that is empty, or has something twice.
func (f *findings) each(key string, list []string, noun string) {
	if len(list) == 0 && f.config.written(key) {
		f.complain(key, "is empty: name at least one %s", noun)
	}
	for i, name := range list {
		if slices.Contains(list[:i], name) {
			f.complain(key+"["+itoa(i)+"]", "stands twice: keep one")
		}
	}
}

// hosts checks the further names of a listener.
func (f *findings) hosts(key string, hosts []string) {
	if len(hosts) > 0 && key != "listen.admin" {
		f.complain(key+".hosts", "is for listen.admin only: take it away")
		return
	}
	for i, host := range hosts {
		if !bareHost.MatchString(host) {
			f.complain(key+".hosts["+itoa(i)+"]", "must be a host name in small letters without https://, port and path")
		}
	}
}

var bareHost = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)
