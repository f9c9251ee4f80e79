package form

import (
	"regexp"
	"strings"
	"testing"
)

// TestContrast computes the contrast of every brand colour on a grid, in both
// schemes: text on it, and it as text (WCAG 2.2, 1.4.3), which borders and focus
// rings need less than (1.4.11).
func TestContrast(t *testing.T) {
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				c := rgb{uint8(r), uint8(g), uint8(b)}
				if got := contrast(c, textOn(c)); got < leastContrast {
					t.Errorf("text on %v has a contrast of %.2f", c, got)
				}
				for _, surface := range []rgb{lightSurface, darkSurface} {
					if got := contrast(readableOn(c, surface), surface); got < leastContrast {
						t.Errorf("%v on %v has a contrast of %.2f", c, surface, got)
					}
				}
			}
		}
	}
	if got := contrast(rgb{}, rgb{255, 255, 255}); got != 21 {
		t.Errorf("black on white is %v, want 21", got)
	}
}

var variable = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{3,6})[;\n]`)

// TestSheetContrast reads the colours of the style sheet, light and dark, and
// wants each text readable on what it stands on.
func TestSheetContrast(t *testing.T) {
	sheet, _ := assetFiles.ReadFile("assets/form.css")
	light, dark, _ := strings.Cut(string(sheet), "prefers-color-scheme: dark")
	dark, _, _ = strings.Cut(dark, "\n}\n")
	for scheme, text := range map[string]string{"light": light, "dark": dark} {
		colors := map[string]rgb{}
		for _, m := range variable.FindAllStringSubmatch(text, -1) {
			digits := m[2][1:]
			if len(digits) == 3 {
				digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
			}
			colors[m[1]] = parseColor(digits)
		}
		for _, pair := range [][2]string{
			{"ink", "surface"},
			{"ink", "paper"},
			{"muted", "surface"},
			{"muted", "paper"},
			{"bad", "surface"},
			{"bad", "bad-paper"},
			{"muted", "bad-paper"},
			{"ink", "bad-paper"},
		} {
			if got := contrast(colors[pair[0]], colors[pair[1]]); got < leastContrast {
				t.Errorf("%s: %s on %s has a contrast of %.2f", scheme, pair[0], pair[1], got)
			}
		}
		if got := contrast(colors["edge"], colors["surface"]); got < 3 {
			t.Errorf("%s: the edge of an input has a contrast of %.2f", scheme, got)
		}
		want := map[string]rgb{"light": lightSurface, "dark": darkSurface}[scheme]
		if colors["surface"] != want {
			t.Errorf("%s: brand.go takes the surface for %v, form.css for %v", scheme, want, colors["surface"])
		}
	}
}

// TestSpecs wants a spec with everything it needs for every kind.
func TestSpecs(t *testing.T) {
	for kind, s := range specs {
		if s.read == nil || s.widget == "" || s.widget != asChoice && s.longest == 0 {
			t.Errorf("%s lacks a reader, a widget or a length", kind)
		}
		if s.covered && !s.secret {
			t.Errorf("%s is covered and no secret", kind)
		}
	}
	for name, kinds := range groups {
		for _, kind := range kinds {
			if specs[kind].group != name {
				t.Errorf("%s is in the group %q, want %q", kind, specs[kind].group, name)
			}
		}
	}
}
