package proxy_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

func gzipped(text string) string {
	var out bytes.Buffer
	to := gzip.NewWriter(&out)
	_, _ = to.Write([]byte(text))
	_ = to.Close()
	return out.String()
}

// encoded makes the platform answer with a coding.
func (p *peer) encoded(coding, body string) {
	p.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", coding)
		_, _ = w.Write([]byte(body))
	})
}

// Answers are read in gzip or as they are, one layer, whole; nothing else is
// passed on.
func TestAnswerCodings(t *testing.T) {
	r := newRig(t)
	const answer = `{"message_id":"m_1","recipient_id":"` + anna + `"}`
	var deflated bytes.Buffer
	to := zlib.NewWriter(&deflated)
	_, _ = to.Write([]byte(answer))
	_ = to.Close()
	packed := gzipped(answer)
	for _, test := range []struct{ name, coding, body, reason string }{
		{"gzip", "gzip", packed, ""},
		{"GZIP", "GZIP", packed, ""},
		{"identity", "identity", answer, ""},
		{"two members", "gzip", gzipped(answer[:10]) + gzipped(answer[10:]), ""},
		{"br", "br", "\x0b\x02\x80{}\x03", "answer_unreadable"},
		{"zstd", "zstd", "\x28\xb5\x2f\xfd", "answer_unreadable"},
		{"deflate", "deflate", deflated.String(), "answer_unreadable"},
		{"twice", "gzip, gzip", gzipped(packed), "answer_unreadable"},
		{"two layers, one told", "gzip", gzipped(packed), "answer_unreadable"},
		{"mislabelled", "gzip", answer, "answer_truncated"},
		{"not told", "identity", packed, "answer_unreadable"},
		{"cut", "gzip", packed[:len(packed)-6], "answer_truncated"},
		{"damaged", "gzip", packed[:len(packed)-8] + "\x00\x00\x00\x00" + packed[len(packed)-4:], "answer_truncated"},
		{"more behind", "gzip", packed + "x", "answer_truncated"},
	} {
		r.platform.encoded(test.coding, test.body)
		got := r.call("/shop/me/messages", hello, "Accept-Encoding: br, zstd, gzip")
		if test.reason != "" {
			r.refused(test.name, got, http.StatusBadGateway, test.reason)
		} else if got.status != http.StatusOK || got.body != answer || got.header.Get("Content-Encoding") == "gzip" {
			t.Errorf("%s: answered %d %v %q", test.name, got.status, got.header, got.body)
		}
	}
	for _, sent := range r.platform.requests() {
		if coding := sent.header.Get("Accept-Encoding"); coding != "gzip" {
			t.Errorf("the platform was asked for %q", coding)
		}
	}
}

// A bomb is cut off long before it fills the memory.
func TestAnswerBomb(t *testing.T) {
	r := newRig(t)
	bomb := strings.Repeat(gzipped(strings.Repeat("\x00", 1<<20)), 50)
	document := gzipped(`{"a":"`) + strings.Repeat(gzipped(strings.Repeat("a", 1<<20)), 50) + gzipped(`"}`)
	for _, body := range []string{bomb, document} {
		r.platform.encoded("gzip", body)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		got := r.call("/shop/me/messages", hello)
		runtime.ReadMemStats(&after)
		r.refused("bomb", got, http.StatusBadGateway, "answer_too_large")
		if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 64 {
			t.Errorf("%d MiB were allocated for a bomb of %d bytes", grown, len(body))
		}
	}
	r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "99999999")
		_, _ = w.Write([]byte("{}"))
	})
	r.refused("told", r.call("/shop/me/messages", hello), http.StatusBadGateway, "answer_too_large")
}

