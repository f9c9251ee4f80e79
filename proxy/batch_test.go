package proxy_test

import (
	"net/http"
	"strings"
	"testing"
)

// A batch without findings goes on byte for byte, and so does its answer, however
// items and answer are spelled.
func TestBatchClean(t *testing.T) {
	r := newRig(t)
	r.platform.batches()
	const (
		odd = "{\"batch\" : [ {\"relative_url\":\"v23.0\\/me\\/messages?message_type=x\" ,\"method\":\"post\",\"body\":\"recipient=%7b%22id%22%3a%22" + anna + "%22%7d&message=%7B%22text%22:%22hi+there%2c%20\\u00fc%22%7D\"}\n,{\"method\":\"GET\",\"relative_url\":\"\\/me?fields=id,name\",\"name\":\"who\",\"omit_response_on_success\":false}],\"include_headers\":false}"
	)
	for name, test := range map[string][2]string{
		"as bots send it": {"/shop/", `{"access_token":"` + shopToken + `","batch":` + listed(writes(anna, "hello"), writes(bert, "card or cash?"), part{Method: "GET", URL: "me/conversations?limit=5"}) + `}`},
		"spelled oddly":   {"/shop/v23.0/", odd},
		"on another path": {"/shop/v23.0/me/messages", `{"batch":` + listed(writes(anna, "hello")) + `}`},
		"as a string":     {"/shop/", `{"batch":` + quoted(listed(writes(anna, "hello"), writes(bert, "h/i"))) + `}`},
	} {
		before := len(r.platform.requests())
		got := r.call(test[0], test[1])
		if got.status != http.StatusOK || len(r.platform.requests()) != before+1 {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
			continue
		}
		sent := r.platform.requests()[before]
		if sent.body != test[1] || sent.target != strings.TrimPrefix(test[0], "/shop") {
			t.Errorf("%s: the platform got %s %s", name, sent.target, sent.body)
		}
	}
	answer := "[ {\"code\": 200,\"headers\":[ ],\"body\":\"{ \\\"message_id\\\":\\\"m\\/1\\\" }\"},\n null ]"
	r.platform.says(http.StatusOK, "text/javascript; charset=UTF-8", answer)
	if got := r.batch(writes(anna, "a"), writes(bert, "b")); got.body != answer {
		t.Errorf("answered %s, want %s", got.body, answer)
	}
}

// Each item is judged in its own conversation, whatever carries the batch; the
// bytes of the others stay.
func TestBatchItems(t *testing.T) {
	r := newRig(t)
	r.platform.batches()
	annas, berts := r.token(anna, email), r.token(bert, "bert@corp.example")
	items := []part{writes(anna, "to "+annas), writes(bert, "to "+annas), writes(bert, "to "+berts), writes(anna, "your card "+card), writes(anna, "hello")}
	items[4].URL += "?messaging_type=RESPONSE"
	items[4].Body = strings.TrimPrefix(items[4].Body, "messaging_type=RESPONSE&")
	for name, send := range r.carried(listed(items...)) {
		if got := send(); len(r.entries(got)) != len(items) {
			t.Errorf("%s: answered %s", name, got.body)
			continue
		}
		for i, want := range []string{"to " + email, "to your e-mail", "to bert@corp.example", "your card ***1111", "hello"} {
			if got := r.parts()[i]; got.says() != want || got.parameters().Get("recipient") != items[i].parameters().Get("recipient") {
				t.Errorf("%s: item %d: the platform got %s, want %s", name, i, got.Body, want)
			}
		}
		if got := r.parts()[4]; got != items[4] {
			t.Errorf("%s: a clean item became %v", name, got)
		}
	}
}

