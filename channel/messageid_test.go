package channel

import (
	"regexp"
	"strings"
	"testing"
)

func TestMessageID(t *testing.T) {
	derived := [16]byte{0, 1, 2, 3, 0xfb, 0xff, 0xfe, 7, 8, 9, 10, 11, 12, 13, 14, 255}
	tag := [8]byte{0xff, 0xfe, 3, 4, 5, 6, 7, 8}
	tests := []struct {
		channel string
		form    *regexp.Regexp
		real    []string // ids in the platform's own form, invented
	}{
		{"messenger", regexp.MustCompile(`^m_cGlpcHJveH[\w-]{33}$`), []string{
			"m_" + strings.Repeat("aB3-_x", 14) + "Qw", "mid.$cAAE0000000000", "mid.1457764197618:41d102a3e1ae206a38",
		}},
		{"instagram", regexp.MustCompile(`^aWdfZAG1faXRlbTox[A-Za-z0-9]+$`), []string{
			"aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDAwMDAwMDAwMDA6MzQwMjgyMzY2ODQxNzEwMwZDZD", "aWdfZAG1faXRlbTox",
		}},
		{"whatsapp", regexp.MustCompile(`^wamid\.HBg[A-Za-z0-9]{85}$`), []string{
			"wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUY5OTY5NTI5M0I5MkIzQjAwMAA=", "wamid.1", "wamid.",
		}},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		id := c.MessageID(derived, tag)
		if !test.form.MatchString(id) || strings.ContainsAny(id, "/+=%") {
			t.Errorf("%s: %s", test.channel, id)
		}
		gotDerived, gotTag, ok := c.ParseMessageID(id)
		if !ok || gotDerived != derived || gotTag != tag {
			t.Errorf("%s: %x %x %v", test.channel, gotDerived, gotTag, ok)
		}
		for i := range id { // any other spelling is another id or none
			other := id[:i] + "A" + id[i+1:]
			if d, tg, ok := c.ParseMessageID(other); other != id && ok && d == derived && tg == tag {
				t.Errorf("%s: %s reads the same", test.channel, other)
			}
		}
		for _, other := range append(test.real, "", id+"A", id[1:], id+"\n", strings.ToLower(id), strings.Repeat("m", 600)) {
			if _, _, ok := c.ParseMessageID(other); ok {
				t.Errorf("%s: %s is taken for ours", test.channel, other)
			}
		}
		for _, foreign := range channels() {
			if _, _, ok := foreign.ParseMessageID(id); ok && foreign != c {
				t.Errorf("%s takes an id of %s", foreign.Name(), c.Name())
			}
		}
	}
}
