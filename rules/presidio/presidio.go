// Package presidio turns the recognizers of a Presidio configuration into rules,
// so that a team can bring what it has.
//
// Its promise: what cannot be brought is named, with its line; nothing is left
// out silently, and what comes out loads. What is brought are patterns, deny
// lists, context words, languages' context words, countries and scores
// (https://microsoft.github.io/presidio/analyzer/recognizer_registry_provider,
// "Configuration file structure", and presidio_analyzer/conf/
// example_recognizers.yaml of version 2.2). Code is not: validators, predefined
// recognizers, models.
package presidio

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Presidio's own numbers (presidio_analyzer/context_aware_enhancers/
// lemma_context_aware_enhancer.py): a context word adds 0.35, and lifts to 0.4 at
// least; it is looked for in five words.
const (
	contextBoost  = 0.35
	contextLifts  = 0.4
	contextWindow = 5
)

// Note is something that was not brought, or that means something else here.
type Note struct {
	Line       int
	Recognizer string // its name
	Text       string
}

// String returns "line N: recognizer NAME: text".
func (n Note) String() string {
	if n.Recognizer == "" {
		return fmt.Sprintf("line %d: %s", n.Line, n.Text)
	}
	return fmt.Sprintf("line %d: recognizer %s: %s", n.Line, n.Recognizer, n.Text)
}

// Imported is a rule file and what it lacks.
type Imported struct {
	YAML  []byte // a rule file that loads; empty when nothing could be brought
	Rules int
	Notes []Note // in the order of the file
}

// Import reads a recognizer registry, a whole analyzer configuration with one
// inside, or a list of recognizers. The error is for a file that is none of them.
// Threshold is the score from which findings count; 0: the file's own, else 0.4,
// to which a context word lifts.
func Import(body []byte, threshold float64) (Imported, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(body, &root); err != nil {
		return Imported{}, fmt.Errorf("reading YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	list, settings := recognizersIn(&root)
	if list == nil {
		return Imported{}, errors.New("there is no list of recognizers: the file needs recognizers:, as Presidio's recognizer registry has it")
	}
	if threshold == 0 {
		threshold = settings.threshold
	}
	if threshold == 0 {
		threshold = contextLifts
	}
	w := &importer{threshold: threshold, flags: settings.flags, taken: maps.Clone(builtinIDs())}
	for _, node := range list.Content {
		w.recognizer(node)
	}
	return w.done()
}

// settings are the parts of a configuration that hold for all recognizers.
type settings struct {
	flags     int
	threshold float64
}

// defaultFlags are Presidio's: ignore case, multi-line, dot matches all (Python's
// re.IGNORECASE 2, re.MULTILINE 8, re.DOTALL 16).
const defaultFlags = 26

// recognizersIn finds the list, and what stands beside it.
func recognizersIn(root *yaml.Node) (*yaml.Node, settings) {
	found := settings{flags: defaultFlags}
	node := root
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	if node.Kind == yaml.SequenceNode {
		return node, found
	}
	for _, inner := range []*yaml.Node{member(node, "recognizer_registry"), node} {
		if inner == nil {
			continue
		}
		if n := member(inner, "global_regex_flags"); n != nil && n.Decode(&found.flags) != nil {
			found.flags = defaultFlags
		}
		if n := member(inner, "default_score_threshold"); n != nil && n.Decode(&found.threshold) != nil {
			found.threshold = 0
		}
	}
	for _, key := range []string{"recognizers", "ad_hoc_recognizers"} {
		for _, inner := range []*yaml.Node{node, member(node, "recognizer_registry")} {
			if list := member(inner, key); list != nil && list.Kind == yaml.SequenceNode {
				return list, found
			}
		}
	}
	return nil, found
}

// member returns the value of a key of a mapping, nil when it is not there.
func member(node *yaml.Node, key string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// recognizer is one entry of the list as written.
type recognizer struct {
	Name              string    `yaml:"name"`
	Type              string    `yaml:"type"`
	Enabled           *bool     `yaml:"enabled"`
	SupportedLanguage string    `yaml:"supported_language"`
	Languages         yaml.Node `yaml:"supported_languages"`
	Entity            string    `yaml:"supported_entity"`
	Entities          []string  `yaml:"supported_entities"`
	Patterns          []pattern `yaml:"patterns"`
	DenyList          []string  `yaml:"deny_list"`
	DenyListScore     *float64  `yaml:"deny_list_score"`
	Context           []string  `yaml:"context"`
	Country           string    `yaml:"country_code"`
	Flags             *int      `yaml:"global_regex_flags"`
}

type pattern struct {
	Name  string  `yaml:"name"`
	Regex string  `yaml:"regex"`
	Score float64 `yaml:"score"`
}

// knownKeys are those of recognizer, and those that say nothing about matching.
var knownKeys = []string{
	"name", "type", "enabled", "supported_language", "supported_languages", "supported_entity", "supported_entities",
	"patterns", "deny_list", "deny_list_score", "context", "country_code", "global_regex_flags", "version", "id",
}

// languageNames lists the languages of a recognizer and adds their own context
// words to its.
func (r *recognizer) languageNames() []string {
	var names []string
	if r.SupportedLanguage != "" {
		names = append(names, r.SupportedLanguage)
	}
	for _, node := range r.Languages.Content {
		var entry struct {
			Language string   `yaml:"language"`
			Context  []string `yaml:"context"`
		}
		switch {
		case node.Kind == yaml.ScalarNode:
			names = append(names, node.Value)
		case node.Decode(&entry) == nil:
			names = append(names, entry.Language)
			r.Context = append(r.Context, entry.Context...)
		}
	}
	slices.Sort(r.Context)
	r.Context = slices.Compact(r.Context)
	return names
}
