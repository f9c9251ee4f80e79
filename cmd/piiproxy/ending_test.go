package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/internal/lifetimes"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/transcript"
	"github.com/piiproxy/piiproxy/vault"
)

// aged makes all conversations seem as if nothing had come for so long.
func (c *chat) aged(by time.Duration) {
	c.t.Helper()
	records, err := c.stores.conversations.List(c.t.Context(), "conversation/", "", store.MaxPage)
	if err != nil || len(records) == 0 {
		c.t.Fatal("no conversations", err)
	}
	for _, record := range records {
		record.Expires = time.Now().Add(conversation.Lifetime - by)
		if err := c.stores.conversations.Put(c.t.Context(), record); err != nil {
			c.t.Fatal(err)
		}
	}
}

// TestDestroy: a policy ends a conversation through the real wiring, everything of
// the person is gone, and what remains is read by command and verified with
// nothing but the public key.
func TestDestroy(t *testing.T) {
	c := newChat(t, `, policy: brief`, "policies: {brief: {destroy: {after: 240h, transcript: 2400h}}}\n")
	token := c.lives()
	end := func() {
		if err := c.people.ender.End(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	end()
	if c.byPrefix()["draft"] != 1 {
		t.Errorf("no draft of a conversation that goes on: %v", c.byPrefix())
	}
	c.aged(10 * 24 * time.Hour)
	end()
	if c.byPrefix()["transcript"] != 0 || c.byPrefix()["value"] != 2 {
		t.Fatalf("ended too early: %v", c.byPrefix())
	}
	c.aged(11*24*time.Hour + time.Minute)
	end()
	left := c.byPrefix()
	for _, what := range []string{"conversation", "alias", "value", "owner", "chat", "residue", "link", "chart", "draft"} {
		if left[what] != 0 {
			t.Errorf("%d of %s are left", left[what], what)
		}
	}
	lifetimes.Read(t, "../../docs/lifetimes.md").Check(t, c.stores.values, time.Now())
	if got := c.command("/v1/transcripts", `{"account":"nobody","actor":"op"}`); got.status == http.StatusOK {
		t.Errorf("an account that is not there: %s", got.body)
	}
	got := c.command("/v1/transcripts", `{"account":"shop","actor":"op"}`)
	page := decoded[console.TranscriptPage](t, got)
	if got.status != http.StatusOK || len(page.Transcripts) != 1 || page.Tampered != 0 {
		t.Fatalf("listing: %d %s", got.status, got.body)
	}
	if log := c.audited(); !strings.Contains(log, `"transcript list"`) || !strings.Contains(log, `"destroy_after"`) {
		t.Errorf("the audit log has %s", log)
	}
	c.verifies(page.Transcripts[0], token)
	c.says("my mail is " + annaMail)
	if again := mailToken.FindString(c.bot.last()); again == "" || again == token {
		t.Error("the same value has the same token, or none")
	}
}

// verifies runs the command on a transcript, as it is and altered.
func (c *chat) verifies(signed console.SignedTranscript, token string) {
	t := c.t
	der, err := x509.MarshalPKIXPublicKey(c.keys.SigningKey())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(c.folder, "sign.pub")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(signed console.SignedTranscript) (int, string) {
		line, err := json.Marshal(signed)
		if err != nil {
			t.Fatal(err)
		}
		var out, problems bytes.Buffer
		code := run(t.Context(), []string{"transcript", "--verify", file}, bytes.NewReader(append(line, '\n')), &out, &problems)
		return code, out.String()
	}
	code, out := verify(signed)
	var made transcript.Transcript
	if err := json.Unmarshal([]byte(out), &made); err != nil || code != exitFine {
		t.Fatalf("exit %d: %s", code, out)
	}
	if len(made.Lines) != 2 || made.Account != "shop" || !strings.Contains(out, token) {
		t.Errorf("the transcript is %s", out)
	}
	for _, canary := range []string{annaMail, chatAnna, "4111", "1111"} {
		if strings.Contains(out, canary) {
			t.Errorf("the transcript tells %q", canary)
		}
	}
	signed.Statement = bytes.Replace(signed.Statement, []byte("email"), []byte("phone"), 1)
	if code, out := verify(signed); code != exitFound || out != "" {
		t.Errorf("altered: exit %d, %s", code, out)
	}
}

// TestVolatileKinds: what the configuration bounds is what the vault never writes.
func TestVolatileKinds(t *testing.T) {
	for _, kind := range []string{"cvv", "otp", "email", "credit_card"} {
		longest, volatile := vault.Lifetime(kind)
		t.Setenv("APP_SECRET", appSecret)
		t.Setenv("VERIFY_TOKEN", verifyToken)
		for lifetime, want := range map[time.Duration]bool{longest: true, longest + time.Second: !volatile} {
			file := filepath.Join(t.TempDir(), "piiproxy.yaml")
			text := `public_url: https://chat.example.com
apps: [{name: main, app_secret: "${APP_SECRET}", verify_token: "${VERIFY_TOKEN}"}]
accounts: [{name: shop, app: main, channel: messenger, bot_url: "http://127.0.0.1:1", regions: [US]}]
policies: {default: {lifetimes: {` + kind + `: ` + lifetime.String() + `}}}
`
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := config.Load(file); (err == nil) != want {
				t.Errorf("%s for %v: %v", kind, lifetime, err)
			}
		}
	}
}
