package audit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/audit"
)

// Every action is in docs/audit.md, with what it is about.
func TestActionsAreDocumented(t *testing.T) {
	docs, err := os.ReadFile("../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, action := range audit.Actions() {
		row := "| `" + action.Name + "` | " + string(action.Topic) + " | " + action.Meaning
		if !strings.Contains(string(docs), row) {
			t.Errorf("docs/audit.md has no row that begins %s", row)
		}
		if seen[action.Name] {
			t.Errorf("%s stands twice", action.Name)
		}
		seen[action.Name] = true
	}
}

// TestActionsAreListed reads the source: whoever writes an event with an action of
// its own puts it into the list, or no report shows it.
func TestActionsAreListed(t *testing.T) {
	listed := map[string]bool{}
	for _, action := range audit.Actions() {
		listed[action.Name] = true
	}
	found := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			for _, action := range actionsIn(node) {
				if found++; !listed[action] {
					t.Errorf("%s: action %q is not in audit.Actions", path, action)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || found < 10 {
		t.Errorf("%d literal actions (%v)", found, err)
	}
}

// actionsIn are the actions that a literal of audit.Event spells out.
func actionsIn(node ast.Node) (actions []string) {
	literal, ok := node.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	if of, ok := literal.Type.(*ast.SelectorExpr); !ok || of.Sel.Name != "Event" {
		return nil
	}
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, isName := pair.Key.(*ast.Ident)
		value, isText := pair.Value.(*ast.BasicLit)
		if isName && isText && key.Name == "Action" {
			if text, err := strconv.Unquote(value.Value); err == nil {
				actions = append(actions, text)
			}
		}
	}
	return actions
}
