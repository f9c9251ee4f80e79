package lifetimes_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/internal/lifetimes"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/memory"
)

const page = "../../docs/lifetimes.md"

// literal is a text that may begin the keys of records, on a line that makes one.
var literal = regexp.MustCompile(`(?:[pP]refix|Key|[pP]ath(?:\(\))?\b).*?"([a-z]+/[a-z-]*/?)"|"([a-z]+/)" ?\+`)

// others are texts of the same look.
var others = map[string]bool{"builtin/": true, "application/": true, "text/": true, "image/": true, "message/": true, "multipart/": true, "multipart/form-data": true, "templates/": true, "assets/": true, "logo/": true}

// beginnings are what keys begin with in the program, and where.
func beginnings(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "e2e" || name == "bench" || name == "storetest" || name == "demo" || name == "testdata" || name == ".git"):
			return filepath.SkipDir
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(path)
		for _, match := range literal.FindAllStringSubmatch(string(content), -1) {
			if key := match[1] + match[2]; !others[key] {
				found[key] = path
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestTable: what records there are and what the page says of them is the same.
func TestTable(t *testing.T) {
	table, found := lifetimes.Read(t, page), beginnings(t)
	for key, path := range found {
		if _, known := table[key]; !known {
			t.Errorf("%s makes records under %s, which have no row", path, key)
		}
	}
	for key := range table {
		if found[key] == "" {
			t.Errorf("the row of %s is about records that nobody makes", key)
		}
	}
}

// TestCheckFinds: the check sees what it is there for.
func TestCheckFinds(t *testing.T) {
	now := time.Now()
	for key, want := range map[string]bool{"value/a/b": true, "meta/rotation": true, "meta/instance/x": true, "stranger/a": false, "values/a": false, "meta/other": false} {
		s := memory.Open(new(memory.Storage), nil)
		if err := s.Put(t.Context(), store.Record{Key: key, Expires: now.Add(30 * time.Second)}); err != nil {
			t.Fatal(err)
		}
		if failed := fails(t, s, now); failed == want {
			t.Errorf("%s: failed %v", key, failed)
		}
	}
	s := memory.Open(new(memory.Storage), nil)
	if err := s.Put(t.Context(), store.Record{Key: "sent/a", Expires: now.Add(2 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if !fails(t, s, now) {
		t.Error("a record may stay for longer than its row says")
	}
}

// deaf is a test that notes that it failed and goes on.
type deaf struct {
	testing.TB
	failed bool
}

func (d *deaf) Helper()               {}
func (d *deaf) Errorf(string, ...any) { d.failed = true }

func fails(t *testing.T, s *memory.Store, now time.Time) bool {
	d := &deaf{TB: t}
	lifetimes.Read(t, page).Check(d, s, now)
	return d.failed
}
