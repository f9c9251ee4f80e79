package route_test

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/route"
	"github.com/piiproxy/piiproxy/vault"
)

// undone reads a text once more in each way that a vendor's reader could, apart
// from the decoders that are tested.
func undone(text string) (all []string) {
	if plain, err := url.QueryUnescape(text); err == nil {
		all = append(all, plain)
	}
	if plain, err := url.PathUnescape(text); err == nil {
		all = append(all, plain)
	}
	var quoted string
	if json.Unmarshal([]byte(`"`+text+`"`), &quoted) == nil {
		all = append(all, quoted)
	}
	all = append(all, html.UnescapeString(text))
	for _, coding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if plain, err := coding.DecodeString(strings.TrimSpace(text)); err == nil {
			all = append(all, string(plain))
		}
	}
	return all
}

// holds says that a token can be read out of a text in at most depth steps.
func holds(text string, depth int) bool {
	if len(vault.FindTokens(text)) > 0 {
		return true
	}
	if depth == 0 {
		return false
	}
	for _, plain := range undone(text) {
		if plain != text && holds(plain, depth-1) {
			return true
		}
	}
	return false
}

// strings of a document, names too.
func leaves(document any, visit func(string)) {
	switch v := document.(type) {
	case string:
		visit(v)
	case []any:
		for _, each := range v {
			leaves(each, visit)
		}
	case map[string]any:
		for name, each := range v {
			visit(name)
			leaves(each, visit)
		}
	}
}

// FuzzNoToken: whatever a bot sends, in no decoded layer of what reaches the vendor
// is a token, and the value stands nowhere but in the listed places.
func FuzzNoToken(f *testing.F) {
	r := newRig(f, func(r *rig) { r.route.Restore.PerDay = 1 << 30 })
	mail := r.email()
	for _, spelling := range spellings {
		f.Add("TOKEN", "TOKEN", "", "")
		f.Add("TOKEN", strings.ReplaceAll(spelling.spell(mail), mail, "TOKEN"), "", "")
		f.Add("x", "", strings.ReplaceAll(spelling.spell(mail), mail, "TOKEN"), "")
		f.Add("", "", "", spelling.spell("TOKEN"))
	}
	f.Add("TOKEN", `","customer":{"email":"TOKEN"}`, "a=TOKEN&", "%54OKEN")
	f.Fuzz(func(t *testing.T, listed, unlisted, query, header string) {
		put := func(text string) string { return strings.ReplaceAll(text, "TOKEN", mail) }
		body, _ := json.Marshal(map[string]any{"customer": map[string]any{"email": put(listed), "name": put(unlisted)}, put(unlisted): 1})
		request := httptest.NewRequest("POST", "/route/orders/v2/orders", strings.NewReader(string(body)))
		request.URL.RawQuery = put(query)
		request.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {token}, "X-Note": {strings.Map(visible, put(header))}}
		recorder := httptest.NewRecorder()
		r.desk.Serve(recorder, request, "5e6ad5ff81422770d693ef5a", func() ([]byte, *route.Refusal) {
			raw, _ := io.ReadAll(request.Body)
			return raw, nil
		})
		heard := r.vendor.heard()
		if len(heard) == 0 {
			return
		}
		got := heard[0]
		var document struct {
			Customer struct{ Email, Name string }
		}
		var whole any
		if json.Unmarshal([]byte(got.body), &whole) != nil || json.Unmarshal([]byte(got.body), &document) != nil {
			t.Fatalf("the vendor got %q", got.body)
		}
		check := func(text string) {
			if holds(text, 3) {
				t.Fatalf("the vendor can read a token in %q", text)
			}
		}
		leaves(whole, check)
		check(got.target)
		for _, values := range got.header {
			for _, value := range values {
				check(value)
			}
		}
		if elsewhere := strings.Replace(got.seen(), `jane.doe\u0040corp.example`, "", 1); strings.Contains(elsewhere, "jane.doe") && !strings.Contains(listed+unlisted+query+header, "jane.doe") {
			t.Fatalf("the value stands in %q", elsewhere)
		}
		if listed == "TOKEN" && document.Customer.Email != email {
			t.Fatalf("the listed place is %q", document.Customer.Email)
		}
	})
}

// visible keeps what may stand in a header.
func visible(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}
