package form

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/rules"
)

// spelled keeps how somebody spells something, on one line.
func spelled(a answer) verdict {
	text := oneLine(a.raw)
	return verdict{canonical: rules.Canonical(a.kind, text, a.regions), text: text}
}

// oneLine joins the words of a text by single spaces and drops what cannot be
// seen.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(visible(text), unicode.IsSpace), " ")
}

// visible drops control characters other than white space, and marks that turn
// the direction of what stands around them.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF {
			return -1
		}
		return r
	}, text)
}

func readLine(a answer) verdict { return spelled(a) }

func readText(a answer) verdict {
	text := strings.TrimSpace(visible(strings.ReplaceAll(a.raw, "\r\n", "\n")))
	return verdict{canonical: rules.Canonical(a.kind, text, a.regions), text: text}
}

// readSecret keeps every character but the space around it.
func readSecret(a answer) verdict { return same(strings.TrimSpace(a.raw)) }

// readPassword keeps every character: a space may belong to a password.
func readPassword(a answer) verdict {
	if strings.ContainsFunc(a.raw, unicode.IsControl) {
		return problem("other")
	}
	return same(a.raw)
}

func readName(a answer) verdict {
	letters := strings.IndexFunc(a.text, unicode.IsLetter)
	if letters < 0 || strings.ContainsAny(a.text, "@<>{}\\/=") || len(onlyDigits(a.text)) > 0 {
		return problem("person")
	}
	return spelled(a)
}

func readReference(a answer) verdict {
	if utf8.RuneCountInString(a.text) < 2 {
		return problem("length")
	}
	return spelled(a)
}

func readChoice(a answer) verdict {
	if a.text != "yes" && a.text != "no" {
		return problem("choice")
	}
	return same(a.text)
}

// readEmail writes the domain in lower case, which it means anyhow: telephones
// begin words with a capital.
func readEmail(a answer) verdict {
	text := a.text
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		text = text[:at] + strings.ToLower(text[at:])
	}
	if !rules.Valid("email", text, nil) {
		return problem("email")
	}
	return verdict{canonical: rules.Canonical("email", text, nil), text: text}
}

func readPhone(a answer) verdict {
	number := rules.Canonical("phone", a.text, a.regions)
	if !rules.Valid("phone", a.text, a.regions) || !strings.HasPrefix(number, "+") {
		return problem("phone")
	}
	return same(number)
}

func readIP(a answer) verdict {
	if !rules.Valid("ip", a.text, nil) {
		return problem("other")
	}
	return same(rules.Canonical("ip", a.text, nil))
}

func readMAC(a answer) verdict {
	if _, err := net.ParseMAC(a.text); err != nil {
		return problem("other")
	}
	return same(rules.Canonical("mac", a.text, nil))
}

func readURL(a answer) verdict {
	parsed, err := url.Parse(a.text)
	if err != nil || !rules.Valid("url", a.text, nil) || parsed.Scheme != "" && parsed.Scheme != "http" && parsed.Scheme != "https" {
		return problem("url")
	}
	return same(rules.Canonical("url", a.text, nil))
}

func readCrypto(a answer) verdict {
	if !rules.Valid("crypto", a.text, nil) {
		return problem("check")
	}
	return same(rules.Canonical("crypto", a.text, nil))
}

// place is latitude and longitude in decimal degrees (ISO 6709, annex H).
var place = regexp.MustCompile(`^(-?\d{1,2}(?:\.\d{1,10})?)[,;\s]\s*(-?\d{1,3}(?:\.\d{1,10})?)$`)

func readPlace(a answer) verdict {
	m := place.FindStringSubmatch(a.text)
	if m == nil {
		return problem("geo")
	}
	latitude, _ := strconv.ParseFloat(m[1], 64)
	longitude, _ := strconv.ParseFloat(m[2], 64)
	if latitude < -90 || latitude > 90 || longitude < -180 || longitude > 180 {
		return problem("geo")
	}
	return same(m[1] + ", " + m[2])
}
