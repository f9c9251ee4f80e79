package main

import (
	"strings"
	"testing"
)

// TestForms fills every form in: what the bench measures works.
func TestForms(t *testing.T) {
	var out strings.Builder
	if err := measureForms(t.Context(), &out, t.TempDir(), 24); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "until the bot has the message") {
		t.Error(out.String())
	}
	t.Log(out.String())
}
