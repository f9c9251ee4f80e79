package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/store/bolt"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"piiproxy": main})
}

// TestScripts runs testdata/*.txt: what the commands do, to be read as their
// documentation. Besides the binary a script has the words
//
//	exits CODE ARGS…       run a program and expect this exit code
//	hold FILE              another process holds this store
//	occupy NAME            a port that is in use, in $NAME
//	world                  a platform, a bot and a public URL, in $GRAPH_URL,
//	                       $BOT_URL, $PUBLIC_URL; the authority of their
//	                       certificates in $AUTHORITY
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("APP_SECRET", appSecret)
			env.Setenv("VERIFY_TOKEN", verifyToken)
			env.Setenv("ACCESS_TOKEN", accessToken)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "hold": hold, "occupy": occupy, "world": world,
		},
	})
}

// The secrets of the scripts.
const (
	appSecret   = "canary-app-secret-0001"
	verifyToken = "canary-verify-token-0002"
	accessToken = "canary-access-token-0003"
)

// exits runs a program and expects an exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

func hold(ts *testscript.TestScript, _ bool, args []string) {
	held, err := bolt.Open(bolt.Config{Path: ts.MkAbs(args[0])})
	ts.Check(err)
	ts.Defer(func() { _ = held.Close() })
}

func occupy(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	ts.Setenv(args[0], listener.Addr().String())
}

// world starts what the live check asks.
func world(ts *testscript.TestScript, _ bool, _ []string) {
	public := httptest.NewTLSServer(http.HandlerFunc(answerHandshake))
	bot := httptest.NewServer(http.HandlerFunc(takeDelivery))
	var hook string
	graph := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answerGraph(w, r, hook) }))
	hook = public.URL + "/webhook/main"
	for _, server := range []*httptest.Server{public, bot, graph} {
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are the point
		ts.Defer(server.Close)
	}
	ts.Setenv("PUBLIC_URL", public.URL)
	ts.Setenv("BOT_URL", bot.URL+"/webhook")
	ts.Setenv("GRAPH_URL", graph.URL)
	authority := filepath.Join(ts.Getenv("WORK"), "authority.pem")
	ts.Check(os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: graph.Certificate().Raw}), 0o600))
	ts.Setenv("AUTHORITY", authority)
}

// answerHandshake is the webhook as the platform sees it.
func answerHandshake(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/webhook/main" || r.URL.Query().Get("hub.verify_token") != verifyToken {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge"))
}

// takeDelivery is a bot that verifies signatures.
func takeDelivery(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(body)
	if err != nil || r.Header.Get("X-Hub-Signature-256") != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var delivery struct{ Entry []any }
	if r.URL.Path != "/webhook" || json.Unmarshal(body, &delivery) != nil || len(delivery.Entry) != 0 {
		w.WriteHeader(http.StatusBadRequest)
	}
}

// answerGraph is the part of the platform's API that tells about tokens and
// webhooks.
func answerGraph(w http.ResponseWriter, r *http.Request, hook string) {
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case r.URL.Path == "/debug_token" && bearer == accessToken && r.URL.Query().Get("input_token") == accessToken:
		_, _ = io.WriteString(w, `{"data":{"app_id":"424242","is_valid":true,"scopes":["pages_messaging"]}}`)
	case r.URL.Path == "/424242/subscriptions" && bearer == "424242|"+appSecret:
		_, _ = io.WriteString(w, `{"data":[{"object":"page","callback_url":"`+hook+`","active":true}]}`)
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// TestPoliciesMeanTheSame holds every action that the configuration takes to
// be one that redact knows.
func TestPoliciesMeanTheSame(t *testing.T) {
	for field := range reflect.TypeFor[config.Policy]().Fields() {
		if field.Type != reflect.TypeFor[map[string]string]() {
			continue // media and lifetimes are not redact's
		}
		for action := range strings.SplitSeq(field.Tag.Get("oneof"), ",") {
			policy := config.BuiltinPolicy()
			reflect.ValueOf(&policy).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(map[string]string{"default": action}))
			_, err := redact.NewPolicy("default", redact.Tables{Inbound: policy.Inbound, Outbound: policy.Outbound, Tokens: policy.Tokens, Prompts: policy.Prompts})
			if err != nil {
				t.Error(err)
			}
		}
	}
}
