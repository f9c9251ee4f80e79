package rules

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Source names where rules come from. Name is "builtin" (every pack),
// "builtin/PACK", or a file path or glob; a glob that matches nothing is an
// error. A pack or file may be pinned (see pin.go). With Body set, Body is the file and Name only names it in complaints.
type Source struct {
	Name string
	Body []byte
}

// Sources wraps names, as a configuration lists them.
func Sources(names ...string) []Source {
	sources := make([]Source, len(names))
	for i, name := range names {
		sources[i].Name = name
	}
	return sources
}

// packs are the built-in rules.
//
//go:embed packs/*.yaml
var packs embed.FS

const builtin = "builtin"

// Packs returns the names of the built-in packs: "builtin/bank", …
func Packs() []string {
	entries, _ := fs.ReadDir(packs, "packs") // embedded: cannot fail
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = builtin + "/" + strings.TrimSuffix(entry.Name(), ".yaml")
	}
	return names
}

// Library is a set of loaded and compiled rules. It is read-only.
type Library struct {
	rules    []*rule // in file order, those that look for other kinds nearby last
	prompts  []*prompt
	info     []RuleInfo
	lexicon  *lexicon
	shapes   shapeIndex
	indexes  [2]*index // by direction
	version  string
	drift    []Complaint                 // pinned sources that changed
	examples func() ([]protected, error) // of the built-in packs, computed once when needed
}

// Load reads, checks and compiles rules. Its error is of type Errors and holds
// every complaint. Examples are not run: see Test.
func Load(sources []Source) (*Library, error) {
	setClock()
	files, drifted, complaints := expand(sources)
	c := &checker{first: map[string]string{}, complaints: complaints}
	hash := sha256.New()
	var docs []document
	decoded := make([]document, len(files))
	wrong := make([]Errors, len(files))
	each(len(files), func(i int) { decoded[i], wrong[i] = decode(files[i].Name, files[i].Body) })
	for i, file := range files {
		c.complaints = append(c.complaints, wrong[i]...)
		if wrong[i] == nil {
			docs = append(docs, decoded[i])
		}
		fmt.Fprintf(hash, "%d:%s", len(file.Body), file.Body)
	}
	l := c.compile(docs)
	if len(c.complaints) > 0 {
		return nil, c.complaints
	}
	l.drift = drifted
	l.version = hex.EncodeToString(hash.Sum(nil))[:12]
	l.index()
	return l, nil
}

// compile checks and compiles every document.
func (c *checker) compile(docs []document) *Library {
	l := &Library{examples: sync.OnceValues(builtinExamples), lexicon: newLexicon()}
	compiled := precompile(docs)
	for _, doc := range docs {
		for i := range doc.file.Rules {
			before := len(c.complaints)
			c.rule(doc, i)
			if len(c.complaints) > before || c.count > maxRules {
				continue // compiling would only repeat them
			}
			r := compileRule(doc, i, l.lexicon, compiled, c.at(doc, doc.file.Rules[i].ID))
			r.order = len(l.rules)
			l.rules = append(l.rules, r)
			l.info = append(l.info, r.describe())
		}
		for i := range doc.file.Prompts {
			before := len(c.complaints)
			c.prompt(doc, i)
			if len(c.complaints) > before || c.count > maxRules {
				continue
			}
			p := compilePrompt(doc, i, compiled, c.at(doc, doc.file.Prompts[i].ID))
			p.order = len(l.prompts)
			l.prompts = append(l.prompts, p)
			l.info = append(l.info, p.describe())
		}
	}
	c.kinds(docs)
	slices.SortStableFunc(l.rules, func(a, b *rule) int { return min(len(a.kinds), 1) - min(len(b.kinds), 1) })
	return l
}

// index makes what scans look rules up in.
func (l *Library) index() {
	for _, r := range l.rules {
		for _, s := range r.shapes {
			l.shapes.add(s)
		}
	}
	l.lexicon.rules = make([]bitset, len(l.lexicon.phrases))
	for _, r := range l.rules {
		for id := range l.lexicon.phrases {
			if r.near.has(int32(id)) {
				l.lexicon.rules[id] = l.lexicon.rules[id].with(int32(r.order))
			}
		}
		r.roots = l.rootsOf(r.kinds)
	}
	l.indexes = [2]*index{newIndex(l, Inbound), newIndex(l, Outbound)}
}

