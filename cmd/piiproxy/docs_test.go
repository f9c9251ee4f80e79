package main

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	exampleOf = regexp.MustCompile("(?s)```sh\n(curl .*?)```\n\n```json\n(.*?)\n```")
	bodyOf    = regexp.MustCompile(`(?s) -d '(.*?)'`)
	pathOf    = regexp.MustCompile(`http://127\.0\.0\.1:8082(/\S+)`)
)

// TestFormsPage runs the requests that docs/forms.md shows, in their order, and
// compares each answer's shape with the one that stands below it.
func TestFormsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/forms.md")
	if err != nil {
		t.Fatal(err)
	}
	c := withCallers(t, "", "")
	examples := exampleOf.FindAllStringSubmatch(string(page), -1)
	if len(examples) != 4 {
		t.Fatalf("docs/forms.md has %d examples", len(examples))
	}
	id := "none"
	for _, example := range examples {
		method, body := "GET", ""
		if found := bodyOf.FindStringSubmatch(example[1]); found != nil {
			method, body = "POST", found[1]
		}
		path := strings.ReplaceAll(pathOf.FindStringSubmatch(example[1])[1], "ID", id)
		got := c.asCaller(formToken, method, path, body)
		answer, shown := decoded[map[string]any](t, got), map[string]any{}
		if err := json.Unmarshal([]byte(example[2]), &shown); err != nil {
			t.Fatal(err)
		}
		if made, ok := answer["id"].(string); ok {
			id = made
		}
		for name, value := range shown {
			text, isText := value.(string)
			differs := name != "expires" && name != "person"
			if isText {
				value = strings.ReplaceAll(text, "ID", id)
			}
			was, _ := json.Marshal(answer[name])
			want, _ := json.Marshal(value)
			if differs && string(was) != string(want) {
				t.Errorf("%s %s: %s is %s, the page says %s", method, pathOf.FindStringSubmatch(example[1])[1], name, was, want)
			}
		}
		if !slices.Equal(slices.Sorted(maps.Keys(answer)), slices.Sorted(maps.Keys(shown))) {
			t.Errorf("%s: got %s", method, got.body)
		}
	}
}