// Forms and queries without findings go on byte for byte, too.
func TestBatchCleanForms(t *testing.T) {
	r := newRig(t)
	r.platform.batches()
	for name, send := range r.carried(listed(writes(anna, "hello, you"), part{Method: "GET", URL: "me?fields=id"})) {
		before := len(r.platform.requests())
		if got := send(); len(r.entries(got)) != 2 || len(r.platform.requests()) != before+1 {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
		}
	}
	body := "access_token=x&batch=" + strings.ReplaceAll(escape(listed(writes(anna, "hello"))), "%22", `"`) + "&include_headers=0"
	r.ask("bot", "POST", "/shop/", body, formal)
	if got := r.lastSent(); got != body {
		t.Errorf("the platform got %s", got)
	}
	query := "/?batch=" + escape(listed(writes(anna, "hello")))
	r.ask("bot", "POST", "/shop"+query, "")
	got := r.platform.requests()
	if target := got[len(got)-1].target; target != query {
		t.Errorf("the platform got %s", target)
	}
	before := len(got)
	r.refused("twice", r.ask("bot", "POST", "/shop/?batch=[]", "batch=[]", formal), http.StatusBadRequest, "parse_duplicate_key")
	r.refused("by GET", r.ask("bot", "GET", "/shop/?batch=[]", ""), http.StatusBadRequest, "query")
	r.refused("a folded name", r.ask("bot", "POST", "/shop/?batch[]=x", ""), http.StatusBadRequest, "query")
	if len(r.platform.requests()) != before {
		t.Error("a refused batch went on")
	}
}

// A card is hidden, or the item or all of the batch refused, wherever it stands.
func TestBatchPlaces(t *testing.T) {
	r := newRig(t)
	r.platform.batches()
	whole := func(members string) string {
		return `{"batch":[{"method":"POST","relative_url":"me/messages","body":"recipient=%7B%22id%22%3A%22` + anna + `%22%7D&message=%7B%22text%22%3A%22hi%22%7D"` + members + `}]}`
	}
	items := func(list string) string { return `{"batch":` + list + `}` }
	body := func(text string) string {
		return items(listed(part{Method: "POST", URL: "me/messages", Body: text}))
	}
	const to = "recipient=%7B%22id%22%3A%22" + anna + "%22%7D&"
	for name, test := range map[string]struct{ body, reason string }{
		"text":                 {body(to + "message=%7B%22text%22%3A%224111+1111+1111+1111%22%7D"), ""},
		"text, %20":            {body(to + "message=%7B%22text%22%3A%224111%201111%201111%201111%22%7D"), ""},
		"text, all encoded":    {body(to + "message=%7B%22text%22%3A%22%34%31%31%31%31%31%31%31%31%31%31%31%31%31%31%31%22%7D"), ""},
		"text, JSON escapes":   {body(to + `message={"text":"\u0034111111111111111"}`), ""},
		"text, relaxed":        {body(to + "message={'text':'" + digits + "'}"), ""},
		"text in relative_url": {items(listed(part{Method: "POST", URL: "me/messages?" + to + "message=%7B%22text%22%3A%22" + digits + "%22%7D"})), ""},
		"text in both":         {items(listed(part{Method: "POST", URL: "me/messages?" + strings.TrimSuffix(to, "&"), Body: "message=%7B%22text%22%3A%22" + digits + "%22%7D"})), ""},
		"nested JSON":          {body(to + `message={"attachment":{"type":"template","payload":"{\"template_type\":\"button\",\"text\":\"` + digits + `\"}"}}`), ""},
		"url-encoded twice":    {body(to + "message=%257B%2522text%2522%253A%2522" + digits + "%2522%257D"), ""},
		"unlisted field":       {body(to + "brand_new=" + digits), "unlisted_value"},
		"unlisted query":       {items(listed(part{Method: "GET", URL: "me?brand_new=" + digits})), "unlisted_value"},
		"field's name":         {body(to + digits + "=1"), "value_in_name"},
		"string for list":      {`{"batch":` + quoted(listed(writes(anna, card))) + `}`, ""},
		"duplicate":            {body(to + "message=x&message=" + digits), "parse_duplicate_key"},
		"in both":              {items(listed(part{Method: "POST", URL: "me/messages?message=x", Body: to + "message=" + digits})), "parse_duplicate_key"},
		"semicolon":            {body(to + "message=x;y=" + digits), "parse_semicolon"},
		"half an escape":       {body(to + "message=" + digits + "%2"), "parse_percent"},
		"JSON body":            {items(listed(part{Method: "POST", URL: "me/messages", Body: `{"recipient":{"id":"1"},"message":{"text":"` + digits + `"}}`})), "parse_name"},
		"name":                 {whole(`,"name":"n` + digits + `"`), "unlisted_value"},
		"depends_on":           {whole(`,"depends_on":"` + digits + `"`), "unlisted_value"},
		"header":               {whole(`,"headers":[{"name":"User-Agent","value":"` + card + `"}]`), "unlisted_value"},
		"header, listed":       {whole(`,"headers":["Accept: ` + card + `"]`), "unlisted_value"},
		"attached_files":       {whole(`,"attached_files":"` + digits + `"`), "batch_files"},
		"unknown member":       {whole(`,"note":"` + card + `"`), "unlisted_value"},
		"number":               {whole(`,"note":` + digits), "value_in_number"},
		"member's name":        {whole(`,"` + digits + `":1`), "value_in_name"},
		"other spelling":       {whole(`,"Body":"x"`), "batch"},
		"beside":               {strings.Replace(whole(""), "{", `{"note":"`+card+`",`, 1), "unlisted_value"},
		"message beside":       {strings.Replace(whole(""), "{", `{"message":{"text":"`+card+`"},`, 1), "batch_beside"},
		"method beside":        {strings.Replace(whole(""), "{", `{"method":"GET",`, 1), "batch"},
		"expression":           {body(`recipient={"id":"{result=a:$.` + digits + `}"}&message={"text":"hi"}`), "batch_expression"},
		"expression in words":  {body(to + `message={"text":"{result=a:$.id}"}`), "batch_expression"},
		"nested batch":         {body(to + "batch=[]"), "batch_nested"},
		"method inside":        {body(to + "method=GET"), "batch"},
		"brackets":             {body("recipient[id]=1&message[text]=" + digits), "parse_name"},
	} {
		before := len(r.platform.requests())
		got := r.call("/shop/", test.body)
		if n := len(r.platform.requests()) - before; test.reason == "" && (got.status != http.StatusOK || n != 1) {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
		} else if test.reason == "" && !strings.Contains(r.lastSent(), "1111") && !strings.Contains(r.lastSent(), "%31%31%31%31") {
			t.Errorf("%s: the platform got %s", name, r.lastSent())
		} else if test.reason != "" && (n != 0 || !strings.Contains(got.body, "("+test.reason+")")) {
			t.Errorf("%s: %d calls went on, answered %d %s, want %s", name, n, got.status, got.body, test.reason)
		}
	}
	for _, sent := range r.platform.requests() {
		if spelling := foundIn(sent.body, digits) + foundIn(sent.body, card); spelling != "" {
			t.Errorf("the platform got %s", sent.body)
		}
	}
}

