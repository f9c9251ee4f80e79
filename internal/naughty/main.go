// Command naughty puts naughty strings into the pages that people see.
//
//	go run ./internal/naughty FILE
//
// FILE is a JSON list of strings. Each is put wherever a page shows something
// that comes from outside: the business's name, colour, picture and texts, what
// was typed, kinds, problems, addresses. A string passes when the page has the
// same elements and attributes as with a harmless one. The exit code is 1 when a
// string changes a page, 2 when the file cannot be read. Strings are named by
// their place in the list, counted from one, and never printed.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"golang.org/x/net/html"

	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/rules"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: naughty FILE")
		os.Exit(2)
	}
	raw, err := os.ReadFile(os.Args[1])
	var list []string
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "reading the list of strings:", err)
		os.Exit(2)
	}
	failed, err := check(list, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// check returns how many strings change a page.
func check(list []string, out io.Writer) (failed int, err error) {
	pages, err := form.New()
	if err != nil {
		return 0, err
	}
	writers := map[string]func(io.Writer, form.Page) error{"form": pages.Form, "code": pages.Code, "done": pages.Done, "expired": pages.Expired}
	for name, write := range writers {
		want, err := skeleton(write, "harmless")
		if err != nil {
			return failed, err
		}
		for i, text := range list {
			got, err := skeleton(write, text)
			if err != nil {
				return failed, err
			}
			if got != want {
				failed++
				fmt.Fprintf(out, "page %s: string %d changes it\n", name, i+1)
			}
		}
	}
	fmt.Fprintf(out, "%d strings in %d pages: %d change one\n", len(list), len(writers), failed)
	return failed, nil
}

// skeleton is the elements and the names of the attributes of a page that shows
// a text in every place.
func skeleton(write func(io.Writer, form.Page) error, text string) (string, error) {
	var page bytes.Buffer
	if err := write(&page, pageOf(text)); err != nil {
		return "", err
	}
	root, err := html.Parse(&page)
	if err != nil {
		return "", fmt.Errorf("parsing a page: %w", err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		b.WriteString(n.Data)
		for _, a := range n.Attr {
			b.WriteString(" " + a.Key)
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// pageOf shows a text in every place. A letter before it keeps apart what a page
// leaves out when it is empty.
func pageOf(text string) form.Page {
	page := form.Page{
		Brand: form.Brand{Title: "T" + text, Color: text, Logo: "/l" + url.PathEscape(text)}, Language: "en" + text, Regions: "US " + text,
		Action: "/c/x", Proof: "p" + text, Remember: true, Code: true, Tries: 2,
		Problems: map[string]string{form.InputCode: "p" + text}, Typed: url.Values{},
	}
	for _, kind := range append(rules.BuiltinKinds(), "over_18", "k"+text) {
		page.Fields = append(page.Fields, form.Field{Kind: kind})
		page.Problems[kind] = "p" + text
		for _, part := range []string{"", ".day", ".month", ".year", ".street", ".city", ".state", ".postcode"} {
			page.Typed.Set(kind+part, "v"+text)
		}
	}
	own := map[string]string{}
	for _, key := range []string{"label.email", "ask.email", "hint.email", "page.why", "page.send", "problem.other", "done.text"} {
		own[key] = "t" + text
	}
	page.Texts, _ = form.NewTexts(map[string]map[string]string{"en": own}) // no key here has a rule to break
	return page
}
