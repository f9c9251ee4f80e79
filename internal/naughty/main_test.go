package main

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	var out strings.Builder
	failed, err := check([]string{"plain", `"><script>alert(1)</script>`, "\u202e", ""}, &out)
	if err != nil || failed > 0 || !strings.Contains(out.String(), "4 strings in 4 pages: 0 change one") {
		t.Errorf("%d failed, %v: %s", failed, err, out.String())
	}
}
