package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	namedTest = regexp.MustCompile("`([a-z0-9/]+): (Test[A-Za-z0-9]+)`")
	pageOf    = regexp.MustCompile(`\]\(([a-z-]+\.md)(?:#([a-z0-9-]+))?\)`)
)

// TestCompliance holds docs/compliance.md to the tree: every test that it names is
// there, no row claims anything without one, and its links lead somewhere.
func TestCompliance(t *testing.T) {
	page, err := os.ReadFile("../../docs/compliance.md")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string][]byte{}
	rows := 0
	for _, row := range strings.Split(string(page), "\n") {
		cells := strings.Split(row, " | ")
		if !strings.HasPrefix(row, "| ") || len(cells) < 4 || strings.Contains(row, "| shown by |") {
			continue
		}
		rows++
		named := namedTest.FindAllStringSubmatch(cells[2], -1)
		if len(named) == 0 && !strings.HasPrefix(cells[1], "nothing") {
			t.Errorf("a row claims something and names no test: %s", row)
		}
		for _, test := range named {
			folder := filepath.Join("../..", test[1])
			if sources[folder] == nil {
				sources[folder] = testsIn(t, folder)
			}
			if !bytes.Contains(sources[folder], []byte("\nfunc "+test[2]+"(t *testing.T)")) {
				t.Errorf("there is no %s in %s", test[2], test[1])
			}
		}
	}
	if rows < 30 {
		t.Errorf("%d rows: this test does not read the page", rows)
	}
	for _, link := range pageOf.FindAllStringSubmatch(string(page), -1) {
		content, err := os.ReadFile(filepath.Join("../../docs", link[1]))
		if err != nil {
			t.Errorf("a link leads to %s: %v", link[1], err)
			continue
		}
		if link[2] != "" && !hasHeading(string(content), link[2]) {
			t.Errorf("%s has no heading #%s", link[1], link[2])
		}
	}
}

// testsIn are the test files of a folder.
func testsIn(t *testing.T, folder string) []byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("\n")
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		content = append(content, file...)
	}
	return content
}

// hasHeading says whether a page has a heading of this anchor.
func hasHeading(page, anchor string) bool {
	for _, line := range strings.Split(page, "\n") {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		made := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z':
				return r
			}
			return -1
		}, strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#"))))
		if made == anchor {
			return true
		}
	}
	return false
}
