package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// incoming is something that the platform says, and where it hides a card.
type incoming struct {
	message string // JSON text: the message of a webhook, of a history or of an error
	more    string // further members beside it
	headers []string
	kind    string // the Content-Type
	recode  func([]byte) []byte
}

// inboundKind is a way in which the platform says it. body makes the JSON text.
type inboundKind struct {
	name   string
	traits trait
	body   func(in incoming) string
	ask    string // the call that it answers: method and target
	send   string // its body
	status int
}

// conversations is an answer with a message of a history (graph-api.md, 2.2).
func conversations(in incoming) string {
	return `{"data":[{"id":"t_1","messages":{"data":[{"id":"m_1","from":{"id":"` + anna + `"},"to":{"data":[{"id":"` + shopID + `"}]},"message":` + in.message + in.more + `}]}}]}`
}

func failure(in incoming) string {
	return `{"error":{"message":` + in.message + `,"type":"OAuthException","code":100,"fbtrace_id":"A1"` + in.more + `}}`
}

// batched is an answer to a batch, whose bodies are strings of JSON.
func batched(in incoming) string {
	inner := conversations(in)
	return `[null,{"code":200,"headers":[{"name":"Content-Type","value":"text/javascript; charset=UTF-8"}],"body":"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(inner) + `"}]`
}

func inboundKinds() []inboundKind {
	const read = "GET /shop/v23.0/me/conversations?fields=messages{message}"
	batch := "batch=" + url.QueryEscape(`[{"method":"GET","relative_url":"me"},{"method":"GET","relative_url":"me/conversations"}]`)
	return []inboundKind{
		{name: "webhook", traits: isInbound, body: func(in incoming) string {
			return page(entry(shopID, event(shopID, anna, `"message":{"mid":"m_1","text":`+in.message+in.more+`}`)))
		}},
		{name: "answer", traits: isAnswer, body: conversations, ask: read, status: http.StatusOK},
		{name: "answer, gzip", traits: isAnswer | isPacked, body: conversations, ask: read, status: http.StatusOK},
		{name: "error", traits: isAnswer, body: failure, ask: "POST /shop/v23.0/me/messages", send: hello, status: http.StatusBadRequest},
		{name: "answer to a batch", traits: isAnswer | isBatch, body: batched, ask: "POST /shop/v23.0/", send: batch, status: http.StatusOK},
	}
}

type inboundPlace struct {
	name       string
	needs, not trait
	put        func(in *incoming)
}

func inboundPlaces() []inboundPlace {
	text := func(t string) func(*incoming) { return func(in *incoming) { in.message = `"` + t + `"` } }
	member := func(m string) func(*incoming) { return func(in *incoming) { in.more = "," + m } }
	recode := func(change func([]byte) []byte, headers ...string) func(*incoming) {
		return func(in *incoming) {
			in.message, in.recode, in.headers = `"`+wordsWithCard+`"`, change, headers
		}
	}
	return []inboundPlace{
		{name: "the text", put: text(wordsWithCard)},
		{name: "the text, in \\u escapes", put: text("my card is " + escapes(digits))},
		{name: "the text, full-width digits", put: text("my card is ４１１１ １１１１ １１１１ １１１１")},
		{name: "the text, percent-encoded", put: text("my card is " + percentAll(digits))},
		{name: "the text, HTML entities", put: text("my card is " + entities(digits))},
		{name: "JSON in the text", put: text(inJSONString(wordsWithCard, 1))},
		{name: "JSON in JSON in the text, six deep", put: text(inJSONString(wordsWithCard, 6))},
		{name: "a member that nobody listed", put: member(`"note":"` + wordsWithCard + `"`)},
		{name: "a member's name", put: member(`"` + wordsWithCard + `":"x"`)},
		{name: "a number in the text's place", put: func(in *incoming) { in.message = digits }},
		{name: "an array of digits", put: func(in *incoming) { in.message = `["4111","1111","1111","1111"]` }},
		{name: "a duplicate name, second value", put: member(`"message":"` + card + `","text":"` + card + `"`)},
		{name: "a comment", put: func(in *incoming) { in.message = `"hello"/* ` + card + ` */` }},
		{name: "behind the JSON", put: recode(func(b []byte) []byte { return append(b, " "+card...) })},
		{name: "UTF-16, said", put: func(in *incoming) {
			recode(utf16Body)(in)
			in.kind = "application/json; charset=utf-16"
		}},
		{name: "UTF-16, not said", put: recode(utf16Body)},
		{name: "gzip twice", needs: isPacked, put: recode(zipped)},
		{name: "gzip, not said", not: isPacked, put: recode(zipped)},
		{name: "gzip, a second member behind", needs: isAnswer, not: isPacked, put: recode(func(b []byte) []byte { return append(zipped(b), zipped([]byte(card))...) }, "Content-Encoding: gzip")},
		{name: "gzip, garbage behind", needs: isAnswer, not: isPacked, put: recode(func(b []byte) []byte { return append(zipped(b), card...) }, "Content-Encoding: gzip")},
		{name: "brotli said", not: isPacked, put: recode(func(b []byte) []byte { return b }, "Content-Encoding: br")},
		{name: "HTML said", put: func(in *incoming) { in.message, in.kind = `"`+wordsWithCard+`"`, "text/html" }},
		{name: "a header", put: func(in *incoming) { in.headers = []string{"X-Note: " + card} }},
	}
}