// An item that policy refuses is answered in its place, and the others go on.
func TestBatchRefusedItem(t *testing.T) {
	r := newRig(t, func(p *plan) { p.policy.Outbound["ssn"] = "block" })
	r.platform.batches()
	blocked := writes(anna, "my social security number is 219-09-9999")
	for _, test := range []struct {
		items []part
		gone  string // a letter an item: x where it is refused
	}{
		{[]part{writes(anna, "one"), blocked, writes(anna, "three")}, " x "},
		{[]part{blocked, writes(anna, "two")}, "x "},
		{[]part{writes(anna, "one"), blocked, blocked}, " xx"},
		{[]part{blocked, blocked, writes(anna, "three"), blocked}, "xx x"},
		{[]part{blocked, blocked}, "xx"},
	} {
		before := len(r.platform.requests())
		entries := r.entries(r.batch(test.items...))
		if len(entries) != len(test.items) {
			t.Fatalf("%q: %d answers", test.gone, len(entries))
		}
		kept := 0
		for i, entry := range entries {
			refused := graphShape(entry.text())
			if test.gone[i] == 'x' {
				if entry.Code != http.StatusBadRequest || !strings.HasSuffix(refused.Message, "(policy_block)") || *refused.Transient {
					t.Errorf("%q: item %d got %d %s", test.gone, i, entry.Code, entry.text())
				}
				continue
			}
			if entry.Code != http.StatusOK || !strings.Contains(entry.text(), `"m_batch`+string(rune('0'+kept))+`"`) || r.parts()[kept].says() != test.items[i].says() {
				t.Errorf("%q: item %d got %d %s, the platform %v", test.gone, i, entry.Code, entry.text(), r.parts())
			}
			kept++
		}
		if n := len(r.platform.requests()) - before; n != min(kept, 1) || n == 1 && len(r.parts()) != kept {
			t.Errorf("%q: %d batches of %d went on", test.gone, n, len(r.parts()))
		}
	}
	if shown := r.call("/shop/", `{"include_headers":"false","batch":`+listed(blocked)+`}`); strings.Contains(shown.body, "headers") {
		t.Errorf("headers were not wanted: %s", shown.body)
	}
}
