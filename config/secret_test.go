package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/piiproxy/piiproxy/config"
)

func TestSecretsDoNotPrint(t *testing.T) {
	environment(t)
	c, err := config.Load("testdata/contract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	secret := c.Apps[0].VerifyToken
	hidden := struct{ secret config.Secret }{secret} // fmt cannot call methods here
	var printed []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p", "%T"} {
		for _, value := range []any{secret, &secret, c.Apps[0].AppSecret, c, *c, hidden, &hidden, map[string]config.Secret{"a": secret}} {
			printed = append(printed, fmt.Sprintf(verb, value))
		}
	}
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "secret", secret, "config", c)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "secret", secret, "config", c)
	for _, text := range append(printed, string(asJSON), string(asYAML), logged.String()) {
		if strings.Contains(text, "canary") || strings.Contains(text, fmt.Sprintf("%x", "canary")) {
			t.Errorf("shows a secret: %.60s…", text)
		}
	}
	if !strings.Contains(string(asYAML), "verify_token: <secret>") {
		t.Error("YAML does not say that there is a secret")
	}
}

// secretFiles is a folder with a configuration whose secrets stand in files.
func secretFiles(t *testing.T, mode os.FileMode, content string) (configuration, secret string) {
	t.Helper()
	environment(t)
	configuration = write(t, strings.Replace(minimal(t), "${APP_SECRET}", "${file:app_secret}", 1))
	secret = filepath.Join(filepath.Dir(configuration), "app_secret")
	put(t, secret, content, mode)
	return configuration, secret
}

func put(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // past the umask
		t.Fatal(err)
	}
}

func TestSecretFilesThatAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		mode          os.FileMode
		content, want string
	}{
		"group can read":  {0o640, "canary-0123456789\n", "has mode 0640, so others can read or change it: run chmod 600 "},
		"others can read": {0o604, "canary-0123456789\n", "run chmod 600 "},
		"empty":           {0o600, "", "the secret has length zero"},
		"only a newline":  {0o600, "\n", "the secret has length zero"},
		"two lines":       {0o600, "canary-1\ncanary-2\n", "one file holds one secret and nothing else"},
		"large":           {0o600, strings.Repeat("canary", 20_000), "is larger than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			configuration, _ := secretFiles(t, test.mode, test.content)
			_, err := config.Load(configuration)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "yaml:4: apps[0].app_secret: ") {
				t.Errorf("got %v, want %q with its line", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Error("the error shows the secret")
			}
		})
	}
	t.Run("folder", func(t *testing.T) {
		configuration, secret := secretFiles(t, 0o600, "x")
		if err := os.Remove(secret); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(secret, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(configuration); err == nil || !strings.Contains(err.Error(), "is a folder, not a file") {
			t.Errorf("got %v", err)
		}
	})
}

func TestSecretFilesAreReadAgain(t *testing.T) {
	configuration, path := secretFiles(t, 0o600, "canary-before-0123\r\n")
	c, err := config.Load(configuration)
	if err != nil {
		t.Fatal(err)
	}
	secret := c.Apps[0].AppSecret[0]
	if secret.Reveal() != "canary-before-0123" || secret.Fault() != nil {
		t.Fatal("the first value is not there")
	}

	put(t, path, "canary-after-0123", 0o644) // wide open: not taken
	eventually(t, func() bool { return secret.Fault() != nil })
	if secret.Reveal() != "canary-before-0123" {
		t.Error("a bad file replaced the last good value")
	}
	faults := c.CheckFaults()
	if len(faults) != 1 || faults[0].Key != "apps[0].app_secret" || !strings.Contains(faults[0].Text, "chmod 600") || strings.Contains(faults[0].Text, "canary") {
		t.Errorf("faults: %v", faults)
	}

	if err := os.Remove(path); err != nil { // gone: the value stays
		t.Fatal(err)
	}
	eventually(t, func() bool { return secret.Fault() != nil && !strings.Contains(secret.Fault().Error(), "mode") })
	if secret.Reveal() != "canary-before-0123" {
		t.Error("a missing file replaced the last good value")
	}

	put(t, path, "canary-after-0123", 0o600)
	eventually(t, func() bool { return secret.Reveal() == "canary-after-0123" })
	if secret.Fault() != nil {
		t.Error("the fault stays after the file is good again")
	}
}

// eventually waits for what happens within some seconds.
func eventually(t *testing.T, happened func() bool) {
	t.Helper()
	for range 1000 {
		if happened() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("did not happen")
}