// What is no JSON is no answer of Graph's, and goes nowhere.
func TestAnswerTypes(t *testing.T) {
	r := newRig(t)
	for _, test := range []struct {
		status            int
		contentType, body string
	}{
		{500, "text/html", "<html>Sorry, " + card + "</html>"},
		{200, "text/html", "<html></html>"},
		{503, "text/plain", "upstream connect error"},
		{200, "", `{"a":1}`},
		{200, "text/event-stream", "data: {}\n\n"},
		{200, "application/json; charset=utf-16", `{"a":1}`},
		{200, "application/json", `{"a":1}{`},
		{200, "application/json", `{"a":1,"a":2}`},
		{200, "application/json", "{\"a\":\"\xff\"}"},
		{500, "application/json", "<html>"},
		{200, "application/json", `{"message_id":` + "null"},
	} {
		r.platform.says(test.status, test.contentType, test.body)
		got := r.call("/shop/me/messages", hello)
		r.refused(test.contentType+" "+test.body, got, http.StatusBadGateway, "answer_unreadable")
		if strings.Contains(got.body, card) {
			t.Error("the refusal quotes the answer")
		}
	}
}

// The platform's own errors pass, but for what they quote.
func TestAnswerErrors(t *testing.T) {
	r := newRig(t)
	graph := func(words string) string {
		return `{"error":{"message":"` + words + `","type":"OAuthException","code":100,"error_subcode":2018001,"fbtrace_id":"AbC"}}`
	}
	r.platform.says(http.StatusBadRequest, "application/json; charset=UTF-8", graph("(#100) No matching user found"))
	if got := r.call("/shop/me/messages", hello); got.status != 400 || got.body != graph("(#100) No matching user found") {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=UTF-8")
		w.Header().Set("WWW-Authenticate", `OAuth "Facebook Platform" "invalid_request" "bad: `+card+`"`)
		w.Header().Set("X-Fb-Trace-Id", "AbC")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(graph("bad: " + card + " for " + email)))
	})
	got := r.call("/shop/me/messages", hello)
	if got.status != 400 || got.header.Get("X-Fb-Trace-Id") != "AbC" {
		t.Errorf("answered %d %v", got.status, got.header)
	}
	tokens := matches(t, "error", graph("bad: {creditcard} for {email}"), got.body)
	if value, err := r.value("shop", "psid:"+anna, tokens[1]); err != nil || value.Text != email {
		t.Errorf("the token is not of the person's conversation: %v", err)
	}
	if quoted := got.header.Get("Www-Authenticate"); strings.Contains(quoted, card) {
		t.Errorf("a header quotes the message: %s", quoted)
	}
}

// Profiles come with names where policy lets them, as tokens where it does not.
func TestProfile(t *testing.T) {
	const answer = `{"first_name":"Maria","last_name":"Lopez","profile_pic":"https:\/\/x\/` + digits + `","id":"` + anna + `"}`
	for policy, want := range map[string]string{
		"allow": answer, "report": answer,
		"tokenize": strings.NewReplacer("Maria", "{person}", "Lopez", "{person}").Replace(answer),
		"mask":     strings.NewReplacer("Maria", "***", "Lopez", "***").Replace(answer),
		"redact":   strings.NewReplacer("Maria", "[PERSON]", "Lopez", "[PERSON]").Replace(answer),
	} {
		r := newRig(t, func(p *plan) { p.policy.Inbound["person"] = policy })
		r.platform.says(200, "application/json", answer)
		got := r.ask("bot", "GET", "/shop/v23.0/"+anna+"?fields=first_name,last_name,profile_pic", "")
		if got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", policy, got.status, got.body)
			continue
		}
		for _, token := range matches(t, policy, want, got.body) {
			if sent := r.sentText(anna, "hello "+token); sent != `{"recipient":{"id":"`+anna+`"},"message":{"text":"hello Maria"}}` && !strings.Contains(sent, "hello Lopez") {
				t.Errorf("%s: the bot's greeting became %s", policy, sent)
			}
		}
	}
}

