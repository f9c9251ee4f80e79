package channel

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestSwapDocs: the examples of docs/swap.md are what Swap does, the reasons are
// all there, and ids begin as it says.
func TestSwapDocs(t *testing.T) {
	page, err := os.ReadFile("../docs/swap.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	for i, name := range []string{"messenger", "instagram", "whatsapp"} {
		c, _ := ByName(name)
		d := parse(t, strings.TrimSpace(blocks[2*i][1]))
		texts := c.Prompts(d)
		got, err := c.Swap(d, []Ask{{texts[0].Node, "Almost done!"}}, secure, link)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var is, said any
		if json.Unmarshal(got.Raw, &is) != nil || json.Unmarshal([]byte(blocks[2*i+1][1]), &said) != nil || !reflect.DeepEqual(is, said) {
			t.Errorf("%s: %s", name, got.Raw)
		}
		first := regexp.MustCompile("`([A-Za-z0-9_.]*)…").FindAllStringSubmatch(string(page), -1)[i][1]
		if id := c.MessageID([16]byte{255}, [8]byte{255}); !strings.HasPrefix(id, first) {
			t.Errorf("%s: %s", name, id)
		}
	}
	for _, reason := range SwapReasons() {
		if !strings.Contains(string(page), "| `"+reason+"` |") {
			t.Errorf("%s is not explained", reason)
		}
	}
}
