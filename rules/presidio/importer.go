package presidio

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/piiproxy/piiproxy/rules"
)

// importer collects rules and notes.
type importer struct {
	threshold float64
	flags     int
	taken     map[string]bool // ids
	rules     []*yaml.Node
	notes     []Note
}

// builtinIDs are the ids of the built-in rules, which a team will load beside its
// own. They are read once; nobody changes the map.
var builtinIDs = sync.OnceValue(func() map[string]bool {
	taken := map[string]bool{}
	list, _ := rules.Read(rules.Sources("builtin")) // embedded: its own tests load it
	for _, written := range list {
		taken[written.ID] = true
	}
	return taken
})

// recognizer brings one recognizer, or notes why not.
func (w *importer) recognizer(node *yaml.Node) {
	var r recognizer
	note := func(format string, args ...any) {
		w.notes = append(w.notes, Note{node.Line, r.Name, fmt.Sprintf(format, args...)})
	}
	if node.Kind == yaml.ScalarNode {
		r.Name = node.Value
		r.Type = "predefined"
	} else if err := node.Decode(&r); err != nil {
		note("is not shaped as Presidio's: %s", strings.Join(strings.Fields(err.Error()), " "))
		return
	}
	languages := r.languageNames()
	if len(r.Patterns) == 0 && len(r.DenyList) == 0 {
		if r.Enabled == nil || *r.Enabled {
			note("%s", code(&r))
		}
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if key := node.Content[i]; !slices.Contains(knownKeys, key.Value) {
			w.notes = append(w.notes, Note{key.Line, r.Name, "key " + strconv.Quote(key.Value) + " is not brought"})
		}
	}
	if len(languages) > 0 {
		note("runs for every language here, not only %s", strings.Join(languages, ", "))
	}
	w.rule(&r, node, note)
}

// code says what is there for a recognizer that is a class of Presidio's.
func code(r *recognizer) string {
	if kind := kindOfClass(r.Name); kind != "" {
		return "is code of Presidio's and not brought; the built-in rules find " + kind
	}
	return "is code of Presidio's and not brought; write a rule for what it finds"
}

// rule writes the rule of one recognizer, without what does not load.
func (w *importer) rule(r *recognizer, node *yaml.Node, note func(string, ...any)) {
	entity := r.Entity
	if entity == "" && len(r.Entities) > 0 {
		entity = r.Entities[0]
	}
	if entity == "" || len(r.Entities) > 1 {
		note("supported_entity must be one, because a rule finds one kind; kind is %s", kindOf(entity))
	}
	out := mapping()
	out.HeadComment = "from Presidio's recognizer " + oneLine(r.Name) + ", line " + strconv.Itoa(node.Line)
	id := w.id(r.Name)
	set(out, "id", scalar(id))
	set(out, "kind", scalar(kindOf(entity)))
	if region := regionOf(r.Country); region != "" {
		set(out, "regions", flow(scalar(region)))
	} else if r.Country != "" {
		note("country_code %s is no two-letter code and is not brought", strconv.Quote(oneLine(r.Country)))
	}
	lowest := w.patterns(out, r, node)
	w.words(out, r, node)
	if member(out, "patterns") == nil && member(out, "words") == nil {
		note("nothing of it could be brought")
		return
	}
	w.context(out, r, lowest, note)
	set(out, "threshold", number(w.threshold))
	if r.Enabled != nil && !*r.Enabled {
		set(out, "mode", scalar("off"))
	}
	w.taken[id] = true
	w.rules = append(w.rules, out)
}

