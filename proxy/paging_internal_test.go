package proxy

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/guard"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// paging rewrites answers and says of each string what became of it.
type paging struct {
	proxy  *Proxy
	engine *redact.Engine
	scope  redact.Scope
	owner  *Account
}

func newPaging(f *testing.F) *paging {
	f.Helper()
	set, err := keys.Ephemeral()
	if err != nil {
		f.Fatal(err)
	}
	all := map[string]string{"default": "allow"}
	policy, err := redact.NewPolicy("open", redact.Tables{Inbound: all, Outbound: all, Tokens: map[string]string{"default": "mask"}, Prompts: all})
	if err != nil {
		f.Fatal(err)
	}
	library, err := rules.Load(rules.Sources("builtin/cards"))
	if err != nil {
		f.Fatal(err)
	}
	compiled, err := library.Set(rules.View{Account: "shop", Channel: "messenger"})
	if err != nil {
		f.Fatal(err)
	}
	p := &Proxy{guard: guard.New(guard.Config{})}
	p.config.Records.Keys, p.config.Now, p.config.Fetch = set, time.Now, Fetch{Pages: time.Hour, Files: time.Hour}
	return &paging{
		p, redact.New(nil, nil, payload.DefaultLimits()),
		redact.Scope{Policy: &policy, Rules: compiled, Context: rules.Context{Direction: rules.Inbound, Channel: "messenger", Account: "shop"}},
		&Account{Name: "shop"},
	}
}

// same wants that two documents are one but for tickets, each of which stands for
// what was there before, and that no place of links leads to the platform.
func (g *paging) same(t *testing.T, before, after *payload.Document, root *channel.Step, depth int) {
	t.Helper()
	if len(before.Nodes) != len(after.Nodes) {
		t.Fatalf("%s became %s", before.Raw, after.Raw)
	}
	steps, at := make([]*channel.Step, len(before.Nodes)), 0
	var expected []byte
	for i := range before.Nodes {
		was, is := &before.Nodes[i], &after.Nodes[i]
		if steps[i] = root; was.Parent >= 0 && was.KeyEnd > 0 {
			steps[i] = steps[was.Parent].Member(before.Name(i))
		} else if was.Parent >= 0 {
			steps[i] = steps[was.Parent].Element()
		}
		if was.Kind != payload.String || is.Kind != payload.String {
			continue
		}
		g.string(t, before, after, i, steps[i], depth)
		expected = append(append(expected, before.Raw[at:was.Start]...), after.Raw[is.Start:is.End]...)
		at = was.End
	}
	if expected = append(expected, before.Raw[at:]...); string(expected) != string(after.Raw) {
		t.Errorf("bytes outside strings changed:\n%s\n%s", before.Raw, after.Raw)
	}
}

func (g *paging) string(t *testing.T, before, after *payload.Document, i int, step *channel.Step, depth int) {
	t.Helper()
	was, is := before.Text(i), after.Text(i)
	if step.Class() == channel.URL && ofPlatform(is) {
		t.Errorf("%q at a place of links stays %q", was, is)
	}
	if string(before.Raw[before.Nodes[i].Start:before.Nodes[i].End]) == string(after.Raw[after.Nodes[i].Start:after.Nodes[i].End]) {
		return
	}
	if sealed, ok := strings.CutPrefix(is, "http://bot:8081/shop/fetch/"); ok {
		ticket, opens := openTicket(g.proxy.config.Records.Keys, sealed)
		if !opens || ticket.target != was || ticket.account != "shop" || ticket.kind != g.proxy.guard.Kind(was) || ticket.kind == guard.Elsewhere {
			t.Errorf("%q became a ticket for %+v", was, ticket)
		}
		return
	}
	inner, err := before.Inner(i, payload.DefaultLimits())
	changed, alsoErr := after.Inner(i, payload.DefaultLimits())
	if err != nil || alsoErr != nil || inner == nil || changed == nil || depth > 4 {
		t.Fatalf("%q became %q", was, is)
	}
	g.same(t, inner, changed, step.Inner(), depth+1)
}

// ofPlatform is what the standard library reads as a link to the platform: another
// reader than the guard's.
func ofPlatform(link string) bool {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, suffix := range []string{".fbsbx.com", ".fbcdn.net", ".cdninstagram.com", ".whatsapp.net"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return host == "graph.facebook.com" || host == "graph.instagram.com"
}

// FuzzPaging rewrites any answer: no link of the platform is left where links
// stand, each ticket gives the link back, and every other byte stays.
func FuzzPaging(f *testing.F) {
	const next = `https:\/\/graph.facebook.com\/v23.0\/1\/conversations?access_token=EAA\u00252Fx&after=QVFI`
	for _, seed := range []string{
		`{"data":[],"paging":{"cursors":{"before":"a","after":"b"},"next":"` + next + `","previous":"https://graph.instagram.com/x"}}`,
		`{"data":[{"messages":{"data":[{"id":"m","message":"see ` + next + `"}],"paging":{"next":"` + next + `"}}}]}`,
		` [ {"paging" : {"next" : "\u0068ttps://graph.facebook.com" } } , null, 1.50e3, "` + next + `"]`,
		`{"url":"https://lookaside.fbsbx.com/a?b=c","mime_type":"image/jpeg"}`, `{"profile_pic":"https:\\\\u@scontent.xx.fbcdn.net:443\/1"}`,
		`{"attachments":{"data":[{"image_data":{"url":"https://a.fbcdn.net/1","new_url":"//cdn.fbsbx.com/2"}}]}}`,
		`{"body":"{\"paging\":{\"next\":\"https:\\\/\\\/graph.facebook.com\\\/1\"}}"}`, `{"paging":"{\"next\":\"https://graph.facebook.com/1\"}"}`,
		`{"paging":{"next":"https://l.facebook.com/l.php?u=x","previous":""}}`, `{"paging":{"next":{"next":"` + next + `"}}}`, `"` + next + `"`, `{"link":"HTTPS://GRAPH.FACEBOOK.COM./\ud83d"}`,
	} {
		f.Add(seed)
	}
	g := newPaging(f)
	messenger, _ := channel.ByName("messenger")
	f.Fuzz(func(t *testing.T, answer string) {
		before, err := payload.Parse([]byte(answer), payload.DefaultLimits())
		if err != nil || strings.Contains(strings.ToLower(answer), "pii") {
			return
		}
		result, err := g.engine.Rewrite(context.Background(), redact.Body{
			Document: before, Channel: messenger, Table: messenger.Response(), Stretches: []redact.Stretch{{Scope: &g.scope}},
			Relink: g.proxy.tickets("http://bot:8081/shop", func(int) *Account { return g.owner }),
		})
		if result.Overrun {
			return // the rules had no time on a busy machine: nothing is passed on
		}
		if err != nil || len(result.Refusals) > 0 {
			t.Fatalf("%s: %v %v", answer, err, result.Refusals)
		}
		after, err := payload.Parse(result.Bytes, payload.Limits{
			Bytes: 64 << 20, Depth: 64, Strings: 10_000, Values: 250_000, StringBytes: 16 << 20, NumberDigits: 64,
		})
		if err != nil {
			t.Fatalf("%s became %s: %v", answer, result.Bytes, err)
		}
		g.same(t, before, after, messenger.Response().Root(), 0)
	})
}
