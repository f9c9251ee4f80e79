package channel

import "testing"

// In documents that are no platform's everything is words but what is kept.
func TestWords(t *testing.T) {
	table := Words([][]string{{"id"}, {"items", "*", "sku"}, {"by", "*"}})
	for path, want := range map[string]Class{
		"id": Structural, "id.x": Free, "x.id": Free, "items[].sku": Structural, "items.a.sku": Structural, "items[]": Free,
		"items.sku": Free, "by.x": Structural, "by[]": Structural, "by": Free, "a.b.c[].d": Free, "text(.x": Free,
	} {
		if got := find(table, path).Class(); got != want {
			t.Errorf("%s is %s", path, got)
		}
	}
	if got := Words(nil).Root().Member("x").Class(); got != Free {
		t.Errorf("without kept places a member is %s", got)
	}
}
