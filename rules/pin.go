package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// A pin is the digest of a pack or file when somebody last read it through:
// builtin/cards@sha256:…. Rules that are no longer the ones that were read load
// all the same, because the older ones are not there any more; Library.Drift says
// which they are, and `piiproxy check` warns.
var pinShape = regexp.MustCompile(`^(.+)@sha256:([0-9a-f]{64})$`)

// Unpinned splits a source's name from its pin, "" when it has none.
func Unpinned(name string) (source, digest string) {
	if m := pinShape.FindStringSubmatch(name); m != nil {
		return m[1], m[2]
	}
	return name, ""
}

// digestOf is what a pin holds: the SHA-256 of a file, in hex.
func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Pack describes a built-in pack.
type Pack struct {
	Name   string // builtin/cards
	Digest string // SHA-256 of its file, in hex
	Rules  int    // rules and prompt rules in it
}

// Pinned is the source that pins the pack as it is.
func (p Pack) Pinned() string { return p.Name + "@sha256:" + p.Digest }

// BuiltinPacks describes every built-in pack, in the order of Packs.
func BuiltinPacks() []Pack {
	var list []Pack
	for _, name := range Packs() {
		body, _ := fs.ReadFile(packs, path.Join("packs", strings.TrimPrefix(name, builtin+"/")+".yaml")) // embedded: cannot fail
		doc, _ := decode(name, body)
		list = append(list, Pack{name, digestOf(body), len(doc.file.Rules) + len(doc.file.Prompts)})
	}
	return list
}

// misplacedPin complains about a pin that is none, or that is for several files.
func misplacedPin(source, pin string, files int) string {
	switch {
	case strings.Contains(source, "@sha256:"):
		return "the pin is not sha256: and 64 of 0-9 and a-f; piiproxy rules list --packs prints them"
	case pin != "" && files > 1:
		return "a pin is for one pack or file; name each with its own"
	}
	return ""
}

// drift compares a file with the pin that it was asked for by.
func drift(name, pin string, body []byte) (Complaint, bool) {
	if pin == "" || pin == digestOf(body) {
		return Complaint{}, false
	}
	return Complaint{File: name, Text: fmt.Sprintf(
		"is not what was last read through (%s…): read the difference, try it with piiproxy rules diff, then pin @sha256:%s", pin[:12], digestOf(body))}, true
}

// Drift lists the pinned sources that differ from their pins.
func (l *Library) Drift() []Complaint { return l.drift }
