package config

import (
	"regexp"
	"slices"
)

// Scopes of callers.
const (
	// ScopeLinks lets a caller make links to forms, read them, and fill them in.
	ScopeLinks = "links"
	// ScopeReveal lets it ask what tokens stand for.
	ScopeReveal = "reveal"
	// ScopeRestore lets two callers together turn the tokens in a bot's own database
	// back into values.
	ScopeRestore = "restore"
	// ScopeErase lets it erase a person.
	ScopeErase = "erase"
	// ScopeExport lets it take out all that is kept of a person.
	ScopeExport = "export"
)

// AllKinds in a caller's kinds stands for every kind, those of later rules too.
const AllKinds = "all"

// Levels of what a caller is told of a value, from all to least.
const (
	LevelFull   = "full"   // the value
	LevelMasked = "masked" // its mask
	LevelLast4  = "last4"  // the last four digits of kinds that have a last4
	LevelExists = "exists" // that there is one
)

// Caller is a machine that may call the admin API: a bot that makes links itself,
// the server of a customer's own form, a system that needs values. It shows its
// token with each request (Authorization: Bearer), a client certificate, or both;
// the configuration has hashes only, so that whoever reads the file cannot call. To
// change a token let a second caller stand beside the first for a while.
type Caller struct {
	Name        string   `yaml:"name" required:"yes" doc:"in the audit log"`
	TokenSHA256 string   `yaml:"token_sha256" expand:"yes" doc:"SHA-256 of the token in hex; piiproxy callers token makes both"`
	ClientCert  string   `yaml:"client_cert" expand:"yes" doc:"SHA-256 in hex of the public key (SubjectPublicKeyInfo) of its client certificate; piiproxy callers cert prints it; needs listen.admin.tls.client_ca"`
	Scopes      []string `yaml:"scopes" required:"yes" oneof:"links,reveal,restore,erase,export" doc:"what it may do: links, reveal, restore, erase, export"`
	Accounts    []string `yaml:"accounts" required:"yes" doc:"for which accounts; all others are not there for it"`
	Kinds       []string `yaml:"kinds" doc:"reveal and restore: of which kinds; all must be said"`
	Level       string   `yaml:"level" oneof:"full,masked,last4,exists" doc:"reveal: what it is told of a value: full, masked, last4, exists"`
	Purposes    []string `yaml:"purposes" doc:"reveal: what it may give as purpose; in the audit log"`
	Rate        Rate     `yaml:"rate" doc:"reveal and restore: how many tokens, for example 600/m"`
}

var (
	hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)
	purpose   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
)

// emptyDigest is the hash of nothing: whoever forgot the token has it.
const emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func (f *findings) callers() {
	var names, tokens, accounts []string
	for _, account := range f.config.Accounts {
		accounts = append(accounts, account.Name)
	}
	for i := range f.config.Callers {
		caller, key := &f.config.Callers[i], "callers["+itoa(i)+"]"
		f.name(key+".name", caller.Name, names)
		names = append(names, caller.Name)
		f.token(key+".token_sha256", caller.TokenSHA256, tokens)
		tokens = append(tokens, caller.TokenSHA256)
		f.clientCert(key, i)
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
		f.revealer(key, caller)
	}
}

// clientCert checks the pin of a certificate. Without client_ca nobody shows one.
// Two callers with one key are told apart by nothing, unless both have tokens.
func (f *findings) clientCert(key string, at int) {
	caller := f.config.Callers[at]
	switch pin := caller.ClientCert; {
	case pin == "" && caller.TokenSHA256 == "" && !f.config.written(key+".token_sha256") && !f.config.written(key+".client_cert"):
		f.complain(key+".token_sha256", "is missing, and so is client_cert: a caller has a token, a certificate, or both; piiproxy callers token makes the one, piiproxy callers cert reads the other")
	case pin == "":
	case !hexDigest.MatchString(pin) || pin == emptyDigest:
		f.complain(key+".client_cert", "must be 64 hex digits (0-9, a-f), the SHA-256 of the certificate's public key: piiproxy callers cert FILE prints it")
	case f.config.Listen.Admin.TLS.ClientCA == "":
		f.complain(key+".client_cert", "nobody is asked for a certificate without listen.admin.tls.client_ca: set it, or use token_sha256")
	case slices.ContainsFunc(f.config.Callers[:at], func(c Caller) bool {
		return c.ClientCert == pin && (c.TokenSHA256 == "" || caller.TokenSHA256 == "")
	}):
		f.complain(key+".client_cert", "is the key of another caller, too: give each its own")
	}
}

// revealer checks what is about values: who may ask for them says how much of what
// and what for, and none of it has a default that gives more.
func (f *findings) revealer(key string, caller *Caller) {
	reveals, restores := slices.Contains(caller.Scopes, ScopeReveal), slices.Contains(caller.Scopes, ScopeRestore)
	f.needs(key+".kinds", "kinds", len(caller.Kinds) > 0, reveals || restores, "reveal or restore", "name the kinds, or [all]")
	f.needs(key+".level", "level", caller.Level != "", reveals, "reveal", "full, masked, last4 or exists")
	f.needs(key+".purposes", "purposes", len(caller.Purposes) > 0, reveals, "reveal", "a list of words such as chargeback")
	if f.config.written(key+".rate") && !reveals && !restores {
		f.complain(key+".rate", "is for the scope reveal or restore: take it away, or add the scope")
	}
	if restores && caller.Level != "" && caller.Level != LevelFull {
		f.complain(key+".level", "is less than full, and restore gives whole values back: make two callers")
	}
	f.each(key+".kinds", caller.Kinds, "kind")
	f.each(key+".purposes", caller.Purposes, "purpose")
	for j, kind := range caller.Kinds {
		switch at := key + ".kinds[" + itoa(j) + "]"; {
		case kind == AllKinds && len(caller.Kinds) > 1:
			f.complain(at, "stands beside others: write [all] alone, or the kinds")
		case !kindName.MatchString(kind):
			f.complain(at, "is no kind: kinds are written with a-z, 0-9 and _")
		}
	}
	for j, text := range caller.Purposes {
		if !purpose.MatchString(text) {
			f.complain(key+".purposes["+itoa(j)+"]", "must be a word of a-z, 0-9, - and _, 64 at most, because it stands in the audit log")
		}
	}
}

// needs complains about a key that a scope needs and is not there, and about one
// that does nothing without the scope.
func (f *findings) needs(at, name string, there, needed bool, scopes, what string) {
	switch written := f.config.written(at); {
	case needed && !there && !written:
		f.complain(at, "is missing: the scope needs %s: %s", name, what)
	case !needed && written:
		f.complain(at, "is for the scope %s: take it away, or add the scope", scopes)
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
