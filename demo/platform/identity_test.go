package platform

import (
	"strings"
	"testing"
)

// No id that the platform hands out can be a number that people type in the demo.
func TestPersonIDIsNobodysNumber(t *testing.T) {
	for range 2000 {
		if id := newPersonID(WhatsApp); len(id) != 11 || strings.HasPrefix(id, "1202") {
			t.Fatalf("wa_id %s", id)
		}
	}
}
