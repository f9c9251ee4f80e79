package rules

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"gopkg.in/yaml.v3"
)

// loadSchema resolves the schema, which also checks it against its meta-schema.
func loadSchema(t *testing.T) (*jsonschema.Schema, *jsonschema.Resolved) {
	t.Helper()
	parsed := new(jsonschema.Schema)
	if err := json.Unmarshal(Schema(), parsed); err != nil {
		t.Fatal(err)
	}
	resolved, err := parsed.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return parsed, resolved
}

// asJSON reads YAML the way an editor does, as JSON values.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(body, &plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestSchemaAcceptsPacks(t *testing.T) {
	_, resolved := loadSchema(t)
	for _, pack := range Packs() {
		body, err := packs.ReadFile("packs/" + strings.TrimPrefix(pack, "builtin/") + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(asJSON(t, string(body))); err != nil {
			t.Errorf("%s: %v", pack, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	_, resolved := loadSchema(t)
	for _, text := range []string{
		"{}",
		"rulez: []",
		"rules: [{kind: k, words: [w]}]",
		"rules: [{id: A-1, kind: k, words: [w]}]",
		"rules: [{id: a, kind: k}]",
		"rules: [{id: a, kind: k, words: [w], treshold: 0.5}]",
		"rules: [{id: a, kind: k, words: [w], threshold: 0}]",
		"rules: [{id: a, kind: k, words: [w], mode: loud}]",
		"rules: [{id: a, kind: k, words: [w], regions: [USA]}]",
		"rules: [{id: a, kind: k, patterns: [{score: 0.5}]}]",
		"rules: [{id: a, kind: k, words: [w], validate: {name: 'Card!'}}]",
		"rules: [{id: a, kind: k, words: [w], validate: {name: card, fail: forget}}]",
		"rules: [{id: a, kind: k, words: [w], context: {window: 51}}]",
		"rules: [{id: a, kind: k, words: [w], where: {direction: up}}]",
		"prompts: [{id: p, patterns: [x]}]",
		"prompts: [{id: p, asks: [email]}]",
	} {
		if resolved.Validate(asJSON(t, text)) == nil {
			t.Errorf("accepted: %s", text)
		}
		if _, err := Load([]Source{{Name: "bad.yaml", Body: []byte(text)}}); err == nil {
			t.Errorf("loaded: %s", text)
		}
	}
}

// TestSchemaKeys wants the schema and the Go types to name the same keys.
func TestSchemaKeys(t *testing.T) {
	root, _ := loadSchema(t)
	rule := root.Defs["rule"]
	for sample, object := range map[any]*jsonschema.Schema{
		reflect.TypeFor[ruleFile]():     root,
		reflect.TypeFor[ruleYAML]():     rule,
		reflect.TypeFor[patternYAML]():  rule.Properties["patterns"].Items,
		reflect.TypeFor[shapeYAML]():    rule.Properties["shapes"].Items,
		reflect.TypeFor[saidYAML]():     rule.Properties["said"].Items,
		reflect.TypeFor[validateYAML](): rule.Properties["validate"],
		reflect.TypeFor[contextYAML]():  rule.Properties["context"],
		reflect.TypeFor[whereYAML]():    rule.Properties["where"],
		reflect.TypeFor[testsYAML]():    root.Defs["tests"],
		reflect.TypeFor[promptYAML]():   root.Defs["prompt"],
	} {
		name := sample.(reflect.Type).Name()
		var keys []string
		for key := range object.Properties {
			keys = append(keys, key)
		}
		want := keysOf(name)
		slices.Sort(keys)
		slices.Sort(want)
		if !slices.Equal(keys, want) {
			t.Errorf("%s: schema has %v, type has %v", name, keys, want)
		}
	}
}
