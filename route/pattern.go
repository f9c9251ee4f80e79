package route

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// ErrPattern says that a pattern cannot be read.
var ErrPattern = errors.New("want a method and a path such as GET /customers/*, or a JSON pointer such as /items/*/note")

// Allowed is a method with the paths that it may have: * stands for one segment,
// ** at the end for any number of them.
type Allowed struct {
	method   string
	segments []string
	rest     bool
}

// ParseAllowed reads "GET /customers/*". HEAD goes with GET.
func ParseAllowed(text string) (Allowed, error) {
	method, path, ok := strings.Cut(text, " ")
	if !ok || !strings.HasPrefix(path, "/") {
		return Allowed{}, ErrPattern
	}
	a := Allowed{method: method}
	if path != "/" {
		a.segments = strings.Split(path[1:], "/")
	}
	if last := len(a.segments) - 1; last >= 0 && a.segments[last] == "**" {
		a.segments, a.rest = a.segments[:last], true
	}
	if slices.Contains(a.segments, "") || slices.Contains(a.segments, "**") {
		return Allowed{}, ErrPattern
	}
	return a, nil
}

// takes says whether a request may pass.
func (a Allowed) takes(method string, segments []string) bool {
	if a.method != method && !(a.method == "GET" && method == "HEAD") {
		return false
	}
	if len(segments) < len(a.segments) || len(segments) > len(a.segments) && !a.rest {
		return false
	}
	for i, segment := range a.segments {
		if segment != "*" && segment != segments[i] {
			return false
		}
	}
	return true
}

// segmentsOf decodes the segments of an escaped path below a route. What could
// move it elsewhere on the way, or be decoded a second time there, is refused
// (threats.md O2): dots, slashes, backslashes, % and what no URL has.
func segmentsOf(path string) ([]string, bool) {
	if path == "" || path == "/" {
		return nil, true
	}
	var segments []string
	for _, raw := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		segment, err := url.PathUnescape(raw)
		if err != nil || segment == "" || segment == "." || segment == ".." {
			return nil, false
		}
		for _, r := range segment {
			if r < ' ' || r == 0x7f || r == 0xfffd || strings.ContainsRune(`/\%?#;`, r) {
				return nil, false
			}
		}
		segments = append(segments, segment)
	}
	return segments, true
}

// Pointer is a JSON pointer (RFC 6901) in which * stands for any member or
// element.
type Pointer struct {
	text  string
	steps []string
}

// ParsePointer reads /items/*/note.
func ParsePointer(text string) (Pointer, error) {
	rest, ok := strings.CutPrefix(text, "/")
	if !ok {
		return Pointer{}, ErrPattern
	}
	p := Pointer{text: text}
	for _, step := range strings.Split(rest, "/") {
		p.steps = append(p.steps, unescapePointer.Replace(step))
	}
	return p, nil
}

// Steps are the names, unescaped.
func (p Pointer) Steps() []string { return p.steps }

// String is the pointer as it was written.
func (p Pointer) String() string { return p.text }

var (
	unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")
	escapePointer   = strings.NewReplacer("~", "~0", "/", "~1")
)

// at says whether a node of a document stands at the pointer.
func (p Pointer) at(d *payload.Document, node int) bool {
	for i := len(p.steps) - 1; i >= 0; i-- {
		n := &d.Nodes[node]
		if n.Parent < 0 || p.steps[i] != "*" && p.steps[i] != stepOf(d, node) {
			return false
		}
		node = n.Parent
	}
	return d.Nodes[node].Parent < 0
}
