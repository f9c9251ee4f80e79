package form

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// ownColor stands in for a colour that is none.
const ownColor = "0b57d0"

// Surfaces that brand colours stand on: --surface of form.css, light and dark.
var (
	lightSurface = rgb{255, 255, 255}
	darkSurface  = rgb{27, 32, 41}
)

// leastContrast is what text needs (WCAG 2.2, 1.4.3, level AA).
const leastContrast = 4.5

// rgb is a colour in sRGB.
type rgb [3]uint8

var colorShape = regexp.MustCompile(`^#?([0-9a-fA-F]{6})$`)

// hexOf returns the six digits of a colour, those of our own for none.
func hexOf(color string) string {
	if m := colorShape.FindStringSubmatch(color); m != nil {
		return strings.ToLower(m[1])
	}
	return ownColor
}

func parseColor(hex string) rgb {
	n, _ := strconv.ParseUint(hex, 16, 32) // hexOf's
	return rgb{uint8(n >> 16), uint8(n >> 8), uint8(n)}
}

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// luminance is the relative luminance of WCAG 2.2.
func (c rgb) luminance() float64 {
	var linear [3]float64
	for i, channel := range c {
		s := float64(channel) / 255
		if s <= 0.04045 {
			linear[i] = s / 12.92
		} else {
			linear[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}

// contrast is the contrast ratio of WCAG 2.2, from 1 to 21.
func contrast(a, b rgb) float64 {
	lighter, darker := max(a.luminance(), b.luminance()), min(a.luminance(), b.luminance())
	return (lighter + 0.05) / (darker + 0.05)
}

// textOn is black or white, whichever is easier to read on a colour; one of them
// always has a contrast of 4.58 or more.
func textOn(c rgb) rgb {
	black, white := rgb{}, rgb{255, 255, 255}
	if contrast(c, white) >= contrast(c, black) {
		return white
	}
	return black
}

// readableOn moves a colour toward black or white until it can be read as text
// on a surface.
func readableOn(c, surface rgb) rgb {
	toward := textOn(surface)
	for step := range 51 {
		mixed := mix(c, toward, float64(step)/50)
		if contrast(mixed, surface) >= leastContrast {
			return mixed
		}
	}
	return toward
}

func mix(a, b rgb, share float64) rgb {
	var mixed rgb
	for i := range mixed {
		mixed[i] = uint8(math.Round(float64(a[i])*(1-share) + float64(b[i])*share))
	}
	return mixed
}

// brandSheet is the style sheet of a colour: --brand fills, --on-brand is text on
// it, --brand-ink is text, focus rings and borders on the page.
func brandSheet(hex string) string {
	c := parseColor(hex)
	return fmt.Sprintf(":root{--brand:%s;--on-brand:%s;--brand-ink:%s}\n@media (prefers-color-scheme:dark){:root{--brand-ink:%s}}\n",
		c, textOn(c), readableOn(c, lightSurface), readableOn(c, darkSurface))
}
