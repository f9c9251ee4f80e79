// Package lifetimes compares what lies in stores with docs/lifetimes.md, for
// tests: no record without a row, none that stays longer than its row says.
package lifetimes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// row is a line of the table: the beginning of keys, the store, the longest time.
var row = regexp.MustCompile("(?m)^\\| `([a-z/-]+)` \\| [^|]+ \\| (values|keys|both) \\| ([0-9hm]+) \\|")

// Table is the longest time of records by the beginning of their keys.
type Table map[string]time.Duration

// Read reads the table of a page.
func Read(t testing.TB, page string) Table {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	table := Table{}
	for _, found := range row.FindAllStringSubmatch(string(text), -1) {
		longest, err := time.ParseDuration(found[3])
		if err != nil {
			t.Fatalf("%s: %v", found[1], err)
		}
		table[found[1]] = longest
	}
	if len(table) < 20 {
		t.Fatalf("the table has %d rows only", len(table))
	}
	return table
}

// lister is the part of a store.Store that is needed.
type lister interface {
	List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error)
}

// Check fails the test for each sort of record that has no row or stays too long,
// and returns the sorts that are there.
func (table Table) Check(t testing.TB, s lister, now time.Time) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	for after := ""; ; {
		page, err := s.List(context.Background(), "", after, store.MaxPage)
		if errors.Is(err, store.ErrClosed) {
			return seen // the test is about that
		}
		if err != nil {
			t.Errorf("listing records: %v", err)
			return seen
		}
		if len(page) == 0 {
			return seen
		}
		for _, record := range page {
			after = record.Key
			key, problem := table.judge(record, now)
			if problem != "" && !seen[key] {
				t.Errorf("records under %s %s: docs/lifetimes.md has to say so", key, problem)
			}
			seen[key] = true
		}
	}
}

func (table Table) judge(record store.Record, now time.Time) (key, problem string) {
	for prefix := record.Key; ; {
		if longest, known := table[prefix]; known {
			if left := record.Expires.Sub(now); record.Expires.IsZero() || left > longest {
				return prefix, fmt.Sprintf("stay for %v, more than %v", left, longest)
			}
			return prefix, ""
		}
		prefix = strings.TrimSuffix(prefix, "/")
		cut := strings.LastIndexByte(prefix, '/')
		if cut < 0 {
			first, _, _ := strings.Cut(record.Key, "/")
			return first, "have no row"
		}
		prefix = prefix[:cut+1]
	}
}
