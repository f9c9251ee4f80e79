package main

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"testing"
)

var (
	headerOf   = regexp.MustCompile(` -H "([^"]+)"`)
	variableOf = regexp.MustCompile(`\$[A-Z_]+`)
)

// TestRevealPage runs the requests that docs/reveal.md shows and compares the
// answers, whole, with those that stand below them.
func TestRevealPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/reveal.md")
	if err != nil {
		t.Fatal(err)
	}
	c, tokens := withRevealers(t)
	variables := map[string]string{"$PIIPROXY_TOKEN": maskedToken, "$PIIPROXY_FIRST": firstToken, "$PIIPROXY_SECOND": secondToken}
	text := regexp.MustCompile(`pii_creditcard_[a-z2-7]{26}`).ReplaceAllString(string(page), tokens["creditcard"])
	examples := exampleOf.FindAllStringSubmatch(text, -1)
	if len(examples) != 3 {
		t.Fatalf("docs/reveal.md has %d examples", len(examples))
	}
	for _, example := range examples {
		var headers []string
		for _, header := range headerOf.FindAllStringSubmatch(example[1], -1) {
			headers = append(headers, variableOf.ReplaceAllStringFunc(header[1], func(name string) string { return variables[name] }))
		}
		path := pathOf.FindStringSubmatch(example[1])[1]
		got := c.ask("admin", "POST", path, bodyOf.FindStringSubmatch(example[1])[1], headers...)
		answer, shown := decoded[any](t, got), any(nil)
		if err := json.Unmarshal([]byte(example[2]), &shown); err != nil {
			t.Fatal(err)
		}
		if got.status != 200 || !reflect.DeepEqual(answer, shown) {
			t.Errorf("%s: %d %s, the page says %s", path, got.status, got.body, example[2])
		}
	}
}
