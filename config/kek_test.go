package config_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/config"
)

// TestKEK: each source is read as it is written, and the schema takes it.
func TestKEK(t *testing.T) {
	environment(t)
	t.Setenv("PIIPROXY_KEK", "a KEK")
	t.Setenv("VAULT_TOKEN", "hvs.canary-token-0001")
	for written, good := range map[string]func(config.KEK) bool{
		"file: apart/kek":                       func(k config.KEK) bool { return strings.HasSuffix(k.File, "/apart/kek") },
		"env: PIIPROXY_KEK":                     func(k config.KEK) bool { return k.Env == "PIIPROXY_KEK" },
		"command: [/usr/bin/pass, show, 'a b']": func(k config.KEK) bool { return len(k.Command) == 3 && k.Command[2] == "a b" },
		"vault: {address: 'https://vault.example:8200', key: piiproxy, token: '${VAULT_TOKEN}', mount: a/transit, namespace: team}": func(k config.KEK) bool {
			return k.Vault.On() && k.Vault.Token.Reveal() == "hvs.canary-token-0001" && k.Vault.Mount == "a/transit" && k.Vault.Namespace == "team"
		},
	} {
		content := minimal(t) + "keys: {path: k, kek: {" + written + "}}\n"
		c, err := config.Load(write(t, content))
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		if !good(c.Keys.KEK) {
			t.Errorf("%s is read as something else", written)
		}
		if err := validate(t, content); err != nil {
			t.Errorf("%s: the schema: %v", written, err)
		}
	}
}
