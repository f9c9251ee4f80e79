package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxFileBytes bounds one rule file: 1,000 rules of ordinary size need a tenth.
const maxFileBytes = 4 << 20

// document is one decoded rule file together with its node tree, which knows
// the line of every key.
type document struct {
	name string
	file ruleFile
	root *yaml.Node
}

// decode reads one YAML file strictly: known keys only, one document.
func decode(name string, body []byte) (document, Errors) {
	doc := document{name: name, root: &yaml.Node{}}
	if len(body) > maxFileBytes {
		return doc, Errors{{File: name, Text: fmt.Sprintf("the file is over %d MiB; split it", maxFileBytes>>20)}}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(body))
	decoder.KnownFields(true)
	err := decoder.Decode(&doc.file)
	if errors.Is(err, io.EOF) {
		return doc, Errors{{File: name, Text: "the file is empty; it needs a list under rules: or prompts:"}}
	}
	if err != nil {
		return doc, yamlComplaints(name, err)
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return doc, Errors{{File: name, Text: "the file holds more than one YAML document; remove the --- or make two files"}}
	}
	if err := yaml.Unmarshal(body, doc.root); err != nil {
		return doc, yamlComplaints(name, err)
	}
	if len(doc.file.Rules) == 0 && len(doc.file.Prompts) == 0 {
		return doc, Errors{{File: name, Text: "the file has no rules; it needs a list under rules: or prompts:"}}
	}
	return doc, nil
}

// line returns the line of the value that path leads to (keys and indexes), or
// of the deepest part of the path that exists.
func (d document) line(path ...any) int {
	node := d.root
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line := node.Line
	for _, step := range path {
		node = child(node, step)
		if node == nil {
			return line
		}
		line = node.Line
		if node.Kind == yaml.AliasNode {
			node = node.Alias
		}
	}
	return line
}

func child(node *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return node.Content[step]
		}
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1]
			}
		}
	}
	return nil
}

var (
	yamlLine    = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors: )?line (\d+): (.*)$`)
	yamlUnknown = regexp.MustCompile(`^field (.*) not found in type rules\.(\w+)$`)
	yamlType    = regexp.MustCompile("^cannot unmarshal !!(\\w+) (?:`.*` )?into (.*)$")
)

// yamlComplaints puts yaml.v3's errors, which name Go types, into the words of
// the file.
func yamlComplaints(name string, err error) Errors {
	texts := []string{err.Error()}
	if typed := (*yaml.TypeError)(nil); errors.As(err, &typed) {
		texts = typed.Errors
	}
	var complaints Errors
	for _, text := range texts {
		complaint := Complaint{File: name, Text: strings.TrimPrefix(text, "yaml: ")}
		if m := yamlLine.FindStringSubmatch(text); m != nil {
			complaint.Line, _ = strconv.Atoi(m[1])
			complaint.Text = m[2]
		}
		complaint.Text = plainYAML(complaint.Text)
		complaints = append(complaints, complaint)
	}
	return complaints
}

func plainYAML(text string) string {
	if m := yamlUnknown.FindStringSubmatch(text); m != nil {
		known := keysOf(m[2])
		return fmt.Sprintf("unknown key %q%s; known here: %s", m[1], suggest(m[1], known), strings.Join(known, ", "))
	}
	if m := yamlType.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("a %s stands where %s belongs", yamlNoun(m[1]), goNoun(m[2]))
	}
	return text
}

func yamlNoun(tag string) string {
	switch tag {
	case "seq":
		return "list"
	case "map":
		return "mapping"
	default:
		return "single value"
	}
}

func goNoun(goType string) string {
	switch {
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	case strings.HasPrefix(goType, "rules."):
		return "a mapping with named keys"
	case goType == "int":
		return "a whole number"
	default:
		return "a single value"
	}
}

// keysOf returns the YAML keys of one of the types of file.go.
func keysOf(typeName string) []string {
	for _, sample := range []any{ruleFile{}, ruleYAML{}, patternYAML{}, shapeYAML{}, saidYAML{}, validateYAML{}, contextYAML{}, whereYAML{}, testsYAML{}, promptYAML{}} {
		t := reflect.TypeOf(sample)
		if t.Name() != typeName {
			continue
		}
		keys := make([]string, t.NumField())
		for i := range keys {
			keys[i] = t.Field(i).Tag.Get("yaml")
		}
		return keys
	}
	return nil
}
