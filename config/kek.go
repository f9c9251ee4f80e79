package config

import (
	"os"
	"regexp"
	"strings"
)

// KEK says where the key-encrypting key is. At most one field is set; none means
// the file kek in keys.path.
type KEK struct {
	File    string   `yaml:"file" expand:"yes" path:"yes" doc:"32 bytes in base64, readable by its owner only; piiproxy keys init makes it when it is missing"`
	Env     string   `yaml:"env" doc:"name of an environment variable that holds 32 bytes in base64"`
	Command []string `yaml:"command" doc:"a program and its arguments, without a shell; prints 32 bytes in base64 within 10 s"`
	Vault   Transit  `yaml:"vault" doc:"a key in the transit engine of HashiCorp Vault or OpenBao, which never leaves it"`
}

// Transit names a key in a transit engine.
type Transit struct {
	Address   string `yaml:"address" required:"yes" expand:"yes" doc:"https://host:port; http for loopback only"`
	Key       string `yaml:"key" required:"yes" doc:"the key's name; of type aes256-gcm96"`
	Token     Secret `yaml:"token" required:"yes" doc:"may update MOUNT/encrypt/KEY and MOUNT/decrypt/KEY; a file is read again when it changes"`
	Mount     string `yaml:"mount" doc:"where the engine is mounted; transit when absent"`
	Namespace string `yaml:"namespace" doc:"none when absent"`
	CA        string `yaml:"ca" expand:"yes" path:"yes" doc:"authorities to trust, PEM; the system's when absent"`
}

// On reports whether a transit key is configured.
func (t Transit) On() bool { return t.Address != "" || t.Key != "" || t.Token.IsSet() }

// transitName is what keys, mounts and namespaces may be called: it stands in a
// path.
var transitName = regexp.MustCompile(`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/?$`)

func (f *findings) keys() {
	keys := f.config.Keys
	if keys.Path == "" {
		f.complain("keys.path", "is empty: name a folder")
	}
	sources := 0
	for _, is := range []bool{keys.KEK.File != "", keys.KEK.Env != "", len(keys.KEK.Command) > 0, keys.KEK.Vault.On()} {
		if is {
			sources++
		}
	}
	switch {
	case sources > 1:
		f.complain("keys.kek", "names more than one source: the key set is encrypted under one key; keep one of file, env, command and vault")
	case sources == 0 && f.config.written("keys.kek"):
		f.complain("keys.kek", "names no source: set one of file, env, command and vault, or take kek away for the file kek in keys.path")
	}
	f.kekSource(keys.KEK)
}

func (f *findings) kekSource(kek KEK) {
	if kek.Env != "" {
		if _, there := os.LookupEnv(kek.Env); !variableName.MatchString(kek.Env) {
			f.complain("keys.kek.env", "is no name of an environment variable: write the name alone, without ${ }")
		} else if !there {
			f.complain("keys.kek.env", "the environment variable %s is not set: set it to 32 bytes in base64 (openssl rand -base64 32)", kek.Env)
		}
	}
	if len(kek.Command) > 0 && strings.TrimSpace(kek.Command[0]) == "" {
		f.complain("keys.kek.command", "its first element is empty: it is the program, with its full path")
	}
	if kek.Vault.On() {
		f.transit("keys.kek.vault", kek.Vault)
	}
}

func (f *findings) transit(key string, t Transit) {
	if t.Address != "" {
		u, problem := webURL(t.Address)
		switch {
		case problem != "":
			f.complain(key+".address", "%s", problem)
		case u.RawQuery != "" || strings.Trim(u.Path, "/") != "":
			f.complain(key+".address", "has a path or a query: write scheme, host and port only")
		case u.Scheme == "http" && !loopback(u.Hostname()):
			f.complain(key+".address", "must be https: the token and the key set go there")
		}
	}
	for _, part := range []struct{ name, value string }{{"key", t.Key}, {"mount", t.Mount}, {"namespace", t.Namespace}} {
		if part.value != "" && (!transitName.MatchString(part.value) || strings.Contains(part.value, "..") || part.name == "key" && strings.Contains(part.value, "/")) {
			f.complain(key+"."+part.name, "holds characters that do not stand in a path: write the name as Vault shows it")
		}
	}
	if t.CA == "" {
		return
	}
	if _, err := ClientCA(t.CA); err != nil {
		f.complain(key+".ca", "%v", err)
	}
}