// inboundTable is the table of what comes from the platform.
func (r *rig) inboundTable() string {
	r.t.Helper()
	var table strings.Builder
	table.WriteString("| a card in |")
	for _, kind := range inboundKinds() {
		table.WriteString(" " + kind.name + " |")
	}
	table.WriteString("\n|---|" + strings.Repeat("---|", len(inboundKinds())) + "\n")
	for _, place := range inboundPlaces() {
		table.WriteString("| " + place.name + " |")
		for _, kind := range inboundKinds() {
			cell := "–"
			if kind.traits&place.needs == place.needs && kind.traits&place.not == 0 {
				in := incoming{message: `"hello"`, kind: jsonType + "; charset=UTF-8"}
				place.put(&in)
				cell = r.patiently(func() string { return r.answersWith(kind, place, in) })
			}
			table.WriteString(" " + cell + " |")
		}
		table.WriteString("\n")
	}
	return table.String()
}

// answersWith lets the platform say something and tells what the bot got of it.
func (r *rig) answersWith(kind inboundKind, place inboundPlace, in incoming) string {
	r.t.Helper()
	body := []byte(kind.body(in))
	if in.recode != nil {
		body = in.recode(body)
	}
	if kind.traits&isPacked != 0 {
		body, in.headers = zipped(body), append(in.headers, "Content-Encoding: gzip")
	}
	if !shows(string(body), strings.Join(in.headers, " ")) {
		r.t.Errorf("%s, %s: the card is not even there", place.name, kind.name)
	}
	what := place.name + ", " + kind.name
	if kind.traits&isInbound != 0 {
		return r.delivered(what, in, string(body))
	}
	r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", in.kind)
		for _, header := range in.headers {
			name, value, _ := strings.Cut(header, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(kind.status)
		_, _ = w.Write(body)
	})
	method, target, _ := strings.Cut(kind.ask, " ")
	sent := posted{target: target, contentType: jsonType, body: []byte(kind.send)}
	if strings.HasPrefix(kind.send, "batch=") {
		sent.contentType = formType
	}
	got := r.ask("bot", method, sent.target, string(sent.body), "Authorization: Bearer "+shopToken, "Content-Type: "+sent.contentType)
	if shows(got.body, fmt.Sprint(got.header)) {
		r.t.Errorf("%s: the bot can read the card in %q", what, got.body)
		return "**passed**"
	}
	if graphShape(got.body).Type == "PiiproxyException" {
		return r.refusal(bodyKind{name: kind.name}, hidingPlace{name: place.name}, got)
	}
	return "redacted"
}

// delivered sends a webhook.
func (r *rig) delivered(what string, in incoming, body string) string {
	r.t.Helper()
	bot := r.bots["bot"]
	before := len(bot.requests())
	headers := append([]string{"X-Hub-Signature-256: " + sign256(appSecret, body), "Content-Type: " + in.kind}, in.headers...)
	set := len(r.quarantined())
	got := r.ask("public", "POST", "/webhook/main", body, headers...)
	arrived := bot.requests()[before:]
	for _, a := range arrived {
		if shows(a.body, a.target, fmt.Sprint(a.header)) {
			r.t.Errorf("%s: the bot can read the card in %q", what, a.body)
			return "**passed**"
		}
	}
	switch {
	case len(arrived) > 0:
		return "redacted"
	case got.status == http.StatusOK && len(r.quarantined()) > set:
		return "set aside"
	case got.status >= 400:
		return fmt.Sprintf("refused, %d", got.status)
	}
	r.t.Errorf("%s: answered %d, and it went nowhere", what, got.status)
	return "**lost**"
}

// TestBodiesInbound is TestBodiesTable for what comes from the platform.
func TestBodiesInbound(t *testing.T) {
	r := newRig(t)
	inDocs(t, "inbound", r.inboundTable())
	r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		_, _ = io.WriteString(w, conversations(incoming{message: `"hello"`}))
	})
	got := r.ask("bot", "GET", "/shop/v23.0/me/conversations", "")
	if got.body != conversations(incoming{message: `"hello"`}) {
		t.Errorf("a clean answer changed: %s", got.body)
	}
}
