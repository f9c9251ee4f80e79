package main

import (
	"os"
	"strings"
	"testing"
)

// TestMain is the bench itself where it starts itself as a contender.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestFiles sends a file up and down: what the bench measures works.
func TestFiles(t *testing.T) {
	var out strings.Builder
	if err := measureFiles(t.Context(), &out, t.TempDir(), 1, 3_000_000); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "MB at most") {
		t.Error(out.String())
	}
	t.Log(out.String())
}
