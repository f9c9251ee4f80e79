package route_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/route"
	"github.com/piiproxy/piiproxy/rules"
)

// leaks wants nothing that the bot gets to say a value.
func (r *rig) leaks(what string, got reply) {
	r.t.Helper()
	all := strings.ToLower(got.body + fmt.Sprint(got.header))
	for _, secret := range []string{"jane", "doe%40", "mill", "rissington", "5550123", "555-0123", "vendor key"} {
		if strings.Contains(all, secret) {
			r.t.Errorf("%s: the bot got %s of %d %v %s", what, secret, got.status, got.header, got.body)
		}
	}
}

// What was restored comes back as its token, in whatever place of an answer that is
// read, and in none that is not.
func TestAnswersSayTokens(t *testing.T) {
	r := newRig(t, func(r *rig) {
		r.route.Answer = route.Answer{Keep: pointers(t, "/id", "/items/*/sku"), Pass: []string{"application/pdf", "text/html"}}
	})
	mail, call, place := r.email(), r.token("shop", anna, "phone", phone, spelt), r.token("shop", anna, "address", where, where)
	body := `{"customer":{"email":"` + mail + `","phone":"` + call + `"},"card":"` + place + `"}`
	for _, test := range []struct{ what, kind, said, want string }{
		{"as it was", "application/json", `{"email":"jane.doe@corp.example"}`, `{"email":"` + mail + `"}`},
		{"in upper case", "application/json", `{"email":"JANE.DOE@CORP.EXAMPLE"}`, `{"email":"` + mail + `"}`},
		{"escaped", "application/json", `{"email":"jane.doe\u0040corp.example"}`, `{"email":"` + mail + `"}`},
		{"what no rule finds", "application/json", `{"to":"` + where + `"}`, `{"to":"` + place + `"}`},
		{"as the person wrote it", "application/json", `{"p":"` + spelt + `"}`, `{"p":"` + call + `"}`},
		{"among words", "application/json", `{"a":["to Behind the Mill, Little Rissington, now"]}`, `{"a":["to ` + place + `, now"]}`},
		{"in a document in a string", "application/json", `{"a":"{\"to\":\"` + where + `\"}"}`, `{"a":"{\"to\":\"` + place + `\"}"}`},
		{"in a kept place", "application/json", `{"id":"jane.doe@corp.example"}`, `{"id":"` + mail + `"}`},
		{"in a kept number", "application/json", `{"id":14155550123}`, `{"id":"` + call + `"}`},
		{"url-encoded in a link", "application/json", `{"next":"/c?to=behind%20the%20mill%2C%20Little%20Rissington"}`, `{"next":"[UNREADABLE]"}`},
		{"in a link as forms write it", "application/json", `{"next":"/c?to=behind+the+mill%2C+Little+Rissington"}`, `{"next":"[UNREADABLE]"}`},
		{"in a link with bare commas", "application/json", `{"next":"/c?to=behind+the+mill,+Little+Rissington"}`, `{"next":"[UNREADABLE]"}`},
		{"in base64", "application/json", `{"x":"YmVoaW5kIHRoZSBtaWxsLCBMaXR0bGUgUmlzc2luZ3Rvbg=="}`, `{"x":"[UNREADABLE]"}`},
		{"in base64, as rules read it", "application/json", `{"x":"amFuZS5kb2VAY29ycC5leGFtcGxl"}`, `{"x":"` + mail + `"}`},
		{"in text", "text/plain; charset=utf-8", "to " + where + "\n", "to " + place + "\n"},
		{"in a form", "application/x-www-form-urlencoded", "ok=1&to=behind+the+mill%2C+Little+Rissington", "ok=1&to=" + place},
		{"a new value", "application/json", `{"other":"new.one@corp.example"}`, ""},
		{"ids that are kept", "application/json", `{"id":"4111111111111111","items":[{"sku":4155550199}]}`, `{"id":"4111111111111111","items":[{"sku":4155550199}]}`},
		{"a token of nobody knows whom", "application/json", `{"x":"is pii_email_abcdefghijklmnopqrstuvwxyz"}`, `{"x":"is [TOKEN]"}`},
		{"an empty answer", "text/html", "", ""},
	} {
		r.vendor.says(test.kind, test.said)
		got := r.order(body)
		r.passed(test.what, got)
		r.leaks(test.what, got)
		if test.want != "" && got.body != test.want {
			t.Errorf("%s: the bot got %s", test.what, got.body)
		}
	}
	for _, test := range []struct{ what, kind, said string }{
		{"in a name", "application/json", `{"jane.doe@corp.example":1}`},
		{"in a name that no rule finds", "application/json", `{"` + where + `":1}`},
		{"a token in a name", "application/json", `{"\u0070ii_email_abcdefghijklmnopqrstuvwxyz":1}`},
		{"a card in a number", "application/json", `{"card":4111111111111111}`},
		{"in a page", "text/html", "<p>no such customer: jane.doe&#64;corp.example</p>"},
		{"a type that is not listed", "application/xml", "<a/>"},
		{"no type", "", "x"},
		{"a document that is none", "application/json", "<p>jane.doe@corp.example</p>"},
		{"another charset", "application/json; charset=utf-16", "{}"},
		{"a name in a form", "application/x-www-form-urlencoded", "jane.doe%40corp.example=1"},
		{"text that is none", "text/plain", "\xff\xfe"},
	} {
		r.vendor.says(test.kind, test.said)
		got := r.order(body)
		if r.vendor.heard(); got.reason() != "answer_unreadable" || got.status != http.StatusBadGateway {
			t.Errorf("%s: %d %s", test.what, got.status, got.body)
		}
		r.leaks(test.what, got)
	}
	r.vendor.says("application/pdf", "%PDF \x00\xff")
	if got := r.order(body); got.body != "%PDF \x00\xff" || got.header.Get("Content-Type") != "application/pdf" {
		t.Errorf("a listed type: %d %v %q", got.status, got.header, got.body)
	}
}

