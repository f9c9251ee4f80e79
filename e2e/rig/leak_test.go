package rig

import (
	"encoding/base64"
	"encoding/hex"
	"testing"
)

// The search is only as good as what it finds.
func TestFind(t *testing.T) {
	canary := Canary{Place: "text", Value: "anna.canary@leak.example"}
	card := Canary{Place: "card", Value: "4000 0566 5566 5556"}
	before, after := "x", "and more"
	hidden := map[string]string{
		"plain":       canary.Value,
		"Meta":        string(Marshal(canary.Value)),
		"hex":         hex.EncodeToString([]byte(before + canary.Value)),
		"base64 0":    base64.StdEncoding.EncodeToString([]byte(canary.Value + after)),
		"base64 1":    base64.StdEncoding.EncodeToString([]byte("a" + canary.Value + after)),
		"base64 2":    base64.URLEncoding.EncodeToString([]byte("ab" + canary.Value + after)),
		"base64 3":    base64.RawURLEncoding.EncodeToString([]byte("abc" + canary.Value)),
		"card digits": "pan=4000056655665556&x",
		"card base64": base64.StdEncoding.EncodeToString([]byte(`{"pan":"4000056655665556"}`)),
	}
	for name, text := range hidden {
		if found := Find(name, []byte(text), []Canary{canary, card}); len(found) != 1 {
			t.Errorf("%s: want one finding, got %q", name, found)
		}
	}
	if found := Find("nothing", []byte("an ordinary line with 4000 in it"), []Canary{canary, card}); found != nil {
		t.Errorf("want nothing, got %q", found)
	}
}
