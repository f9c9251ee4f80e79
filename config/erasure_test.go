package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/config"
)

// TestErasureDefaults: tombstones outlast a year of backups, and nobody but operators
// and callers erases; whoever can ask for it and cannot be answered is warned of.
func TestErasureDefaults(t *testing.T) {
	environment(t)
	c, err := config.Load(write(t, minimal(t)))
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Policies["default"].Erasure; c.Erasure.Tombstones != 400*24*time.Hour || c.Erasure.Callback != "off" || len(p.Phrases) != 0 || p.Confirm != "again" {
		t.Errorf("defaults are %+v and %+v", c.Erasure, p)
	}
	c, err = config.Load(write(t, minimal(t)+"policies: {default: {erasure: {phrases: [forget me]}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	warned := false
	for _, w := range c.Warnings() {
		warned = warned || w.Key == "accounts[0].access_token" && strings.Contains(w.Text, "not told")
	}
	if warned == c.Accounts[0].AccessToken.IsSet() {
		t.Errorf("warned: %v of an account with a token: %v", warned, c.Accounts[0].AccessToken.IsSet())
	}
}

// TestPhraseOfSymbols: punctuation and symbols at the ends do not count in the chat,
// so a phrase that has hardly anything else would erase whoever sends a thumb.
func TestPhraseOfSymbols(t *testing.T) {
	environment(t)
	for phrase, wrong := range map[string]bool{"🗑🗑🗑🗑": true, "!!!!": true, "no!!!": true, "stop!": false, "忘れて！": false} {
		_, err := config.Load(write(t, minimal(t)+"policies: {default: {erasure: {phrases: [\""+phrase+"\"]}}}\n"))
		if (err != nil) != wrong || wrong && !strings.Contains(err.Error(), "without punctuation and symbols") {
			t.Errorf("%s: %v", phrase, err)
		}
	}
}