// patterns brings the regular expressions and returns the lowest score.
func (w *importer) patterns(out *yaml.Node, r *recognizer, node *yaml.Node) (lowest float64) {
	flags := w.flags
	if r.Flags != nil {
		flags = *r.Flags
	}
	lowest = 1
	list := &yaml.Node{Kind: yaml.SequenceNode}
	written := member(node, "patterns")
	for i, p := range r.Patterns {
		at := Note{Line: written.Content[i].Line, Recognizer: r.Name}
		regex, problem := translate(p.Regex, flags)
		if problem == "" {
			problem = refused(regex)
		}
		if problem != "" {
			at.Text = "pattern " + strconv.Quote(oneLine(p.Name)) + " is not brought: " + problem
			w.notes = append(w.notes, at)
			continue
		}
		entry := mapping()
		entry.Style = yaml.FlowStyle
		set(entry, "regex", &yaml.Node{Kind: yaml.ScalarNode, Value: regex, Style: yaml.SingleQuotedStyle})
		set(entry, "score", number(min(1, max(0, p.Score))))
		entry.LineComment = oneLine(p.Name)
		list.Content = append(list.Content, entry)
		lowest = min(lowest, p.Score)
		if p.Score < w.threshold && len(r.Context) == 0 {
			at.Text = fmt.Sprintf("pattern %s scores %g and has no context words, so it never reaches the threshold %g; raise its score, or add words", strconv.Quote(oneLine(p.Name)), p.Score, w.threshold)
			w.notes = append(w.notes, at)
		}
	}
	if len(list.Content) > 0 {
		set(out, "patterns", list)
	}
	return lowest
}

// refused says why a pattern does not load, "" when it does.
func refused(regex string) string {
	body, err := yaml.Marshal(map[string]any{"rules": []any{map[string]any{"id": "tried", "kind": "tried", "patterns": []any{map[string]any{"regex": regex}}}}})
	if err != nil {
		return "it cannot be written as YAML"
	}
	_, err = rules.Load([]rules.Source{{Name: "tried", Body: body}})
	if complaints, ok := err.(rules.Errors); ok {
		return complaints[0].Text
	}
	return ""
}

// words brings the deny list.
func (w *importer) words(out *yaml.Node, r *recognizer, node *yaml.Node) {
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for i, word := range r.DenyList {
		if !strings.ContainsFunc(word, alphanumeric) {
			line := member(node, "deny_list").Content[i].Line
			w.notes = append(w.notes, Note{line, r.Name, "word " + strconv.Quote(oneLine(word)) + " has no letter or digit and is not brought"})
			continue
		}
		list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: word, Style: yaml.DoubleQuotedStyle})
	}
	if len(list.Content) == 0 {
		return
	}
	set(out, "words", list)
	if r.DenyListScore != nil && *r.DenyListScore < w.threshold {
		w.notes = append(w.notes, Note{member(node, "deny_list_score").Line, r.Name, fmt.Sprintf(
			"deny_list_score %g is below the threshold; listed words count for 0.6 here", *r.DenyListScore)})
	}
}

// context brings the context words, with a boost that lifts the weakest pattern as
// far as Presidio's does.
func (w *importer) context(out *yaml.Node, r *recognizer, lowest float64, note func(string, ...any)) {
	if len(r.Context) == 0 {
		return
	}
	words := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, word := range r.Context {
		if strings.ContainsFunc(word, alphanumeric) {
			words.Content = append(words.Content, scalar(word))
		} else {
			note("context word %s has no letter or digit and is not brought", strconv.Quote(oneLine(word)))
		}
	}
	boost := max(contextBoost, contextLifts-lowest)
	if lowest+boost < w.threshold {
		boost = min(1, w.threshold-lowest)
	}
	inner := mapping()
	set(inner, "near", words)
	set(inner, "window", scalar(strconv.Itoa(contextWindow)))
	set(inner, "boost", number(math.Round(boost*100)/100))
	set(out, "context", inner)
	if lowest < w.threshold {
		note("counts only with a context word where its pattern scores under %g", w.threshold)
	}
}

// done writes the file and sees that it loads.
func (w *importer) done() (Imported, error) {
	result := Imported{Rules: len(w.rules), Notes: w.notes}
	slices.SortStableFunc(result.Notes, func(a, b Note) int { return a.Line - b.Line })
	if len(w.rules) == 0 {
		return result, nil
	}
	root := mapping()
	root.HeadComment = "Imported from Presidio. Add tests to each rule: match (what it must find) and ignore."
	set(root, "rules", &yaml.Node{Kind: yaml.SequenceNode, Content: w.rules})
	var page bytes.Buffer
	encoder := yaml.NewEncoder(&page)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return Imported{}, fmt.Errorf("writing the rules: %w", err)
	}
	result.YAML = page.Bytes()
	if _, err := rules.Load([]rules.Source{{Name: "imported.yaml", Body: result.YAML}}); err != nil {
		return Imported{}, fmt.Errorf("what was brought does not load: %w", err)
	}
	return result, nil
}
