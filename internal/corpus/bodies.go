package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"unicode"
)

// body is a line of dev/bodies.jsonl: a request or an answer that hides a card.
type body struct {
	ID        string            `json:"id"`
	Class     string            `json:"class"`
	Direction string            `json:"direction"`
	Method    string            `json:"method"`
	Target    string            `json:"target"`
	Status    int               `json:"status"`
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body_b64"`
	Contains  string            `json:"contains"`
	Expect    string            `json:"expect"`
}

// later are classes that are refused as a whole: forms, parts and batches are
// read by a later version, and a field that nobody judged never carries a value
// to the platform. Refused is safe; passed on is not.
var later = []string{"form/", "multipart/", "batch/", "encoding/", "query/", "json/batch_string", "field/unknown_field"}

// bodies sends them and looks for the card in what comes out.
func bodies(r *rig, dir string, all *tally) error {
	if r.mode == "shadow" {
		return nil // shadow lets everything through, by definition
	}
	counts := map[string]int{}
	err := eachLine(filepath.Join(dir, "dev", "bodies.jsonl"), func(line []byte) error {
		var b body
		if err := json.Unmarshal(line, &b); err != nil {
			return err
		}
		what, problem, err := r.hidden(b)
		if err != nil {
			return fmt.Errorf("%s: %w", b.ID, err)
		}
		counts[b.Expect+" -> "+what]++
		all.check(problem == "", "%s (%s): %s", b.ID, b.Expect, problem)
		return nil
	})
	fmt.Printf("bodies that hide a card: %v\n", counts)
	return err
}

// hidden sends one body and says what came out.
func (r *rig) hidden(b body) (what, problem string, err error) {
	raw, err := base64.StdEncoding.DecodeString(b.Body)
	if err != nil {
		return "", "", err
	}
	out, passed, err := r.through(b, raw)
	if err != nil {
		return "", "", err
	}
	switch {
	case !passed:
		what = "refused"
	case bytes.Equal(out, raw):
		what = "identical"
	default:
		what = "edited"
	}
	shows := passed && b.Contains != "" && strings.Contains(digitsOf(out), b.Contains)
	switch b.Expect {
	case "unchanged":
		if what != "identical" && !isLater(b.Class) {
			problem = "should pass unchanged, was " + what
		}
	case "redact":
		if shows || (what != "edited" && !isLater(b.Class)) {
			problem = "should be redacted, was " + what
		}
	default:
		if shows {
			problem = "shows the card"
		}
	}
	return what, problem, nil
}

// through sends a request, or has the platform answer with the body.
func (r *rig) through(b body, raw []byte) (out []byte, passed bool, err error) {
	target := "/messenger" + b.Target
	if strings.HasPrefix(b.Class, "field_wa/") {
		target = "/whatsapp" + b.Target
	}
	if b.Direction == "request" {
		_, _, got, err := r.call(b.Method, target, b.Headers, raw)
		if err != nil || len(got) == 0 {
			return nil, false, err
		}
		return got[0], true, nil
	}
	status := max(b.Status, http.StatusOK)
	r.platform.answers(func(w http.ResponseWriter) {
		for name := range maps.Keys(b.Headers) {
			w.Header().Set(name, b.Headers[name])
		}
		w.WriteHeader(status)
		_, _ = w.Write(raw)
	})
	defer r.platform.answers(nil)
	got, answer, _, err := r.call(b.Method, target, map[string]string{"Authorization": "Bearer " + token}, nil)
	return answer, got == status, err
}

func isLater(class string) bool {
	for _, prefix := range later {
		if strings.HasPrefix(class, prefix) {
			return true
		}
	}
	return false
}

// digitsOf keeps the digits of a body, with JSON escapes decoded, so that a card
// in any spelling shows.
func digitsOf(raw []byte) string {
	text := string(raw)
	var decoded any
	if json.Unmarshal(raw, &decoded) == nil {
		if plain, err := json.Marshal(decoded); err == nil {
			text += string(plain)
		}
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			return c
		}
		return -1
	}, text)
}
