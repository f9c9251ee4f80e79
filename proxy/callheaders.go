package proxy

import (
	"net/http"
	"slices"
	"strings"
)

// graphHeaders are what a call needs to say to the platform. Everything else a
// bot's stack adds (cookies, tracing baggage, where a call came from) is the
// bot's own business, cannot be judged, and ends here.
var graphHeaders = map[string]bool{
	"Accept": true, "Accept-Language": true, "Authorization": true, "Content-Type": true, "Content-Disposition": true,
	"User-Agent": true, "If-None-Match": true, "If-Modified-Since": true,
	"File_offset": true, "Offset": true, // resumable uploads
}

// offsets are headers of a piece of a file that is uploaded: where in it the piece
// begins.
var offsets = []string{"File_offset", "Offset"}

// withoutOffsets takes them from calls that upload nothing.
func withoutOffsets(h http.Header) {
	for _, name := range offsets {
		delete(h, name)
	}
}

// isOffset says that a header's values are one number of bytes. One of a terabyte
// is shorter than a card's.
func isOffset(values []string) bool {
	return len(values) == 1 && values[0] != "" && len(values[0]) < 13 && strings.Trim(values[0], "0123456789") == ""
}

// passHeaders leaves the headers that go on to the platform. None of them is for
// words, so one that could hold a value is left out, not scanned. Credentials are
// what they are; an offset is a number; a Content-Type keeps its type, and a
// multipart one its boundary, which has been read by then.
func passHeaders(h map[string][]string) {
	for name, values := range h {
		switch {
		case !graphHeaders[name]:
			delete(h, name)
		case slices.Contains(offsets, name):
			if !isOffset(values) {
				delete(h, name)
			}
		case name == "Authorization", !slices.ContainsFunc(values, roomy):
		case name == "Content-Type" && len(values) == 1:
			if kind, _, _ := strings.Cut(values[0], ";"); !isMultipart(values) {
				h[name] = []string{strings.TrimSpace(kind)}
			}
		default:
			delete(h, name)
		}
	}
}

// fewDigits is up to how many digits, with what stands between groups of them, are
// none of a person's: a version has fewer, a phone number more.
const fewDigits = 6

// roomy says that a header's value has room for something of a person's: an
// address, an escape, a character beyond ASCII, or many digits together.
func roomy(value string) bool {
	count := 0
	for _, c := range []byte(value) {
		switch {
		case c == '@' || c == '%' || c == '\\' || c >= 0x80:
			return true
		case c >= '0' && c <= '9':
			if count++; count > fewDigits {
				return true
			}
		case c != ' ' && c != '-' && c != '.' && c != '_':
			count = 0
		}
	}
	return false
}
