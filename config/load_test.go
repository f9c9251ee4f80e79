package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/piiproxy/piiproxy/config"
)

// environment sets the variables that the files in testdata name.
func environment(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"APP_SECRET": "canary-app-secret-0001", "VERIFY_TOKEN": "canary-verify-token-0002",
		"SHOP_TOKEN": "canary-shop-token-0003", "SHOP_BOT_SECRET": "canary-bot-secret-0004",
		"EMPTY": "", "PADDED": " canary-padded-0005",
	} {
		t.Setenv(name, value)
	}
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "piiproxy.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheContractLoads(t *testing.T) {
	environment(t)
	c, err := config.Load("testdata/contract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if warnings := c.Warnings(); len(warnings) != 0 {
		t.Errorf("warnings: %v", warnings)
	}
	if diff := cmp.Diff(config.BuiltinPolicy(), c.Policies["default"]); diff != "" {
		t.Errorf("the contract's policy is not the built-in one (-built in +contract):\n%s", diff)
	}
	if got := c.Apps[0].AppSecret.Reveal(); !reflect.DeepEqual(got, []string{"canary-app-secret-0001"}) {
		t.Error("app_secret is not that of the environment")
	}
	if diff := cmp.Diff([]string{"+1 800 555 0100", "+1 800 555 0199"}, c.Accounts[0].Own.Values); diff != "" {
		t.Errorf("own values and those of own.file (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"*@bank.example", "press-?@bank.example"}, c.Accounts[0].Own.Patterns); diff != "" {
		t.Errorf("own patterns and those of own.file (-want +got):\n%s", diff)
	}
	if c.Store.Path != "testdata/data/piiproxy.db" || c.Rules[1] != "testdata/rules/*.yaml" || c.Accounts[0].Own.File != "testdata/own.txt" {
		t.Errorf("paths are not relative to the file: %q %q %q", c.Store.Path, c.Rules[1], c.Accounts[0].Own.File)
	}
}

func TestDefaultsAreTheContract(t *testing.T) {
	environment(t)
	full, err := config.Load("testdata/contract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	minimal, err := config.Load("testdata/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name      string
		got, want any
	}{
		{"listen", minimal.Listen, full.Listen},
		{"policies", minimal.Policies, full.Policies},
		{"keys path", minimal.Keys.Path, full.Keys.Path},
		{"log", minimal.Log, full.Log},
		{"limits", minimal.Limits, full.Limits},
		{"store path", minimal.Store.Path, full.Store.Path},
		{"audit path", minimal.Audit.Path, filepath.Join(filepath.Dir(full.Store.Path), "audit.jsonl")},
		{"audit size", minimal.Audit.MaxBytes, config.Size(64 << 20)},
		{"graph_url", minimal.Accounts[0].GraphURL, full.Accounts[0].GraphURL},
		{"languages", minimal.Accounts[0].Languages, full.Accounts[0].Languages},
		{"mode", minimal.Accounts[0].Mode, full.Accounts[0].Mode},
		{"delivery", minimal.Accounts[0].Delivery, full.Accounts[0].Delivery},
	} {
		if diff := cmp.Diff(part.want, part.got); diff != "" {
			t.Errorf("%s (-contract +default):\n%s", part.name, diff)
		}
	}
}

// TestEveryComplaintAtOnce reads files whose comments say what is wrong with
// their line: "# want TEXT". Each complaint must be wanted, and each want met.
func TestEveryComplaintAtOnce(t *testing.T) {
	environment(t)
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, err := config.Load(file)
			var complaints config.Errors
			if !errors.As(err, &complaints) {
				t.Fatalf("got %v, want Errors", err)
			}
			wanted := wants(t, file)
			for _, complaint := range complaints {
				if !take(wanted, complaint) {
					t.Errorf("not wanted: %s", complaint)
				}
				if strings.Contains(complaint.String(), "canary") || strings.Contains(complaint.String(), "hunter") {
					t.Error("a complaint shows a secret")
				}
			}
			for line, texts := range wanted {
				for _, text := range texts {
					t.Errorf("line %d: no complaint %q", line, text)
				}
			}
		})
	}
}

