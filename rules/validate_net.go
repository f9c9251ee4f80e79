package rules

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// validateIP accepts IPv4 dotted quads and IPv6 addresses (RFC 4291), with or
// without a prefix length (RFC 4632), that hold at least one decimal digit:
// "a::b" is more often a name in a program. A prefix length that no address has
// is left out of the finding.
func validateIP(text string, _ []string) []part {
	address, bits, network := strings.Cut(text, "/")
	parsed, err := netip.ParseAddr(address)
	if err != nil || !strings.ContainsAny(address, "0123456789") {
		return whole(text, false)
	}
	if _, err := parsed.WithZone("").Prefix(smallNumber(bits)); network && err != nil {
		return []part{{0, len(address), true}}
	}
	return whole(text, true)
}

// smallNumber reads up to three digits; -1 for anything else.
func smallNumber(text string) int {
	if text == "" || len(text) > 3 || digitsOf(text) != text {
		return -1
	}
	n := 0
	for i := range len(text) {
		n = n*10 + int(text[i]-'0')
	}
	return n
}

const (
	maxLocal  = 64  // bytes before the @ (RFC 5321, section 4.5.3.1.1)
	maxDomain = 253 // bytes after it (RFC 1035, section 2.3.4, without the length bytes)
	maxLabel  = 63  // bytes of one label (RFC 1035, section 2.3.4)
)

// validateEmail checks the shape of RFC 5321 addresses as people write them: a
// local part, plain or quoted, and a domain of labels that ends in letters, or
// an IPv4 address. Letters of any script may stand in both (RFC 6531). Words of
// a script without spaces that run into an ASCII address are no part of it.
func validateEmail(text string, _ []string) []part {
	start := 0
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		at = strings.Index(text, "%40")
	}
	if at < 0 {
		return whole(text, false)
	}
	domain := strings.TrimPrefix(strings.TrimPrefix(text[at:], "%40"), "@")
	end := len(text)
	if next := nextSentence(domain); next > 0 {
		end -= next
		domain = domain[:len(domain)-next]
	}
	if start = runOn(text[:at]); !isLocal(text[start:at]) || !isDomain(domain) {
		return whole(text, false)
	}
	return []part{{start, end, true}}
}

// nextSentence returns the length of a last label, with its dot, that is the
// first word of the next sentence: capital among lower-case labels, "…@shop.example.Thanks".
func nextSentence(domain string) int {
	dot := strings.LastIndexByte(domain, '.')
	if dot <= 0 || domain[:dot] != strings.ToLower(domain[:dot]) {
		return 0
	}
	last := domain[dot+1:]
	first, size := utf8.DecodeRuneInString(last)
	if unicode.IsUpper(first) && size < len(last) && last[size:] == strings.ToLower(last[size:]) {
		return len(domain) - dot
	}
	return 0
}

// runOn returns where the ASCII local part of an address begins when letters of
// another script stand right before it: nobody puts spaces into Chinese. A local
// part that mixes scripts otherwise stays as it is.
func runOn(local string) int {
	start := 0
	for i, r := range local {
		if r < utf8.RuneSelf {
			continue
		}
		if unicode.Is(unicode.Latin, r) || i > 0 && start == 0 {
			return 0
		}
		_, size := utf8.DecodeRuneInString(local[i:])
		start = i + size
	}
	if start == len(local) {
		return 0
	}
	return start
}

// isLocal checks a local part: a dot-atom or a quoted string (RFC 5321,
// section 4.1.2).
func isLocal(local string) bool {
	if local == "" || len(local) > maxLocal {
		return false
	}
	if local[0] == '"' {
		return len(local) > 2 && local[len(local)-1] == '"' && strings.Trim(local, `" `) != ""
	}
	return !strings.Contains(local, "..") && local[0] != '.' && local[len(local)-1] != '.' && !strings.ContainsAny(local, `" `)
}

// isDomain checks the part after the @.
func isDomain(domain string) bool {
	if address, err := netip.ParseAddr(strings.Trim(domain, "[]")); err == nil {
		return address.Is4()
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return len(domain) <= maxDomain && len(labels) > 1 && isTopLevel(labels[len(labels)-1])
}

// isTopLevel tells whether label looks like a top-level domain: letters, or
// the encoded form of an international one (RFC 5890).
func isTopLevel(label string) bool {
	if strings.HasPrefix(strings.ToLower(label), "xn--") {
		return true
	}
	if len(label) < 2 {
		return false
	}
	return !strings.ContainsAny(label, "0123456789-_")
}

// emailText undoes the encoding that addresses have in links, and what people
// write for the @ and the dots.
func emailText(text string) string {
	if strings.ContainsAny(text, " \t\r\n([{<") && !strings.Contains(text, `"`) {
		text = spelledMarks.Replace(spelledAt.ReplaceAllString(spelledDot.ReplaceAllString(remark.ReplaceAllString(text, "@"), "."), "@"))
	}
	return strings.Replace(text, "%40", "@", 1)
}

var (
	remark       = regexp.MustCompile(`\([^()@\s]{1,20}\)@`)
	spelledAt    = regexp.MustCompile(`(?i)\s*[\[({<]\s?(?:at|@|arroba|chez)\s?[\])}>]\s*|\s+(?:at|arroba|chiocciola|arobase|klammeraffe)\s+`)
	spelledDot   = regexp.MustCompile(`(?i)\s*[\[({<]\s?(?:dot|punto|ponto|point|punkt|\.)\s?[\])}>]\s*|\s+(?:dot|punto|ponto|point|punkt)\s+`)
	spelledMarks = strings.NewReplacer(" underscore ", "_", " dash ", "-", " ", "", "\n", "", "\r", "", "\t", "")
)

// validateURL accepts what has a host with a dot or an address; a host that
// begins with www. needs a domain besides it.
func validateURL(text string, _ []string) []part {
	address, dots := text, 1
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	parsed, err := url.Parse(address)
	host := ""
	if err == nil {
		host = parsed.Hostname()
	} else if _, after, _ := strings.Cut(address, "://"); strings.Count(after, ":") > 1 { // an IPv6 address without its brackets
		host, _, _ = strings.Cut(after, "/")
		host = strings.Trim(strings.ToLower(host), "0123456789abcdef")
	}
	if len(host) > 4 && strings.EqualFold(host[:4], "www.") {
		dots = 2
	}
	return whole(text, strings.Count(host, ".") >= dots || strings.Contains(host, ":"))
}
