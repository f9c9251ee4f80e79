package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// duplicates are the two texts that the suite accepts and we refuse: what reads
// the last of two equal names here and the first there is a way round.
var duplicates = []string{"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}

// suite sends the JSONTestSuite as calls and as webhooks: y_ passes byte for
// byte, n_ is refused, i_ is up to us but never half.
func suite(r *rig, dir string, all *tally) error {
	files, err := filepath.Glob(filepath.Join(dir, "jsontestsuite", "test_parsing", "*.json"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no JSONTestSuite in %s: %w", dir, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name := filepath.Base(file)
		accept := strings.HasPrefix(name, "y_") && !slices.Contains(duplicates, name)
		if err := r.text(name, body, accept, strings.HasPrefix(name, "i_"), all); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	fmt.Printf("JSONTestSuite, %s: %d texts as calls and in webhooks\n", r.mode, len(files))
	return nil
}

// text sends one text as the body of a call, and inside a webhook.
func (r *rig) text(name string, body []byte, accept, either bool, all *tally) error {
	status, _, got, err := r.call(http.MethodPost, "/messenger/v23.0/me/messages", map[string]string{"Content-Type": "application/json"}, body)
	if err != nil {
		return err
	}
	all.check(judge(body, got, accept, either), "%s %s as a call: status %d, passed on %d times", r.mode, name, status, len(got))
	wrapped := slices.Concat([]byte(`{"object":"page","entry":[{"id":"1","time":1,"messaging":[]}],"extra":`), body, []byte(`}`))
	if !either && json.Valid(wrapped) != accept {
		return nil // wrapping made another text of it
	}
	status, got, err = r.webhook(wrapped)
	if err != nil {
		return err
	}
	all.check(judge(wrapped, got, accept, either), "%s %s in a webhook: status %d, passed on %d times", r.mode, name, status, len(got))
	return nil
}

// judge says whether a text was passed on whole, or not at all, as it should.
func judge(sent []byte, got [][]byte, accept, either bool) bool {
	passed := len(got) == 1 && bytes.Equal(got[0], sent)
	if either {
		return passed || len(got) == 0
	}
	return passed == accept && (accept || len(got) == 0)
}

// transforms sends the texts that parsers turn into different values: passed on
// they are what came in.
func transforms(r *rig, dir string, all *tally) error {
	files, err := filepath.Glob(filepath.Join(dir, "jsontestsuite", "test_transform", "*.json"))
	if err != nil {
		return err
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := r.text(filepath.Base(file), body, false, true, all); err != nil {
			return err
		}
	}
	return nil
}

// strings515 sends the naughty strings as messages, both ways.
func strings515(r *rig, dir string, all *tally) error {
	content, err := os.ReadFile(filepath.Join(dir, "naughty", "blns.json"))
	if err != nil {
		return err
	}
	var naughty []string
	if err := json.Unmarshal(content, &naughty); err != nil {
		return err
	}
	edited := 0
	for i, text := range naughty {
		quoted, err := json.Marshal(text)
		if err != nil {
			return err
		}
		call := fmt.Appendf(nil, `{"recipient":{"id":"1254459154682919"},"message":{"text":%s}}`, quoted)
		status, _, got, err := r.call(http.MethodPost, "/messenger/v23.0/me/messages", map[string]string{"Content-Type": "application/json"}, call)
		if err != nil {
			return err
		}
		same := len(got) == 1 && bytes.Equal(got[0], call)
		if !same && len(got) == 1 && r.mode == "enforce" {
			edited++ // some hold an address or a number
			same = json.Valid(got[0])
		}
		all.check(same, "%s naughty string %d: status %d, passed on %d times", r.mode, i, status, len(got))
	}
	fmt.Printf("naughty strings, %s: %d, of them %d edited\n", r.mode, len(naughty), edited)
	return nil
}
