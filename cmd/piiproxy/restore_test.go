package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// restoring runs the command against the chat's serve.
func (c *chat) restoring(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	text, err := os.ReadFile(c.settings.File())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(c.folder, "running.yaml")
	running := strings.NewReplacer(`admin: "127.0.0.1:0"`, `admin: "`+c.server.Addr("admin")+`"`, `addr: "127.0.0.1:0"`, `addr: "`+c.server.Addr("admin")+`"`).Replace(string(text))
	if err := os.WriteFile(file, []byte(running), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	code = run(t.Context(), append([]string{"restore", "-c", file}, args...), strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// TestRestore: a dump of the bot's database gets its values back, by two callers,
// and is audited with both; what they may not both have stays.
func TestRestore(t *testing.T) {
	c, tokens := withRevealers(t)
	t.Setenv("PIIPROXY_TOKEN_FIRST", firstToken)
	second := filepath.Join(c.folder, "second.token")
	if err := os.WriteFile(second, []byte(secondToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, out := filepath.Join(c.folder, "dump.sql"), filepath.Join(c.folder, "restored.sql")
	row := func(mail, card, social string) string {
		return "INSERT INTO people VALUES (1,'" + mail + "','" + card + "','it''s " + social + "');\n"
	}
	dump := strings.Repeat(row(tokens["email"], strings.ToUpper(tokens["creditcard"]), tokens["ssn"]), 2000)
	if err := os.WriteFile(in, []byte(dump), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := c.restoring(t, "--in", in, "--out", out, "--caller", "first", "--caller", "second="+second)
	if code != exitFound || stdout != "" || !strings.Contains(stderr, "restored 4000 tokens; 2000 stand for nothing") {
		t.Fatalf("%d %s %s", code, stdout, stderr)
	}
	got, err := os.ReadFile(out)
	if err != nil || string(got) != strings.Repeat(row(chatMail, chatCard, tokens["ssn"]), 2000) {
		t.Errorf("restored %.200s, %v", got, err)
	}
	if found, err := os.Stat(out); err != nil || found.Mode().Perm() != 0o600 {
		t.Errorf("the mode of the file is %v, %v", found.Mode(), err)
	}
	if log := c.audited(); !strings.Contains(log, `"actor":"caller:first","action":"restore"`) || !strings.Contains(log, `"reason":"with caller:second, file `+hashOf(dump)) {
		t.Errorf("the audit: %s", log)
	}
	c.hides(t, chatMail, chatCard, tokens["email"], "canary")
	if err := os.WriteFile(in, []byte("'"+tokens["email"]+"'"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = c.restoring(t, "--in", in, "--caller", "first", "--caller", "second="+second)
	if code != exitFine || stdout != "'"+chatMail+"'" {
		t.Errorf("to standard output: %d %s %s", code, stdout, stderr)
	}
}

// TestRestoreRefusals: what is not two callers with tokens, or no file, is said
// before anything is made.
func TestRestoreRefusals(t *testing.T) {
	c, tokens := withRevealers(t)
	t.Setenv("PIIPROXY_TOKEN_FIRST", firstToken)
	t.Setenv("PIIPROXY_TOKEN_SECOND", secondToken)
	t.Setenv("PIIPROXY_TOKEN_THIRD", wrongToken)
	in, out, open := filepath.Join(c.folder, "dump.sql"), filepath.Join(c.folder, "restored.sql"), filepath.Join(c.folder, "open.token")
	for file, mode := range map[string]os.FileMode{in: 0o600, open: 0o644} {
		if err := os.WriteFile(file, []byte(tokens["email"]), mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, args := range map[string][]string{
		"one caller":              {"--in", in, "--out", out, "--caller", "first"},
		"the same twice":          {"--in", in, "--out", out, "--caller", "first", "--caller", "first"},
		"a caller without scope":  {"--in", in, "--out", out, "--caller", "first", "--caller", "full"},
		"nobody":                  {"--in", in, "--out", out, "--caller", "first", "--caller", "nobody"},
		"a token that others see": {"--in", in, "--out", out, "--caller", "first", "--caller", "second=" + open},
		"no token":                {"--in", in, "--out", out, "--caller", "first", "--caller", "every"},
		"a wrong token":           {"--in", in, "--out", out, "--caller", "third", "--caller", "second"},
		"no file":                 {"--in", in + "x", "--out", out, "--caller", "first", "--caller", "second", "--format", "sql"},
		"no format":               {"--in", open, "--out", out, "--caller", "first", "--caller", "second"},
		"a file that is there":    {"--in", in, "--out", in, "--caller", "first", "--caller", "second"},
	} {
		code, stdout, stderr := c.restoring(t, args...)
		if code != exitFailed || stdout != "" || stderr == "" || strings.Contains(stderr, "canary") || strings.Contains(stderr, tokens["email"]) {
			t.Errorf("%s: %d %s %s", name, code, stdout, stderr)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: made the file", name)
		}
	}
	if left, err := os.ReadFile(in); err != nil || string(left) != tokens["email"] {
		t.Error("the dump was written over")
	}
}
