package form_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/piiproxy/piiproxy/capture/form"
)

// hostile are strings that try to be more than text: in HTML, in attributes, in
// addresses, in templates, in scripts and in the order of writing.
var hostile = []string{
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`, `</title><script>1</script>`,
	`</textarea><script>1</script>`, `" autofocus onfocus="alert(1)`, `' onmouseover='x`, "` onclick=alert(1) `", `javascript:alert(1)`,
	`data:text/html,<script>1</script>`, `//evil.example/x`, `/\evil.example`, `https://evil.example`, `{{.Proof}}`, `{{template "form"}}`,
	`{who}{fields}{n}`, `<!--`, `-->`, `]]>`, `<![CDATA[`, `<svg/onload=alert(1)>`, `<math><mtext></table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	"\u202egnp.exe", "\u2066\u2067", "a\x00b", "\xff\xfe<script>", "&lt;script&gt;", "&#60;script&#62;", "%3Cscript%3E", `\u003cscript\u003e`,
	"line\r\nSet-Cookie: a=b", "<base href=//evil.example>", "<meta http-equiv=refresh content=0>", "＜script＞", "<plaintext>", "<style>@import'//evil'</style>",
	"𝒳 Ωmega ñ 中文 العربية", strings.Repeat("A", 5000), strings.Repeat("<b>", 400), " ", "",
}

// around is a harmless string of the same kind of place: what a page has to look
// like whatever stands there.
const harmless = "harmless"

// TestTextOnly puts hostile strings wherever something comes from outside and
// wants the very elements and attributes that a harmless one gives.
func TestTextOnly(t *testing.T) {
	fields := append(allFields(), form.Field{Kind: harmless})
	for _, name := range pageNames {
		page := basis()
		page.Fields, page.Code = fields, true
		want := skeleton(pageOf(t, name, outside(page, harmless)))
		for _, text := range hostile {
			got := skeleton(pageOf(t, name, outside(page, text)))
			if diff := cmp.Diff(want, got); diff != "" && strings.TrimSpace(text) != "" {
				t.Errorf("%s changes with %.40q (-want +got):\n%s", name, text, diff)
			}
		}
	}
}

// outside puts a text into everything that an account, a bot or a person writes.
func outside(page form.Page, text string) form.Page {
	page.Brand.Title = "T" + text
	page.Brand.Color, page.Proof = text, text
	page.Typed = url.Values{}
	page.Problems = map[string]string{form.InputCode: text}
	for _, field := range page.Fields {
		for _, part := range []string{"", ".day", ".month", ".year", ".street", ".city", ".state", ".postcode"} {
			page.Typed.Set(field.Asks()+part, text)
		}
		page.Problems[field.Asks()] = text
	}
	own := map[string]map[string]string{"en": {}}
	for _, key := range []string{"label.credit_card", "ask.credit_card", "hint.credit_card", "page.why", "page.send", "problem.other", "done.text"} {
		own["en"][key] = "T" + text
	}
	page.Texts, _ = form.NewTexts(own)
	return page
}

// TestAddresses wants pictures and posts to stay on this site.
func TestAddresses(t *testing.T) {
	for _, text := range hostile {
		page := basis()
		page.Brand.Logo, page.Action = text, text
		for _, name := range []string{"form", "sorry"} {
			for _, n := range elements(pageOf(t, name, page)) {
				for _, at := range []string{"src", "action", "href"} {
					if got := attribute(n, at); got != "" && !strings.HasPrefix(got, "/c/assets/") && !strings.HasPrefix(got, "#") {
						t.Errorf("%s of %s leads to %q", at, n.Data, got)
					}
				}
			}
		}
	}
}

// TestKindsFromRules wants a kind that no pack has, whatever its name, to be an
// ordinary line.
func TestKindsFromRules(t *testing.T) {
	page := basis()
	page.Fields = []form.Field{{Kind: "loyalty_card"}, {Kind: `x"><script>`}}
	root := pageOf(t, "form", page)
	var names, labels []string
	for _, n := range elements(root) {
		if n.Data == "input" && attribute(n, "type") == "text" {
			names = append(names, attribute(n, "name"))
		}
		if n.Data == "label" {
			labels = append(labels, words(n))
		}
	}
	if diff := cmp.Diff([]string{"loyalty_card", `x"><script>`}, names); diff != "" {
		t.Error(diff)
	}
	if labels[0] != "Loyalty card" || !strings.Contains(words(root), "asks for your details.") {
		t.Errorf("it is called %q", labels[0])
	}
}