func wants(t *testing.T, file string) map[int][]string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[int][]string{}
	for i, line := range strings.Split(string(content), "\n") {
		if text, ok := strings.CutPrefix(line, "# want-nowhere "); ok {
			wanted[0] = append(wanted[0], text)
			continue
		}
		parts := strings.Split(line, "# want ")
		for _, text := range parts[1:] {
			wanted[i+1] = append(wanted[i+1], strings.TrimSpace(text))
		}
	}
	return wanted
}

func take(wanted map[int][]string, complaint config.Complaint) bool {
	text := complaint.Text
	if complaint.Key != "" {
		text = complaint.Key + ": " + text
	}
	for i, want := range wanted[complaint.Line] {
		if strings.HasPrefix(text, want) {
			wanted[complaint.Line] = append(wanted[complaint.Line][:i:i], wanted[complaint.Line][i+1:]...)
			return true
		}
	}
	return false
}

func TestFilesThatAreNoConfiguration(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"empty":           {"", ": is empty: piiproxy init"},
		"only a comment":  {"# nothing\n", ": is empty: piiproxy init"},
		"null":            {"~\n", ": is empty: piiproxy init"},
		"not UTF-8":       {"log: \xff\n", ": is not UTF-8"},
		"second document": {"log: {}\n---\nlog: {}\n", ":2: a second document begins here"},
		"bad second":      {"log: {}\n---\n{\n", "is not YAML"},
		"syntax":          {"apps:\n  - name: [main\nlog: {}\n", ":2: is not YAML: "},
		"tab":             {"apps:\n\t- name: main\n", "is not YAML: found character that cannot start any token"},
		"alias":           {"log: *canary-secret\n", "is not YAML: a value begins with *"},
		"list":            {"- 1\n", ":1: is a list, but must be a mapping of listen"},
		"too large":       {strings.Repeat("# comment\n", 120_000), "is larger than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, test.content)
			_, err := config.Load(path)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Error("the error quotes the file")
			}
		})
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "there is no file") {
		t.Errorf("missing file: %v", err)
	}
}

