package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// The tokens of callers; nobody but they may see one.
const (
	revealerToken = "ppx_canary-of-the-revealer-aaaa"
	firstToken    = "ppx_canary-of-the-first-bbbbbbb"
	secondToken   = "ppx_canary-of-the-second-cccccc"
	foreignToken  = "ppx_canary-of-a-foreigner-ddddd"
)

// callers is the part of the configuration that lets them in, and the hashes of their
// tokens, which stand in the environment.
func callers() (yaml string, environ []string) {
	yaml = "callers:\n"
	line := func(name, token, more string) {
		hash := sha256.Sum256([]byte(token))
		variable := strings.ToUpper(name) + "_SHA256"
		yaml += fmt.Sprintf("  - {name: %s, token_sha256: \"${%s}\", kinds: [all], rate: 100000/m, %s}\n", name, variable, more)
		environ = append(environ, variable+"="+hex.EncodeToString(hash[:]))
	}
	line("revealer", revealerToken, "scopes: [reveal], accounts: [shop], level: full, purposes: [test]")
	line("foreigner", foreignToken, "scopes: [reveal], accounts: [spool], level: full, purposes: [test]")
	line("first", firstToken, "scopes: [restore], accounts: [shop]")
	line("second", secondToken, "scopes: [restore], accounts: [shop]")
	return yaml, environ
}

var tokenInBody = regexp.MustCompile(`pii_[a-z0-9]+_[a-z2-7]{26}`)

// reveals asks for what the bot got, in good days and bad ones. A value stands in the
// answer to who may have it and in a restored file, and nowhere else; tokens, callers'
// tokens and what was asked for stand nowhere.
func (a *aviary) reveals() {
	for _, token := range []string{revealerToken, firstToken, secondToken, foreignToken} {
		a.flock.note("a caller's token", token, false)
	}
	person, value := a.flock.hatch("reveal, person", anID, true), a.flock.hatch("reveal, e-mail", anEmail, false)
	before := len(a.bot.Deliveries())
	a.deliver(rig.Page(rig.PageEntry(page, rig.Text(person, page, rig.NewID("m_"), "mail "+value))))
	token := tokenInBody.FindString(string(a.bot.Await(a, before+1)[before].Body))
	a.flock.note("reveal, token", token, true)
	order := func(tokens ...string) string {
		return `{"tokens":["` + strings.Join(tokens, `","`) + `"],"purpose":"test"}`
	}
	if reply := a.asksAs(revealerToken, "/v1/reveal", order(strings.ToUpper(token))); reply.Status != http.StatusOK || !bytes.Contains(reply.Body, []byte(value)) {
		a.Errorf("reveal: %d", reply.Status)
	}
	for name, reply := range map[string]rig.Reply{
		"another account":  a.asksAs(foreignToken, "/v1/reveal", order(token)),
		"a value":          a.asksAs(revealerToken, "/v1/reveal", order(a.flock.hatch("reveal, asked for by value", aCard, false))),
		"a value as token": a.asksAs(revealerToken, "/v1/reveal", order("pii_"+strings.ToLower(a.flock.hatch("reveal, as a kind", aCard, false))+"_"+token[len(token)-26:])),
		"a user":           a.asksAs(revealerToken, "/v1/reveal", `{"tokens":["`+token+`"],"purpose":"test","account":"shop","user":"`+a.flock.hatch("reveal, another user", anID, false)+`"}`),
	} {
		if reply.Status != http.StatusOK || !bytes.Contains(reply.Body, []byte(`{"found":false}`)) {
			a.Errorf("reveal of %s: %d", name, reply.Status)
		}
		a.keepWhole(reply)
	}
	for _, body := range []string{
		`{"tokens":["` + token + `"],"purpose":"` + a.flock.hatch("reveal, purpose", aWord, false) + `"}`,
		`{"tokens":["` + token + `"],"` + a.flock.hatch("reveal, key", aWord, false) + `":1}`,
		`{"tokens":["` + token + `"`,
		order(strings.Repeat(a.flock.hatch("reveal, too much", anEmail, false), 5000)),
	} {
		a.keepWhole(a.asksAs(revealerToken, "/v1/reveal", body))
	}
	a.keepWhole(a.asksAs(a.flock.hatch("reveal, wrong token", aWord, false)+strings.Repeat("x", 26), "/v1/reveal", order(token)))
	a.keepWhole(a.asksAs(firstToken, "/v1/restore", order(token)))
	a.proxy.StoreFull(a, true) // the audit log's disk, too
	for path, body := range map[string]string{"/v1/reveal": order(token), "/v1/restore": `{"tokens":["` + token + `"],"file":"` + strings.Repeat("ab", 32) + `"}`} {
		reply := a.asksAs(map[string]string{"/v1/reveal": revealerToken, "/v1/restore": firstToken}[path], path, body)
		if reply.Status != http.StatusServiceUnavailable {
			a.Errorf("%s with a full disk: %d", path, reply.Status)
		}
		a.keepWhole(reply)
	}
	a.proxy.StoreFull(a, false)
	rig.Eventually(a, func() bool { return a.asksAs(revealerToken, "/v1/reveal", order(token)).Status == http.StatusOK },
		func() string { return "reveal does not recover after the disk was full" })
	a.restores(token, value)
}

// asksAs calls the admin listener as a caller.
func (a *aviary) asksAs(token, path, body string) rig.Reply {
	config, err := os.ReadFile(a.proxy.File)
	if err != nil {
		a.Fatal(err)
	}
	request, err := http.NewRequestWithContext(a.Context(), http.MethodPost, "http://"+string(adminAddress.FindSubmatch(config)[1])+path, strings.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	if path == "/v1/restore" && token == firstToken && !strings.Contains(body, "purpose") {
		request.Header.Set("Piiproxy-Approval", "Bearer "+secondToken)
	}
	return rig.Do(http.DefaultClient, request)
}

// keepWhole keeps an answer for the search, whatever its status.
func (a *aviary) keepWhole(reply rig.Reply) {
	a.mu.Lock()
	defer a.mu.Unlock()
	fmt.Fprintf(&a.answers, "%d %v\n%s\n", reply.Status, reply.Header, reply.Body)
}

// restores turns a dump back, outside of piiproxy's folder. What the command says is
// searched; what it writes is for who asked.
func (a *aviary) restores(token, value string) {
	folder := a.TempDir()
	in, out := filepath.Join(folder, "dump.sql"), filepath.Join(folder, "restored.sql")
	if err := os.WriteFile(in, []byte("('"+token+"')"), 0o600); err != nil {
		a.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(a.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, rig.Binary(), "restore", "--in", in, "--out", out, "--caller", "first", "--caller", "second", "-c", a.proxy.File)
	command.Env = append(os.Environ(), "PIIPROXY_TOKEN_FIRST="+firstToken, "PIIPROXY_TOKEN_SECOND="+secondToken)
	said, err := command.CombinedOutput()
	if err != nil {
		a.Errorf("restore: %v", err)
	}
	a.keepWhole(rig.Reply{Body: said})
	if restored, err := os.ReadFile(out); err != nil || string(restored) != "('"+value+"')" {
		a.Error("the dump was not restored")
	}
	for _, name := range []string{in, out} {
		if err := os.Remove(name); err != nil {
			a.Error(err)
		}
	}
}
