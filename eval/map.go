package eval

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Map says what the labels of corpora mean. It holds names only, never a value
// of a corpus.
type Map struct {
	// Labels gives each label's kinds, the closest first. A label that is not
	// listed counts under its own name and confuses nothing.
	Labels map[string][]string `yaml:"labels"`
	// Values are the identifiers of lists of values that the rules know, by the
	// list's "type", or "type/locale" where one type has several forms.
	Values map[string]Value `yaml:"values"`
	// Ignore lists labels that mark nothing that can be found.
	Ignore []string `yaml:"ignore"`
	// Exclude lists rows whose labels are plainly wrong.
	Exclude []Exclusion `yaml:"exclude"`

	dropped map[string]bool
}

// Value is an identifier that people name by a word of their own language.
type Value struct {
	Kinds   []string `yaml:"kinds"`
	Keyword string   `yaml:"keyword"`
}

// Exclusion leaves a row out, and says why.
type Exclusion struct {
	ID  string `yaml:"id"`
	Why string `yaml:"why"`
}

//go:embed map.yaml
var builtinMap string

// BuiltinMap is the map that ships with piiproxy: the labels of the corpora
// that docs/eval.md names.
func BuiltinMap() (*Map, error) { return readMap("map.yaml", strings.NewReader(builtinMap)) }

// ReadMap reads a map from a file.
func ReadMap(path string) (*Map, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readMap(path, f)
}

func readMap(file string, r io.Reader) (*Map, error) {
	var m Map
	if err := decode(r, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	m.dropped = map[string]bool{}
	for _, e := range m.Exclude {
		if e.ID == "" || e.Why == "" {
			return nil, fmt.Errorf("%s: exclude: a row is left out by its id, with the reason why", file)
		}
		m.dropped[e.ID] = true
	}
	for _, name := range slices.Sorted(maps.Keys(m.Values)) {
		if v := m.Values[name]; len(v.Kinds) == 0 || v.Keyword == "" {
			return nil, fmt.Errorf("%s: values.%s: needs kinds and a keyword", file, name)
		}
	}
	return &m, nil
}

// decode reads one YAML document strictly.
func decode(r io.Reader, into any) error {
	decoder := yaml.NewDecoder(r)
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return errors.New("more than one document")
	}
	return nil
}

func (m *Map) excluded(id string) bool   { return m.dropped[id] }
func (m *Map) ignored(label string) bool { return slices.Contains(m.Ignore, label) }
func (m *Map) kinds(label string) []string {
	if kinds, ok := m.Labels[label]; ok {
		return kinds
	}
	return m.Values[label].Kinds
}

// kind is the name under which a label counts.
func (m *Map) kind(label string) string {
	if kinds := m.kinds(label); len(kinds) > 0 {
		return kinds[0]
	}
	return label
}

// value finds the identifier that a row of a list of values holds, and its
// name in the map; "" when the map does not know it.
func (m *Map) value(row Row) (string, Value) {
	kind := row.Fields["type"]
	for _, name := range []string{kind + "/" + row.Fields["locale"], kind} {
		if v, ok := m.Values[name]; ok {
			return name, v
		}
	}
	return "", Value{}
}
