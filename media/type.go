// Package media tells what a file is by its content, takes out of pictures what
// they say about people beside the picture itself, and has others read what it
// cannot read.
//
// It promises three things. A file's name and declared type are never believed:
// Sniff looks at bytes. Scrub changes nothing but metadata, in place: the result
// is as long as what came in, decodes to the same pixels, and is made with flat
// memory while the file flows. And nothing here writes a file anywhere.
package media

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
)

// SniffLen is how many bytes of a file Sniff looks at; fewer when the file is
// shorter. It is mimetype's own bound.
const SniffLen = 4096

// The kinds of files, as policies name them.
const (
	Image   = "image"
	Audio   = "audio"
	Video   = "video"
	File    = "file"
	Sticker = "sticker"
)

// unknown is the type of what is not recognized (RFC 2046, section 4.5.1).
const unknown = "application/octet-stream"

// Type is what a file is.
type Type struct {
	// MIME is the media type in lower case and without parameters;
	// "application/octet-stream" when the content is not recognized.
	MIME string
	// Kind is image, audio, video or file. Archives, office documents, programs,
	// drawings (SVG, DWG), and what is not recognized are files.
	Kind string
	// Text says that the file's bytes are characters, so that it can be scanned as
	// it stands: plain text, CSV, JSON, vCard, and also HTML, SVG, XML, RTF, mail and
	// scripts, whose own escapes are not undone. Only the beginning was looked at,
	// and it may be in another charset than UTF-8.
	Text bool
}

// Sniff tells what a file is by its first SniffLen bytes. It never fails: what it
// does not know is a file of type application/octet-stream.
func Sniff(head []byte) Type {
	found := mimetype.Detect(head[:min(len(head), SniffLen)])
	name, text := bare(found.String()), false
	for m := found; m != nil; m = m.Parent() {
		text = text || bare(m.String()) == "text/plain"
	}
	kind := kindOf(name)
	switch {
	case text:
		kind = File
	case name != pdf && plain(head[:min(len(head), SniffLen)]):
		text = true
		if kind != File { // a word like GIF89a or MThd begins it: no such file is without a byte that text never has
			name, kind = "text/plain", File
		}
	}
	return Type{MIME: name, Kind: kind, Text: text}
}

// Kinds are all kinds that the file may be as far as its beginning tells: a
// sticker is a WebP image, and a container that mostly holds video may hold sound
// alone. Policy lets the file pass when it lets each of them pass.
func (t Type) Kinds() []string {
	switch family := families[t.MIME]; {
	case family == "webp":
		return []string{Image, Sticker}
	case t.Kind == Video && (family == "bmff" || family == "matroska" || family == "asf"), t.MIME == "application/ogg":
		return []string{Video, Audio}
	}
	return []string{t.Kind}
}

// Scrubbed says that Scrub knows the format: JPEG, PNG and WebP.
func (t Type) Scrubbed() bool { return scrubs(t.MIME) != nil }

const pdf = "application/pdf"

// pictures are the types of kind image. Other types that are called image are
// drawings and documents: they may hold text, other files and programs.
var pictures = map[string]bool{
	"image/jpeg": true, "image/png": true, "image/apng": true, "image/gif": true, "image/webp": true, "image/bmp": true,
	"image/tiff": true, "image/heic": true, "image/heic-sequence": true, "image/heif": true, "image/heif-sequence": true,
	"image/avif": true, "image/jxl": true, "image/jp2": true, "image/jpx": true, "image/x-icon": true,
}

func kindOf(name string) string {
	switch main, _, _ := strings.Cut(name, "/"); {
	case pictures[name]:
		return Image
	case main == Audio, main == Video:
		return main
	case name == "application/ogg", name == "application/vnd.rn-realmedia-vbr":
		return Video
	}
	return File
}

// plain says that bytes are UTF-8 without control characters that text does not
// have, as far as they go.
func plain(head []byte) bool {
	for i := 0; i < utf8.UTFMax-1 && len(head) > 0 && !utf8.Valid(head); i++ { // the last rune may be cut
		head = head[:len(head)-1]
	}
	return len(head) > 0 && utf8.Valid(head) && bytes.IndexFunc(head, func(c rune) bool {
		return c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b
	}) < 0
}

// bare is a media type without its parameters, in lower case; "" for what is none.
func bare(declared string) string {
	name, _, err := mime.ParseMediaType(declared)
	if err != nil || !strings.Contains(name, "/") {
		return ""
	}
	return name
}
