package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"gopkg.in/yaml.v3"

	"github.com/piiproxy/piiproxy/config"
)

const example = "../config.example.yaml"

func TestSchemaFileIsCurrent(t *testing.T) {
	want, err := config.SchemaText()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("config/schema.json is old: run go run ./cmd/piiproxy check --schema > config/schema.json")
	}
}

// validate is what an editor does with the schema.
func validate(t *testing.T, content string) error {
	t.Helper()
	resolved, err := config.Schema().Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := yaml.Unmarshal([]byte(content), &document); err != nil {
		t.Fatal(err)
	}
	return resolved.Validate(document)
}

func TestSchemaTakesGoodFiles(t *testing.T) {
	for _, file := range []string{example, "testdata/minimal.yaml"} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, string(content)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestSchemaRefusesBadShapes(t *testing.T) {
	for name, change := range map[string]string{
		"unknown key":        "lisen: {}\n",
		"unknown deep key":   "limits: {bodies: {json_deep: 3}}\n",
		"listen a text":      "listen: '127.0.0.1:8080'\n",
		"listener a number":  "listen: {public: 8080}\n",
		"listener without":   "listen: {public: {adr: ':80'}}\n",
		"rules a text":       "rules: builtin\n",
		"unknown action":     "policies: {default: {inbound: {email: hide}}}\n",
		"unknown driver":     "store: {driver: sqlite}\n",
		"duration no unit":   "limits: {bot_timeout: 18}\n",
		"size with words":    "limits: {bodies: {media: 100 megabytes}}\n",
		"override without":   "overrides: [{mode: shadow}]\n",
		"threshold over one": "overrides: [{id: url, threshold: 1.5}]\n",
		"nothing":            "rules:\n",
	} {
		t.Run(name, func(t *testing.T) {
			environment(t)
			if validate(t, minimal(t)+change) == nil {
				t.Error("the schema takes it")
			}
			if _, err := config.Load(write(t, minimal(t)+change)); err == nil && name != "listener a number" {
				t.Error("Load takes it")
			}
		})
	}
	for _, without := range []string{"app_secret", "verify_token", "bot_url", "channel"} {
		var kept []string
		for line := range strings.Lines(minimal(t)) {
			if !strings.Contains(line, " "+without+":") {
				kept = append(kept, line)
			}
		}
		if validate(t, strings.Join(kept, "")) == nil {
			t.Errorf("the schema does without %s", without)
		}
	}
}

// TestExample holds the example to what it says of itself: every key, and the
// defaults where it names them.
func TestExample(t *testing.T) {
	environment(t)
	c, err := config.Load(example)
	if err != nil {
		t.Fatal(err)
	}
	if warnings := c.Warnings(); len(warnings) != 0 {
		t.Errorf("warnings: %v", warnings)
	}
	defaults := config.Default()
	for name, part := range map[string][2]any{
		"listen": {defaults.Listen, c.Listen}, "limits": {defaults.Limits, c.Limits}, "log": {defaults.Log, c.Log},
		"policy": {config.BuiltinPolicy(), c.Policies["default"]}, "rules": {defaults.Rules, c.Rules},
	} {
		if diff := cmp.Diff(part[0], part[1]); diff != "" {
			t.Errorf("%s (-default +example):\n%s", name, diff)
		}
	}
	content, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(content), "# yaml-language-server: $schema=config/schema.json\n") {
		t.Error("the first line does not tell editors the schema")
	}
	for _, key := range keys(config.Schema()) {
		if !strings.Contains(string(content), key+":") {
			t.Errorf("does not explain %s", key)
		}
	}
}

// keys lists every key that the schema knows, at any depth.
func keys(schema *jsonschema.Schema) []string {
	var found []string
	for name, property := range schema.Properties {
		found = append(append(found, name), keys(property)...)
	}
	for _, inner := range append(schema.AnyOf, schema.Items, schema.AdditionalProperties) {
		if inner != nil {
			found = append(found, keys(inner)...)
		}
	}
	return found
}
