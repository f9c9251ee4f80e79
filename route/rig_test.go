package route_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/route"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/store/memory"
	"github.com/piiproxy/piiproxy/vault"
)

const (
	anna  = "psid:7301558493021174"
	bert  = "psid:6622190047385512"
	email = "jane.doe@corp.example"
	phone = "+14155550123"
	spelt = "(415) 555-0123" // phone, as its person wrote it
	card  = "4111111111111111"
	where = "behind the mill, Little Rissington"
	token = "rt_4mYv0sQhXk2w"
)

// builtin is compiled once.
var builtin = sync.OnceValues(func() (*rules.Library, error) { return rules.Load(rules.Sources("builtin")) })

// rig is a desk on real parts before a real vendor.
type rig struct {
	t       testing.TB
	vendor  *vendor
	route   *route.Route
	desk    *route.Desk
	server  *httptest.Server
	vault   *vault.Vault
	book    *conversation.Book
	audit   *audit.Log
	file    string // of the audit
	logs    *bytes.Buffer
	metrics *prometheus.Registry
	ledger  *route.Ledger
	ahead   atomic.Int64
	mode    rules.Mode
	limits  route.Limits
	store   *memory.Store
	auditor route.Auditor
}

func (r *rig) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

// pointers reads JSON pointers.
func pointers(t testing.TB, texts ...string) (all []route.Pointer) {
	for _, text := range texts {
		p, err := route.ParsePointer(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func allowed(t testing.TB, texts ...string) (all []route.Allowed) {
	for _, text := range texts {
		a, err := route.ParseAllowed(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// newRig starts one; change alters the route, or the rig before it starts.
func newRig(t testing.TB, change ...func(*rig)) *rig {
	t.Helper()
	hash := sha256.Sum256([]byte(token))
	r := &rig{
		t: t, logs: &bytes.Buffer{}, metrics: prometheus.NewRegistry(), file: filepath.Join(t.TempDir(), "audit.jsonl"),
		limits: route.Limits{Payload: payload.DefaultLimits(), Dial: time.Second, TLS: time.Second, Header: time.Second, Total: 2 * time.Second},
	}
	r.vendor = newVendor(t, (*httptest.Server).Start)
	r.route = &route.Route{
		Name: "orders", Purpose: "order-lookup", Token: &hash, Credential: "Authorization",
		Allow: allowed(t, "GET /customers/*", "POST /v2/orders", "PUT /v2/orders/*", "POST /free/**"),
		Restore: route.Restore{
			Accounts: []string{"shop"}, Kinds: []string{"email", "phone", "credit_card", "address"}, PerDay: 100,
			JSON: pointers(t, "/customer/email", "/customer/phone", "/items/*/to", "/card"), Text: pointers(t, "/note"),
			Form: []string{"email", "to[]"}, Headers: []string{"X-Customer-Email"},
		},
	}
	r.route.Upstream.Base, _ = url.Parse(r.vendor.URL + "/api")
	r.route.Upstream.Headers = map[string]func() string{"X-Api-Key": func() string { return "vendor key" }}
	for _, c := range change {
		c(r)
	}
	r.start()
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) start() {
	r.t.Helper()
	secrets, err := keys.Ephemeral()
	r.must(err)
	r.store = memory.Open(&memory.Storage{}, r.now)
	r.book = conversation.NewBook(r.store, secrets, r.now)
	r.vault = vault.New(vault.Config{Store: r.store, Keys: secrets, Now: r.now})
	r.audit, err = audit.Open(r.file)
	r.must(err)
	if r.auditor == nil {
		r.auditor = r.audit
	}
	library, err := builtin()
	r.must(err)
	set, err := library.Set(rules.View{Account: "shop", Channel: "messenger", Regions: []string{"US"}, Languages: []string{"en"}})
	r.must(err)
	policy, err := redact.NewPolicy("default", redact.Tables{Inbound: map[string]string{"person": "allow", "url": "report", "default": "tokenize"}})
	r.must(err)
	r.ledger = route.NewLedger(r.store, secrets, r.now)
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{LevelKey: "level", EncodeLevel: zapcore.LowercaseLevelEncoder}), zapcore.Lock(zapcore.AddSync(r.logs)), zapcore.DebugLevel)
	r.desk = route.New(route.Config{
		Routes: []*route.Route{r.route}, Vault: r.vault, Conversations: r.book, Ledger: r.ledger, Audit: r.auditor, Limits: r.limits,
		Toward: func(account string) redact.Scope {
			return redact.Scope{
				Policy: &policy, Rules: set, Mode: r.mode,
				Context: rules.Context{Direction: rules.Inbound, Channel: "messenger", Account: account, Region: "US", Language: "en"},
			}
		},
		Reports: route.Reports{Log: zap.New(core), Metrics: route.NewMetrics(r.metrics, []*route.Route{r.route}, func() {}), Now: time.Now},
	})
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.desk.Serve(w, request, "5e6ad5ff81422770d693ef5a", func() ([]byte, *route.Refusal) {
			raw, err := io.ReadAll(request.Body)
			if err != nil {
				return nil, &route.Refusal{Reason: "body_incomplete", Status: http.StatusBadRequest}
			}
			return raw, nil
		})
	}))
	r.t.Cleanup(func() {
		r.server.Close()
		_ = r.desk.Close()
		_ = r.audit.Close()
		_ = r.vault.Close()
	})
}

// token makes the token of a value of a person.
func (r *rig) token(account, person, kind, canonical, text string) string {
	r.t.Helper()
	c, err := r.book.Ensure(context.Background(), account, []string{person})
	r.must(err)
	tokens, err := r.vault.Tokens(context.Background(), c, []vault.Value{{Kind: kind, Canonical: canonical, Text: text, Origin: vault.Chat}})
	r.must(err)
	return tokens[0]
}

func (r *rig) email() string { return r.token("shop", anna, "email", email, email) }

// reply is what the bot gets.
type reply struct {
	status int
	header http.Header
	body   string
}

func (g reply) reason() string {
	var body struct{ Reason, Place string }
	_ = json.Unmarshal([]byte(g.body), &body)
	return body.Reason
}

func (g reply) place() string {
	var body struct{ Place string }
	_ = json.Unmarshal([]byte(g.body), &body)
	return body.Place
}

// ask sends a request to the route, with its token; headers are "Name: value".
func (r *rig) ask(method, target, body string, headers ...string) reply {
	r.t.Helper()
	request, err := http.NewRequest(method, r.server.URL+"/route/orders"+target, strings.NewReader(body))
	r.must(err)
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if value == "" {
			request.Header.Del(name)
		} else {
			request.Header[http.CanonicalHeaderKey(name)] = []string{value}
		}
	}
	response, err := r.server.Client().Do(request)
	r.must(err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	r.must(err)
	return reply{response.StatusCode, response.Header, string(raw)}
}

func (r *rig) order(body string) reply { return r.ask("POST", "/v2/orders", body) }

// audited gives the lines of the audit.
func (r *rig) audited() string {
	r.t.Helper()
	raw, err := os.ReadFile(r.file)
	r.must(err)
	return string(raw)
}

// refused wants a refusal that sent nothing and says no token and no value.
func (r *rig) refused(what string, got reply, reason string) {
	r.t.Helper()
	if got.reason() != reason || got.status < 400 {
		r.t.Errorf("%s: %d %s, want %s", what, got.status, got.body, reason)
	}
	if heard := r.vendor.heard(); len(heard) != 0 {
		r.t.Errorf("%s: the vendor got %s", what, heard[0].seen())
	}
	if strings.Contains(got.body, "pii_") {
		r.t.Errorf("%s: the answer has a token: %s", what, got.body)
	}
}

// passed wants an answer of the vendor, and gives the request that it got.
func (r *rig) passed(what string, got reply) received {
	r.t.Helper()
	heard := r.vendor.heard()
	if got.status != http.StatusOK || len(heard) != 1 {
		r.t.Fatalf("%s: %d %s, the vendor heard %d requests", what, got.status, got.body, len(heard))
	}
	return heard[0]
}
