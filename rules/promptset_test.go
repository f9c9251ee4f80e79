package rules_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

// labelled is one message of the prompt set: what a bot says, and the kinds
// that it asks for; none in half of the messages.
type labelled struct {
	ID       string   `json:"id"`
	Language string   `json:"language"`
	Text     string   `json:"text"`
	Asks     []string `json:"asks"`
}

// apartPerGroup is how many messages of each language and label are set aside.
const apartPerGroup = 10

func readPrompts(t testing.TB, name string) []labelled {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "prompts", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []labelled
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	for {
		var row labelled
		if err := decoder.Decode(&row); err == io.EOF {
			return rows
		} else if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}

// TestPromptSetSplit holds the set to its design: 400 messages, eight languages
// and both labels in equal parts, and set aside by the hash of the id alone.
func TestPromptSetSplit(t *testing.T) {
	aside, tuning := readPrompts(t, "aside"), readPrompts(t, "tuning")
	apart := map[string]bool{}
	for _, row := range aside {
		apart[row.ID] = true
	}
	groups := map[string][]string{}
	for _, row := range slices.Concat(aside, tuning) {
		group := row.Language + " asks"
		if len(row.Asks) == 0 {
			group = row.Language + " does not ask"
		}
		groups[group] = append(groups[group], row.ID)
		for _, kind := range row.Asks {
			if !slices.Contains(rules.BuiltinKinds(), kind) {
				t.Errorf("%s: no kind %s", row.ID, kind)
			}
		}
	}
	if len(groups) != 16 || len(aside)+len(tuning) != 400 {
		t.Errorf("%d messages in %d groups", len(aside)+len(tuning), len(groups))
	}
	for group, ids := range maps.All(groups) {
		slices.SortFunc(ids, func(a, b string) int {
			x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
			return bytes.Compare(x[:], y[:])
		})
		if len(slices.Compact(ids)) != 25 {
			t.Errorf("%s: %d messages", group, len(ids))
		}
		for i, id := range ids {
			if apart[id] != (i < apartPerGroup) {
				t.Errorf("%s: %s is in the wrong part", group, id)
			}
		}
	}
	for _, row := range slices.Concat(aside, tuning) {
		if strings.TrimSpace(row.Text) != row.Text || row.Text == "" {
			t.Errorf("%s: blanks around the text", row.ID)
		}
	}
}
