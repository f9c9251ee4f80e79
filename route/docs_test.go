package route_test

import (
	"os"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/route"
)

// The table of docs/routes.md is what happens, and every refusal is explained.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../docs/routes.md")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	mail := r.email()
	outcome := func(got reply) string {
		r.vendor.heard()
		return map[bool]string{true: "restored", false: "refused"}[got.status == 200]
	}
	path := places[0]
	path.name, path.ask = "the path", func(r *rig, s string) reply { return r.ask("GET", "/customers/"+each(s, "%%%02x"), "") }
	for _, place := range append(places[:len(places):len(places)], path) {
		row := "| " + place.name + " | " + outcome(place.ask(r, mail)) + " | " + outcome(place.ask(r, "x"+mail)) + " |\n"
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/routes.md does not have %s", row)
		}
	}
	if rows := strings.Count(string(page), "| refused |\n"); rows != len(places)+1 {
		t.Errorf("docs/routes.md has %d rows, want %d", rows, len(places)+1)
	}
	reasons, err := os.ReadFile("../docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range route.Refusals() {
		if !strings.Contains(string(reasons), "\n| `"+f.Reason+"` |") || f.Message == "" || f.Status < 400 {
			t.Errorf("docs/reasons.md does not explain %+v", f)
		}
	}
}
