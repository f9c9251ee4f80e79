package form

import (
	"strings"
	"testing"
)

// TestPlain: a page that does not come over TLS does not say that it does.
func TestPlain(t *testing.T) {
	pages, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, plain := range []bool{true, false} {
		var out strings.Builder
		if err := pages.Form(&out, Page{Language: "en", Fields: []Field{{Kind: "email", Need: "full"}}, Plain: plain}); err != nil {
			t.Fatal(err)
		}
		if said := strings.Contains(out.String(), "The connection is encrypted."); said == plain {
			t.Errorf("plain %v: the page says that it is encrypted: %v", plain, said)
		}
	}
}