// rootsOf returns kinds and, again and again, the kinds that rules for them look
// for nearby.
func (l *Library) rootsOf(kinds []string) []string {
	roots := slices.Clone(kinds)
	for i := 0; i < len(roots); i++ {
		for _, r := range l.rules {
			if r.kind != roots[i] {
				continue
			}
			for _, kind := range r.kinds {
				if !slices.Contains(roots, kind) {
					roots = append(roots, kind)
				}
			}
		}
	}
	return roots
}

// expand turns sources into files.
func expand(sources []Source) (files []Source, drifted []Complaint, complaints Errors) {
	seen := map[string]bool{}
	add := func(name, pin string, body []byte, err error) {
		if seen[name] {
			return // named twice, or by two globs: the same rules once
		}
		seen[name] = true
		if err != nil {
			complaints = append(complaints, Complaint{File: name, Text: reasonOf(err)})
			return
		}
		files = append(files, Source{name, body})
		if complaint, differs := drift(name, pin, body); differs {
			drifted = append(drifted, complaint)
		}
	}
	for _, source := range sources {
		if source.Body != nil {
			add(source.Name, "", source.Body, nil)
			continue
		}
		written, pin := Unpinned(source.Name)
		names, complaint := resolve(written)
		if problem := misplacedPin(written, pin, len(names)); problem != "" {
			names, complaint = nil, problem
		}
		if complaint != "" {
			complaints = append(complaints, Complaint{File: written, Text: complaint})
		}
		for _, name := range names {
			if pack, ok := strings.CutPrefix(name, builtin+"/"); ok {
				body, err := packs.ReadFile(path.Join("packs", pack+".yaml"))
				add(name, pin, body, err)
				continue
			}
			body, err := os.ReadFile(name)
			add(name, pin, body, err)
		}
	}
	return files, drifted, complaints
}

// resolve turns one source into names of packs or files.
func resolve(name string) (names []string, complaint string) {
	switch {
	case name == "":
		return nil, "a rule source is empty; write builtin or a file name"
	case name == builtin:
		return Packs(), ""
	case slices.Contains(Packs(), name):
		return []string{name}, ""
	case strings.HasPrefix(name, builtin+"/"):
		return nil, fmt.Sprintf("there is no such pack%s; built-in packs: %s", suggest(name, Packs()), strings.Join(Packs(), ", "))
	case !strings.ContainsAny(name, "*?["):
		return []string{name}, ""
	}
	names, err := filepath.Glob(name)
	if err != nil {
		return nil, "the glob is not well formed; close its brackets"
	}
	if len(names) == 0 {
		return nil, "no file matches; correct the path or remove the source"
	}
	return names, ""
}

// reasonOf leaves out the path, which the complaint already names.
func reasonOf(err error) string {
	if failed, ok := err.(*fs.PathError); ok {
		return "reading it: " + failed.Err.Error()
	}
	return "reading it: " + err.Error()
}

// Kinds returns the kinds that the loaded rules find or ask for, sorted.
func (l *Library) Kinds() []string {
	var kinds []string
	for _, info := range l.info {
		if info.Kind != "" {
			kinds = append(kinds, info.Kind)
		}
		kinds = append(kinds, info.Asks...)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// Version returns a short hash over every loaded file.
func (l *Library) Version() string { return l.version }

// Rules describes every rule and prompt rule in file order.
func (l *Library) Rules() []RuleInfo { return slices.Clone(l.info) }

func (r *rule) describe() RuleInfo {
	return RuleInfo{
		ID: r.id, Kind: r.kind, Regions: r.regions, Mode: r.mode, Threshold: r.threshold, Validator: r.validator,
		File: r.file, Line: r.line, Examples: len(r.tests.Match) + len(r.tests.Ignore),
	}
}

func (p *prompt) describe() RuleInfo {
	return RuleInfo{
		ID: p.id, Asks: p.asks, Mode: p.mode, File: p.file, Line: p.line,
		Examples: len(p.tests.Match) + len(p.tests.Ignore),
	}
}
