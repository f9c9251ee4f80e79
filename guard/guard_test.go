package guard_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/piiproxy/piiproxy/guard"
)

func mustParse(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func newGuard(t testing.TB) *guard.Guard {
	return guard.New(guard.Config{
		Graph: []*url.URL{mustParse(t, "https://graph.facebook.com"), mustParse(t, "http://127.0.0.1:9001/graph"), mustParse(t, "https://graph.internal")},
		Hosts: []string{"cdn.example.com", "*.media.example", "127.0.0.1:9002", "files.internal:8443"},
	})
}

// A link is the platform's however it is spelled, and nobody else's is.
func TestKind(t *testing.T) {
	g := newGuard(t)
	for _, test := range []struct {
		kind  guard.Kind
		links []string
	}{
		{guard.Graph, []string{
			"https://graph.facebook.com/v23.0/1/conversations?access_token=EAA&after=x", "https://graph.instagram.com/v23.0/1", "http://graph.facebook.com/1",
			"https://GRAPH.Facebook.COM/1", "https://graph.facebook.com./1", "https://graph.facebook.com:443/1", "https://graph.facebook.com:8443/1",
			"https://u:p@graph.facebook.com/1", "https:graph.facebook.com/1", `https:\\graph.facebook.com\1`, "https:///graph.facebook.com/1",
			"//graph.facebook.com/1", ` https://graph.facebook.com/1`, "ht\ntps://graph.face\tbook.com/1", "https://graph%2efacebook.com/1",
			"https://ｇraph.facebook.com/1", "https://graph。facebook。com/1", "HTTPS://graph.facebook.com", "https://graph.facebook.com?x", "https://graph.facebook.com#x",
			`https://graph.facebook.com\@example.com/`, "http://127.0.0.1:9001/graph/v23.0/1", "https://graph.internal/1",
		}},
		{guard.Media, []string{
			"https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&ext=2&hash=3", "https://scontent.xx.fbcdn.net/v/t1/1.jpg", "https://cdn.fbsbx.com/v/t59/x",
			"https://platform-lookaside.fbsbx.com/platform/profilepic/?psid=1", "https://scontent-a.cdninstagram.com/v/x", "https://pps.whatsapp.net/v/x", "https://a.b.fbcdn.net/",
			"https://cdn.example.com/1", "https://a.media.example/1", "http://127.0.0.1:9002/1", "https://files.internal:8443/1",
		}},
		{guard.Elsewhere, []string{
			"", "x", "https://", "https:///", "https://example.com/", "https://fbcdn.net.example.com/", "https://evilfbcdn.net/", "https://fbcdn.net/",
			"https://l.facebook.com/l.php?u=https%3A%2F%2Fgraph.facebook.com", "https://www.facebook.com/reel/1", "https://m.me/shop", "https://wa.me/15551230001",
			"https://example.com/?u=https://graph.facebook.com/", "https://example.com/#@graph.facebook.com/", "https://graph.facebook.com@example.com/",
			"ftp://graph.facebook.com/", "mailto:x@graph.facebook.com", "javascript:https://graph.facebook.com", "graph.facebook.com/1", "http://127.0.0.1:9003/", "http://127.0.0.1/",
			"https://[::1]/", "https://[2606:4700::1111%25.fbcdn.net]/", "https://[", "https://files.internal/1", "tel:+15551230001",
		}},
	} {
		for _, link := range test.links {
			if got := g.Kind(link); got != test.kind {
				t.Errorf("%q: got %q, want %q", link, got, test.kind)
			}
		}
	}
}

// What is fetched is what every client reads the same way: https, 443, a plain
// name of the platform.
func TestTarget(t *testing.T) {
	g := newGuard(t)
	for _, link := range []string{
		"https://graph.facebook.com/v23.0/1/conversations?access_token=EAA%7Cx&after=x", "https://lookaside.fbsbx.com:443/a?b", "https://SCONTENT.xx.fbcdn.net/a",
		"http://127.0.0.1:9001/graph/v23.0/1", "http://127.0.0.1:9002/1", "https://files.internal:8443/1", "https://cdn.example.com/1", "https://graph.internal/1",
	} {
		if u, err := g.Target(link); err != nil || u.Host == "" {
			t.Errorf("%q: %v", link, err)
		}
	}
	for _, link := range []string{
		"", "/a", "http://graph.facebook.com/1", "http://lookaside.fbsbx.com/1", "https://lookaside.fbsbx.com:8443/1", "https://lookaside.fbsbx.com:80/1", "https://lookaside.fbsbx.com./1",
		"https://u@lookaside.fbsbx.com/1", "https://u:p@lookaside.fbsbx.com/1", "https:lookaside.fbsbx.com/1", "//lookaside.fbsbx.com/1", `https://lookaside.fbsbx.com\1`,
		"https://lookaside.fbsbx.com/a b", "https://lookaside.fbsbx.com/\x7f", "https://ｌookaside.fbsbx.com/1", "https://lookaside%2efbsbx.com/1", "https://lookaside.fbsbx.com/#x",
		"https://xn--ookaside-ol0g.fbsbx.com.example/1", "https://fbcdn.net/1", "https://.fbcdn.net.example/1",
		"https://2130706433/1", "https://0177.0.0.1/1", "https://0x7f000001/1", "https://127.0.0.1/1", "https://127.1/1", "https://[::ffff:127.0.0.1]/1", "https://[::1]/1",
		"https://[fe80::1%25eth0]/1", "https://[2606:4700::1111%25.fbcdn.net]/1", "https://[2606:4700::1111%25x.fbcdn.net]:443/1", "https://169.254.169.254/latest/meta-data", "http://127.0.0.1:9003/1", "https://127.0.0.1:9002x/1", "http://files.internal:8443/1",
		"http://cdn.example.com/1", "https://cdn.example.com:8443/1", "file:///etc/passwd", "gopher://lookaside.fbsbx.com/1", "https://example.com/", "https://lookaside.fbsbx.com@example.com/",
	} {
		if u, err := g.Target(link); !errors.Is(err, guard.ErrTarget) {
			t.Errorf("%q: %v, %v", link, u, err)
		}
	}
}

// Access tokens go to the API and to the one host of files that wants them.
func TestCredentials(t *testing.T) {
	g := newGuard(t)
	for link, want := range map[string]bool{
		"https://graph.facebook.com/1": true, "https://lookaside.fbsbx.com/1": true, "http://127.0.0.1:9001/1": true, "http://127.0.0.1:9002/1": true,
		"https://scontent.xx.fbcdn.net/1": false, "https://platform-lookaside.fbsbx.com/1": false, "https://cdn.example.com/1": false, "https://pps.whatsapp.net/1": false,
	} {
		if got := g.Credentials(mustParse(t, link)); got != want {
			t.Errorf("%s: got %v", link, got)
		}
	}
}

// What Target lets through is what Kind takes for the platform's, so that nothing
// is fetched that would not have been rewritten.
func FuzzTarget(f *testing.F) {
	for _, link := range []string{"https://graph.facebook.com/1", "https://a.fbcdn.net:443/?x#y", `https:\\u@lookaside.fbsbx.com:80\`, "http://127.0.0.1:9002/", "https://[::1]:443/"} {
		f.Add(link)
	}
	g := newGuard(f)
	f.Fuzz(func(t *testing.T, link string) {
		u, err := g.Target(link)
		if err == nil && g.Kind(link) == guard.Elsewhere {
			t.Errorf("%q is fetched from %q and not known as the platform's", link, u.Host)
		}
		if parsed, err := url.Parse(link); err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && g.Kind("https://"+parsed.Host+"/") != guard.Elsewhere && g.Kind(link) == guard.Elsewhere {
			t.Errorf("%q is read as a link to %q and passed over", link, parsed.Host)
		}
	})
}
