package proxy_test

import (
	"fmt"
	"strings"
	"testing"
)

// The head of a request is bounded.
func TestHeadBounds(t *testing.T) {
	r := newRig(t)
	many := make([]string, 120)
	for i := range many {
		many[i] = fmt.Sprintf("X-%d: y", i)
	}
	same := make([]string, 120)
	for i := range same {
		same[i] = "X-Same: y"
	}
	for name, test := range map[string]struct {
		stream string
		want   string
	}{
		"many headers":          {post(sendLine, many...), "431"},
		"one header many times": {post(sendLine, same...), "431"},
		"a long header":         {post(sendLine, "X-Long: "+strings.Repeat("a", 64<<10)), "431"},
		"a long target":         {post("POST /shop/me?x=" + strings.Repeat("a", 9<<10) + " HTTP/1.1"), "414"},
		"a long target of ours": {post("POST /shop/me/messages?x=" + strings.Repeat("a", 7<<10) + " HTTP/1.1"), "200"},
		"a hundred headers":     {post(sendLine, many[:90]...), "200"},
	} {
		if got := r.wire("bot", test.stream); len(got) != 1 || !strings.HasPrefix(got[0], test.want) {
			t.Errorf("%s: answered %v, want %s", name, got, test.want)
		}
	}
}
