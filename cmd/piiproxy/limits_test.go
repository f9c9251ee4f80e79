package main

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/config"
)

var (
	limitRow = regexp.MustCompile("(?m)^\\| `([a-z0-9_.]+)` \\| ([^|]+) \\| ([^|]+) \\| ([^|]*) \\|")
	quoted   = regexp.MustCompile("`([^`]+)`")
)

// docs/limits.md has every limit with its default, and no two share a reason.
func TestLimitsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	reasons, err := os.ReadFile("../../docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	documented, owner := map[string]string{}, map[string]string{}
	for _, row := range limitRow.FindAllStringSubmatch(string(page), -1) {
		documented[row[1]] = strings.TrimSpace(row[2])
		if d, err := time.ParseDuration(documented[row[1]]); err == nil {
			documented[row[1]] = d.String()
		}
		for _, word := range quoted.FindAllStringSubmatch(row[4], -1) {
			if other := owner[word[1]]; other != "" {
				t.Errorf("%s and %s share %s", other, row[1], word[1])
			}
			owner[word[1]] = row[1]
			if !strings.Contains(string(reasons), "\n| `"+word[1]+"` |") {
				t.Errorf("%s: docs/reasons.md has no row for %s", row[1], word[1])
			}
		}
	}
	for key, value := range limitsUnder(t, "", reflect.ValueOf(config.DefaultLimits())) {
		if documented[key] != value {
			t.Errorf("%s is %s by default; docs/limits.md says %q", key, value, documented[key])
		}
		delete(documented, key)
	}
	for key := range documented {
		t.Errorf("docs/limits.md has %s, which is no limit", key)
	}
}

// limitsUnder are the defaults as the configuration writes them, by key.
func limitsUnder(t *testing.T, prefix string, v reflect.Value) map[string]string {
	all := map[string]string{}
	for field, value := range v.Fields() {
		key := prefix + field.Tag.Get("yaml")
		switch limit := value.Interface().(type) {
		case time.Duration:
			all[key] = limit.String()
		case config.Size:
			all[key] = fmt.Sprintf("%dMiB", limit>>20)
			if limit < 1<<20 {
				all[key] = fmt.Sprintf("%dKiB", limit>>10)
			}
		case config.Rate:
			all[key] = "none"
			if limit != (config.Rate{}) {
				t.Errorf("%s: say in docs/limits.md what it is", key)
			}
		case int:
			all[key] = fmt.Sprint(limit)
		default:
			for name, inner := range limitsUnder(t, key+".", value) {
				all[name] = inner
			}
		}
	}
	return all
}