func TestWarnings(t *testing.T) {
	environment(t)
	c, err := config.Load(write(t, `public_url: http://127.0.0.1:8080
apps: [{name: main, app_secret: written-out-in-the-file, verify_token: short}]
accounts:
  - {name: shop, app: main, channel: messenger, bot_url: "http://127.0.0.1:3000", languages: [nl]}
policies: {default: {tokens: {credit_card: restore}}}
limits: {bot_timeout: 25s}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, warning := range c.Warnings() {
		text, _, _ := strings.Cut(warning.String(), "yaml:")
		got = append(got, strings.TrimPrefix(warning.String(), text+"yaml:"))
		if strings.Contains(warning.String(), "written-out") {
			t.Error("a warning shows a secret")
		}
	}
	want := []string{
		`2: warning: apps[0].app_secret: the secret is written out in the configuration: use ${NAME} or ${file:PATH}`,
		`2: warning: apps[0].verify_token: the secret is written out in the configuration: use ${NAME} or ${file:PATH}`,
		`2: warning: apps[0].verify_token: the secret has fewer than 16 characters: use a longer one`,
		`4: warning: accounts[0].regions: names no country, so the rules of every country apply and find more than they should, and phone numbers need their country code: write for example [US]`,
		`4: warning: accounts[0].languages[0]: the built-in phrases know en, es, pt, fr, de, it, hi, id: write rules of your own for nl`,
		`4: warning: accounts[0].policy: policy default answers prompts with capture, which sends a link to public_url, and that opens on this machine only: set public_url to the https address that leads to listen.public, or change the prompts of the policy`,
		`5: warning: policies.default.tokens.credit_card: restores credit_card into the chat, where the platform keeps it: mask is the right action for almost everybody`,
		`6: warning: limits.bot_timeout: the platform gives up after 20s and sends again while the bot still works`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.Policies["default"].Tokens["default"] != "mask" || c.Policies["default"].Tokens["email"] != "" {
		t.Error("a written table must replace the built-in one and keep its default")
	}
}

func TestKindsThatNoRuleProduces(t *testing.T) {
	environment(t)
	c, err := config.Load(write(t, strings.Replace(minimal(t), "accounts:", `policies:
  default:
    inbound: {emial: mask, otp: allow, person: mask, loyalty_card: mask, default: tokenize}
    warn: [phone, credit_cart]
    lifetimes: {emial: 1h, phone: 2h, cvv: 10m}
accounts:`, 1)+`callers:
  - {name: desk, token_sha256: `+strings.Repeat("0a", 32)+`, scopes: [reveal], accounts: [shop], kinds: [phone, emial], level: full, purposes: [support]}
  - {name: all, token_sha256: `+strings.Repeat("0b", 32)+`, scopes: [restore], accounts: [shop], kinds: [all]}
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Callers[1].Rate; got.Count != 600 || got.Per != time.Minute {
		t.Errorf("the rate of a caller that sets none: %+v", got)
	}
	got := c.CheckKinds([]string{"email", "phone", "loyalty_card"})
	want := []config.Complaint{
		{Line: 8, Key: "policies.default.inbound.emial", Text: `no loaded rule produces this kind: correct it, or load the rules that do: did you mean "email"?`},
		{Line: 8, Key: "policies.default.inbound.person", Text: `no loaded rule produces this kind: correct it, or load the rules that do`},
		{Line: 9, Key: "policies.default.warn[1]", Text: `no loaded rule produces this kind: correct it, or load the rules that do`},
	}
	want = append(want, config.Complaint{Line: 10, Key: "policies.default.lifetimes.emial", Text: want[0].Text})
	want = append(want, config.Complaint{Line: 18, Key: "callers[0].kinds[1]", Text: want[0].Text})
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(config.Complaint{}, "File")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func minimal(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("testdata/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestWays(t *testing.T) {
	environment(t)
	c, err := config.Load("testdata/contract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"host shop-bot.internal", "path /shop/", "id 1906385232743451 in the path", "access token", "the only account"}
	if diff := cmp.Diff(want, c.Ways("shop")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c, err = config.Load(write(t, `public_url: https://chat.example.com
apps: [{name: main, app_secret: "${APP_SECRET}", verify_token: "${VERIFY_TOKEN}"}]
accounts:
  - {name: a, app: main, channel: whatsapp, id: "1", business_id: "9", access_token: "${SHOP_TOKEN}", bot_url: "http://127.0.0.1:1", regions: [US]}
  - {name: b, app: main, channel: whatsapp, id: "2", business_id: "9", access_token: "${SHOP_TOKEN}", bot_url: "http://127.0.0.1:2", regions: [US]}
`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"path /b/", "id 2 in the path"}, c.Ways("b")); diff != "" {
		t.Errorf("a token and a business of two accounts are no way (-want +got):\n%s", diff)
	}
	if c.Ways("nobody") != nil {
		t.Error("ways of an account that is not there")
	}
}

// FuzzRead feeds anything: no panic, and no complaint shows a secret.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	bad, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, bad...) {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Add([]byte("a: &a [*a]\nlog: *a\naccounts: [{access_token:EAAcanary0123}]\n"))
	f.Add([]byte("accounts: &a [{own: *a}]\n"))
	const secret = "q8Zk2-canary-v7Yw"
	f.Setenv("APP_SECRET", secret)
	path := filepath.Join(f.TempDir(), "fuzz.yaml")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		c, complaints := config.Read(path)
		for _, complaint := range append(complaints, c.Warnings()...) {
			if strings.Contains(complaint.String(), secret) {
				t.Errorf("a complaint shows a secret, at %s", complaint.Key)
			}
		}
	})
}