// A new value of an answer belongs to the person whose tokens the request had, so
// that the bot can use it in the chat; without a person it is hidden.
func TestNewValues(t *testing.T) {
	r := newRig(t)
	r.vendor.says("application/json", `{"email":"new.one@corp.example"}`)
	got := r.order(`{"customer":{"email":"` + r.email() + `"}}`)
	if want := r.token("shop", anna, "email", "new.one@corp.example", "x"); got.body != `{"email":"`+want+`"}` {
		t.Errorf("with a person: %s", got.body)
	}
	if got := r.ask("GET", "/customers/1", ""); got.body != `{"email":"[EMAIL]"}` {
		t.Errorf("with nobody: %s", got.body)
	}
}

// Errors of a vendor come through, redacted; with them goes no header that leads
// elsewhere or says a value.
func TestAnswerHeadersAndStatus(t *testing.T) {
	r := newRig(t)
	body := `{"customer":{"email":"` + r.email() + `"}}`
	r.vendor.answers(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range map[string]string{
			"Content-Type": "application/problem+json", "Location": "https://evil.example/jane.doe@corp.example", "Set-Cookie": "a=jane.doe@corp.example",
			"X-Request": "for jane.doe@corp.example", "Etag": `"jane.doe@corp.example"`, "X-Encoded": "jane.doe%40corp.example",
			"Link": "<https://evil.example>", "Retry-After": "7", "X-Request-Id": "r1", "Trailer": "X-Late", "Connection": "X-Hop", "X-Hop": "1",
		} {
			w.Header().Set(name, value)
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"detail":"jane.doe@corp.example is taken"}`)
		w.Header().Set("X-Late", "jane.doe@corp.example")
	})
	got := r.order(body)
	r.leaks("a vendor's error", got)
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, " is taken") || got.header.Get("Retry-After") != "7" || got.header.Get("X-Request-Id") != "r1" {
		t.Errorf("the bot got %d %v %s", got.status, got.header, got.body)
	}
	for _, name := range []string{"Location", "Set-Cookie", "Link", "Etag", "X-Encoded", "X-Late"} {
		if got.header.Get(name) != "" {
			t.Errorf("the bot got the header %s", name)
		}
	}
}

// However the account is judged, a restored value does not come back.
func TestModes(t *testing.T) {
	for _, mode := range []rules.Mode{rules.Shadow, rules.Off} {
		r := newRig(t, func(r *rig) { r.mode = mode })
		place := r.token("shop", anna, "address", where, where)
		body := `{"customer":{"email":"` + r.email() + `","phone":"` + place + `"}}`
		for kind, said := range map[string]string{
			"application/json": `{"a":"jane.doe@corp.example","b":"to ` + where + `","c":["` + where + `"]}`, "text/plain": "to " + where,
			"application/x-www-form-urlencoded": "a=jane.doe%40corp.example",
		} {
			r.vendor.says(kind, said)
			got := r.order(body)
			r.leaks(mode.String()+", "+kind, got)
			if got.status != http.StatusOK {
				t.Errorf("%s, %s: %d %s", mode, kind, got.status, got.body)
			}
		}
		r.vendor.says("application/json", `{"other":"new.one@corp.example"}`)
		if got := r.order(body); got.body != `{"other":"new.one@corp.example"}` {
			t.Errorf("%s: what the bot sees in the chat, too, became %s", mode, got.body)
		}
	}
}

// An answer may be redacted by another policy than the chat; how long its values are
// kept is the account's.
func TestAnswerPolicy(t *testing.T) {
	hide, err := redact.NewPolicy("hide", redact.Tables{Inbound: map[string]string{"email": "redact", "default": "mask"}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(r *rig) { r.route.Answer.Policy = &hide })
	r.vendor.says("application/json", `{"email":"new.one@corp.example","card":"4111 1111 1111 1111"}`)
	if got := r.order(`{"customer":{"email":"` + r.email() + `"}}`); got.body != `{"email":"[EMAIL]","card":"***1111"}` {
		t.Errorf("the bot got %s", got.body)
	}
}

// A fault of ours once the vendor has the request is 502 and asks for no other try:
// the bot must not order twice.
func TestFaultsAfterwards(t *testing.T) {
	for kind, said := range map[string]string{
		"application/json": `{"email":"new.one@corp.example"}`, "text/plain": "new.one@corp.example", "application/x-www-form-urlencoded": "a=new.one%40corp.example",
	} {
		r := newRig(t)
		body := `{"customer":{"email":"` + r.email() + `"}}`
		r.vendor.answers(func(w http.ResponseWriter, _ *http.Request) {
			_ = r.store.Close()
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, said)
		})
		got := r.order(body)
		if len(r.vendor.heard()) != 1 || got.status != http.StatusBadGateway || got.reason() != "store_unavailable" || got.header.Get("Retry-After") != "" {
			t.Errorf("%s: %d %v %s", kind, got.status, got.header, got.body)
		}
		if !strings.Contains(got.body, "the request was sent") {
			t.Errorf("%s: the answer does not say that the vendor has it: %s", kind, got.body)
		}
		r.leaks(kind, got)
	}
}

// What a person wrote with two spaces, or in two lines, comes back as its token when
// the vendor has tidied it up.
func TestAnswersTidied(t *testing.T) {
	r := newRig(t)
	for _, typed := range []string{"behind  the mill, Little Rissington", "behind the mill,\nLittle Rissington ", "\tbehind the mill,\u00a0Little Rissington"} {
		place := r.token("shop", anna, "address", typed, typed)
		r.vendor.says("application/json", `{"to":"`+where+`","next":"/c?to=behind+the+mill%2C+Little+Rissington"}`)
		got := r.order(`{"card":"` + place + `"}`)
		if r.passed(typed, got); got.body != `{"to":"`+place+`","next":"[UNREADABLE]"}` {
			t.Errorf("%q: the bot got %s", typed, got.body)
		}
	}
}
