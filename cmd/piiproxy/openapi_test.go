package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"gopkg.in/yaml.v3"

	"github.com/piiproxy/piiproxy/console"
)

// document is docs/openapi.yaml with its references followed.
type document struct {
	t     *testing.T
	root  map[string]any
	tried map[string]bool // "METHOD path status" that serve was seen to answer
}

func readOpenAPI(t *testing.T) *document {
	t.Helper()
	content, err := os.ReadFile("../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d := &document{t: t, tried: map[string]bool{}}
	if err := yaml.Unmarshal(content, &d.root); err != nil {
		t.Fatal(err)
	}
	d.root, _ = d.follow(d.root).(map[string]any)
	return d
}

// follow puts in the place of each reference what it refers to.
func (d *document) follow(node any) any {
	switch node := node.(type) {
	case map[string]any:
		if reference, ok := node["$ref"].(string); ok {
			var target any = d.root
			for _, name := range strings.Split(strings.TrimPrefix(reference, "#/"), "/") {
				inner, _ := target.(map[string]any)
				target = inner[name]
			}
			if target == nil {
				d.t.Fatalf("nothing at %s", reference)
			}
			return d.follow(target)
		}
		followed := map[string]any{}
		for name, inner := range node {
			followed[name] = d.follow(inner)
		}
		return followed
	case []any:
		followed := make([]any, len(node))
		for i, inner := range node {
			followed[i] = d.follow(inner)
		}
		return followed
	}
	return node
}

// at walks down; nil when something on the way is not there.
func at(node any, names ...string) any {
	for _, name := range names {
		inner, _ := node.(map[string]any)
		node = inner[name]
	}
	return node
}

// fits says what is wrong with a body under a schema of the document.
func (d *document) fits(schema any, body string) error {
	text, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	var compiled jsonschema.Schema
	if err := json.Unmarshal(text, &compiled); err != nil {
		return err
	}
	resolved, err := compiled.Resolve(nil)
	if err != nil {
		return err
	}
	var instance any
	if err := json.Unmarshal([]byte(body), &instance); err != nil {
		return err
	}
	return resolved.Validate(instance)
}

// answered holds an answer against the document.
func (d *document) answered(method, path, body string, got reply) {
	d.t.Helper()
	operation := at(d.root, "paths", path, strings.ToLower(method))
	response := at(operation, "responses", fmt.Sprint(got.status))
	if response == nil {
		d.t.Errorf("%s %s: %d is not documented", method, path, got.status)
		return
	}
	d.tried[fmt.Sprint(method, " ", path, " ", got.status)] = true
	if kind := got.header.Get("Content-Type"); kind != "application/json; charset=utf-8" {
		d.t.Errorf("%s %s: %d is %s", method, path, got.status, kind)
	}
	if err := d.fits(at(response, "content", "application/json", "schema"), got.body); err != nil {
		d.t.Errorf("%s %s: %d %s: %v", method, path, got.status, got.body, err)
	}
	schema := at(operation, "requestBody", "content", "application/json", "schema")
	switch err := d.fits(schema, body); {
	case method == "GET":
	case got.status == 200 && err != nil:
		d.t.Errorf("%s %s: took %s, which is not documented: %v", method, path, body, err)
	case got.status == 400 && err == nil:
		d.t.Errorf("%s %s: does not take %s, which is documented", method, path, body)
	}
}

// TestOpenAPI: serve answers as docs/openapi.yaml says, and everything that stands
// there was seen.
func TestOpenAPI(t *testing.T) {
	d := readOpenAPI(t)
	c, tokens := withRevealers(t)
	email := tokens["email"]
	id := decoded[console.Link](t, c.asCaller(secondToken, "POST", "/v1/links", orderCard)).ID
	ask := func(token, method, path, body string, headers ...string) {
		t.Helper()
		got := c.asCaller(token, method, strings.NewReplacer("{id}", id, "{account}", "shop").Replace(path), body, headers...)
		d.answered(method, path, body, got)
	}
	approved := "Piiproxy-Approval: Bearer " + secondToken
	person := `{"user":"` + chatAnna + `"}`
	endpoints := []struct{ token, method, path, body, header string }{
		{secondToken, "POST", "/v1/links", orderCard, "X: y"},
		{secondToken, "GET", "/v1/links/{id}", "", "X: y"},
		{secondToken, "POST", "/v1/links/{id}/values", `{"values":{"credit_card":"` + chatCard + `","cvv":"123"}}`, "X: y"},
		{fullToken, "POST", "/v1/reveal", revealOrder("support", email, "x"), "X: y"},
		{firstToken, "POST", "/v1/restore", restoreOrder(email, "x"), approved},
		{peopleToken, "POST", "/v1/conversations/{account}/export", person, "X: y"},
		{peopleToken, "POST", "/v1/conversations/{account}/erase", `{"user":"` + chatAnna + `","dry_run":true}`, "X: y"},
	}
	for _, e := range endpoints { // what no endpoint takes
		ask(wrongToken, e.method, e.path, e.body, e.header)
		ask(emailToken, e.method, e.path, e.body, e.header, "Host: rebound.example")
		other := fullToken
		if e.token == fullToken {
			other = firstToken
		}
		ask(other, e.method, e.path, e.body, e.header)
		if e.method == "POST" {
			ask(e.token, e.method, e.path, `{"unknown":1}`, e.header)
			ask(e.token, e.method, e.path, e.body, e.header, "Content-Type: text/plain")
		}
	}
	ask(secondToken, "POST", "/v1/links", strings.Replace(orderCard, chatAnna, "123456789", 1))
	ask(secondToken, "POST", "/v1/links", `{"account":"shop","user":"`+chatAnna+`","fields":[{"kind":"nothing"}]}`)
	for _, path := range []string{"/v1/links/{id}", "/v1/links/{id}/values"} {
		method := map[bool]string{true: "GET", false: "POST"}[path == "/v1/links/{id}"]
		got := c.asCaller(secondToken, method, strings.ReplaceAll(path, "{id}", strings.Repeat("a", 26)), `{"values":{}}`)
		d.answered(method, path, `{"values":{}}`, got)
	}
	ask(secondToken, "POST", "/v1/links/{id}/values", `{"values":{"credit_card":"1"}}`)
	ask(secondToken, "POST", "/v1/links/{id}/values", `{"values":{"ssn":"1"}}`)
	ask(firstToken, "POST", "/v1/restore", `{"tokens":["x"],"file":""}`, approved)
	for _, what := range []string{"export", "erase"} {
		path := "/v1/conversations/{account}/" + what
		d.answered("POST", path, person, c.asCaller(peopleToken, "POST", "/v1/conversations/nobody/"+what, person))
		ask(peopleToken, "POST", path, `{"user":"`+chatAnna+`","reason":"`+strings.Repeat("x", 401)+`"}`)
	}
	ask(peopleToken, "POST", "/v1/conversations/{account}/export", `{"user":"`+chatAnna+`","values":true}`)
	ask(peopleToken, "POST", "/v1/conversations/{account}/erase", `{"user":"123456789","reason":"asked to"}`)
	ask(fullToken, "POST", "/v1/reveal", revealOrder("nothing", "x"))
	for _, token := range []string{maskedToken, last4Token, existsToken} {
		ask(token, "POST", "/v1/reveal", revealOrder("support", email, "x"))
	}
	for _, e := range endpoints { // what they are for
		ask(e.token, e.method, e.path, e.body, e.header)
	}
	ask(secondToken, "POST", "/v1/links/{id}/values", `{"values":{}}`) // used
	for _, kind := range []string{"iban", "passport", "tax_id", "password", "ssn", "email"} {
		ask(secondToken, "POST", "/v1/links", `{"account":"shop","user":"`+chatAnna+`","fields":[{"kind":"`+kind+`"}]}`)
	}
	for range 11 {
		ask(slowToken, "POST", "/v1/reveal", revealOrder("support", "x"))
	}
	if err := c.core.audit.Close(); err != nil {
		t.Fatal(err)
	}
	for _, e := range endpoints {
		ask(e.token, e.method, e.path, e.body, e.header)
	}
	for _, e := range endpoints { // until the rate is over
		for !d.tried[e.method+" "+e.path+" 429"] {
			ask(e.token, e.method, e.path, e.body, e.header)
		}
	}
	d.complete()
	d.mounted(c)
}

// complete sees that everything in the document was seen.
func (d *document) complete() {
	d.t.Helper()
	paths, _ := d.root["paths"].(map[string]any)
	for path, operations := range paths {
		methods, _ := operations.(map[string]any)
		for method, operation := range methods {
			responses, _ := at(operation, "responses").(map[string]any)
			for status := range responses {
				if seen := strings.ToUpper(method) + " " + path + " " + status; !d.tried[seen] {
					d.t.Errorf("%s is documented and was not seen", seen)
				}
			}
		}
	}
}

var mountedAt = regexp.MustCompile(`"(GET|POST|PUT|PATCH|DELETE) (/v1/[^"]+)"`)

// mounted sees that every endpoint that a caller has is in the document: of all
// patterns in the console's source those that do not answer 403 to a caller with
// all scopes.
func (d *document) mounted(c *chat) {
	d.t.Helper()
	files, err := filepath.Glob("../../console/*.go")
	if err != nil || len(files) == 0 {
		d.t.Fatal("no source of the console", err)
	}
	found := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, pattern := range mountedAt.FindAllStringSubmatch(string(source), -1) {
			path := regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(pattern[2], "x")
			got := c.asCaller(everyToken, pattern[1], path, "", "Content-Type: text/plain")
			if got.status == 403 {
				continue
			}
			found[pattern[0]] = true
			if at(d.root, "paths", pattern[2], strings.ToLower(pattern[1])) == nil {
				d.t.Errorf("%s %s is there for callers, and not documented", pattern[1], pattern[2])
			}
		}
	}
	if len(found) < 5 {
		d.t.Errorf("only %d endpoints were found", len(found))
	}
}