// History holds what people wrote; it belongs to no one person.
func TestHistory(t *testing.T) {
	r := newRig(t)
	answer := func(words string) string {
		return `{"data":[{"messages":{"data":[{"id":"m_1","message":"` + words + `","from":{"name":"Ann","email":"` + anna + `@facebook.com","id":"` + anna + `"}}]},"id":"t_1"}],"paging":{"cursors":{"before":"` + digits + `"}}}`
	}
	r.platform.says(200, "application/json", answer("my card is "+card))
	got := r.ask("bot", "GET", "/shop/v23.0/me/conversations?fields=messages{message,from}", "")
	want := strings.Replace(answer("my card is [CREDIT_CARD]"), anna+"@facebook.com", "[EMAIL]", 1)
	if got.status != http.StatusOK || got.body != want {
		t.Errorf("answered %d\n got %s\nwant %s", got.status, got.body, want)
	}
	r.platform.says(200, "application/json", strings.Replace(answer("x"), `"x"`, digits, 1))
	r.refused("a number where words stand", r.ask("bot", "GET", "/shop/v23.0/me/conversations", ""), http.StatusBadGateway, "answer_unreadable")
	r.mustBreak("shop", "shadow")
	if got := r.ask("bot", "GET", "/shop/v23.0/me/conversations", ""); got.status != http.StatusOK {
		t.Errorf("in shadow: answered %d", got.status)
	}
}

// Headers of a hop end at the proxy; the platform's own pass.
func TestAnswerHeaders(t *testing.T) {
	r := newRig(t, func(p *plan) { p.accounts[0].mode = rules.Off })
	r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range map[string]string{
			"Content-Type": "application/json", "X-App-Usage": `{"call_count":28}`, "Keep-Alive": "timeout=5", "Proxy-Authenticate": "Basic",
			"Connection": "X-Private", "X-Private": "x", "Upgrade": "h2c", "Trailer": "X-Later",
			"Set-Cookie": "a=b", "Alt-Svc": `h3=":443"`, "Location": "https://graph.example/",
		} {
			w.Header().Set(name, value)
		}
		_, _ = w.Write([]byte(`{}`))
	})
	got := r.call("/shop/me/messages", hello)
	if got.status != http.StatusOK || got.body != `{}` || got.header.Get("X-App-Usage") == "" {
		t.Errorf("answered %d %v %s", got.status, got.header, got.body)
	}
	for _, name := range []string{"Keep-Alive", "Proxy-Authenticate", "X-Private", "Upgrade", "Trailer", "Set-Cookie", "Alt-Svc", "Location"} {
		if got.header.Get(name) != "" {
			t.Errorf("%s was passed on", name)
		}
	}
}

// Several people asked for at once come below their ids, and leads as lists of what
// people filled in: nobody's words are left because of where they stand.
func TestAnswersOfSeveral(t *testing.T) {
	r := newRig(t, func(p *plan) { p.policy.Inbound["person"] = "redact" })
	for name, answer := range map[string]func(person, email, card string) string{
		"profiles": func(person, email, card string) string {
			return `{"` + anna + `":{"first_name":"` + person + `","email":"` + email + `","id":"` + anna + `"},"` + bert + `":{"name":"` + person + `","username":"x","id":"` + bert + `"}}`
		},
		"threads": func(person, email, card string) string {
			return `{"t_1":{"snippet":"card ` + card + `","messages":{"data":[{"id":"m","message":"card ` + card + `"}]},"participants":{"data":[{"name":"` + person + `","email":"` + email + `","id":"` + bert + `"}]}}}`
		},
		"a lead": func(person, email, card string) string {
			return `{"id":"123456789012345","created_time":"2026-11-29T00:00:00+0000","field_data":[{"name":"email","values":["` + email + `"]},{"name":"card_number","values":["` + card + `"]}]}`
		},
		"comments": func(person, email, card string) string {
			return `{"data":[{"id":"1","message":"mail ` + email + `","from":{"name":"` + person + `","id":"` + bert + `"},"comments":{"data":[{"id":"2","text":"card ` + card + `"}]}}]}`
		},
	} {
		r.platform.says(200, "application/json", answer("Maria Lopez", email, card))
		got := r.ask("bot", "GET", "/shop/v23.0/?ids="+anna+","+bert, "")
		if want := answer("[PERSON]", "[EMAIL]", "[CREDIT_CARD]"); got.status != http.StatusOK || got.body != want {
			t.Errorf("%s: answered %d\n got %s\nwant %s", name, got.status, got.body, want)
		}
	}
}
