package form_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/piiproxy/piiproxy/capture/form"
)

// TestAccessible checks what can be told from the elements alone (WCAG 2.2):
// one name for every input, ids that are there once, a language, a heading,
// links of the summary that arrive, and nothing that needs a script.
func TestAccessible(t *testing.T) {
	for _, language := range form.Languages() {
		for _, name := range pageNames {
			page := basis()
			page.Language, page.Fields, page.Code = language, allFields(), name == "form"
			checkAccess(t, language+" "+name, pageOf(t, name, page))
			checkAccess(t, language+" "+name+" wrong", pageOf(t, name, wrong(page)))
		}
	}
}

func checkAccess(t *testing.T, name string, root *html.Node) {
	t.Helper()
	all := elements(root)
	ids, labels := map[string]int{}, map[string]string{}
	for _, n := range all {
		if id := attribute(n, "id"); id != "" {
			ids[id]++
		}
		if n.Data == "label" {
			labels[attribute(n, "for")] = words(n)
		}
	}
	for id, times := range ids {
		if times > 1 {
			t.Errorf("%s: id %s %d times", name, id, times)
		}
	}
	for _, n := range all {
		for _, complaint := range complaints(n, ids, labels) {
			t.Errorf("%s: %s %s: %s", name, n.Data, attribute(n, "id"), complaint)
		}
	}
	headings := slices.DeleteFunc(slices.Clone(all), func(n *html.Node) bool { return n.Data != "h1" || words(n) == "" })
	if len(headings) != 1 {
		t.Errorf("%s: %d headings", name, len(headings))
	}
}

// complaints says what is wrong with one element.
func complaints(n *html.Node, ids map[string]int, labels map[string]string) []string {
	var list []string
	complain := func(broken bool, text string) {
		if broken {
			list = append(list, text)
		}
	}
	switch n.Data {
	case "html":
		complain(attribute(n, "lang") == "" || attribute(n, "dir") == "", "no language")
	case "title":
		complain(words(n) == "", "no title")
	case "input", "textarea":
		hidden := attribute(n, "type") == "hidden"
		complain(!hidden && labels[attribute(n, "id")] == "", "no label")
		complain(!hidden && attribute(n, "type") != "checkbox" && attribute(n, "type") != "radio" && attribute(n, "autocomplete") == "", "no autocomplete")
	case "legend", "label", "button", "h2":
		complain(words(n) == "", "no words")
	case "a":
		target := attribute(n, "href")
		complain(strings.HasPrefix(target, "#") && ids[target[1:]] == 0, "leads nowhere")
	case "style", "iframe", "object", "base":
		complain(true, "is not allowed")
	case "script":
		complain(n.FirstChild != nil || attribute(n, "integrity") == "", "stands in the page")
	}
	for _, id := range strings.Fields(attribute(n, "aria-describedby") + " " + attribute(n, "aria-labelledby")) {
		complain(ids[id] == 0, "is described by nothing")
	}
	for _, a := range n.Attr {
		complain(a.Key == "style" || strings.HasPrefix(a.Key, "on"), "has a style or a handler of its own")
	}
	return list
}

// TestProblems wants each problem beside its input and in the summary, which has
// the focus without a script.
func TestProblems(t *testing.T) {
	page := wrong(basis())
	page.Language = "de-AT"
	root := pageOf(t, "form", page)
	var summary *html.Node
	invalid, beside := 0, 0
	for _, n := range elements(root) {
		switch {
		case has(n, "autofocus"):
			summary = n
		case attribute(n, "aria-invalid") == "true":
			invalid++
			if !strings.Contains(attribute(n, "aria-describedby"), "-problem") {
				t.Errorf("%s does not say what is wrong", attribute(n, "name"))
			}
		case strings.HasSuffix(attribute(n, "id"), "-problem"):
			beside++
		}
	}
	if summary == nil || invalid != len(cardFields) || beside != len(cardFields) {
		t.Fatalf("%d inputs are invalid, %d say why", invalid, beside)
	}
	want := "Bitte prüfen Sie Ihre Angaben Kartennummer: Bitte füllen Sie dies aus. Gültig bis: Bitte füllen Sie dies aus." +
		" Prüfnummer: Bitte füllen Sie dies aus. E-Mail-Adresse: Bitte füllen Sie dies aus. Sie haben noch 2 Versuche."
	if got := words(summary); got != want {
		t.Errorf("the summary says\n%s, want\n%s", got, want)
	}
	if title := words(root); !strings.HasPrefix(title, "Fehler: Sicheres Formular – Northwind Bank") {
		t.Errorf("the title does not say so: %.60s", title)
	}
}

// TestSays wants who asks, for what, why here and for how long, in every
// language.
func TestSays(t *testing.T) {
	for _, language := range form.Languages() {
		page := basis()
		page.Language, page.Fields = language, cardFields[2:]
		text := words(pageOf(t, "form", page))
		var none form.Texts
		for _, want := range []string{"Northwind Bank", none.Asked(language, page.Fields), none.Lookup(language, "page.why"), none.Lasting(language, page.Keep)} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the form does not say %q", language, want)
			}
		}
		if strings.ContainsAny(text, "{}") {
			t.Errorf("%s: a place in a text is not filled in: %s", language, text)
		}
	}
}
