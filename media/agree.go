package media

import (
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// families are names of types that go by the same content: spellings, and what a
// container's beginning does not tell apart.
var families = familiesOf(map[string][]string{
	"jpeg": {"image/jpeg", "image/jpg", "image/pjpeg"},
	"png":  {"image/png", "image/x-png", "image/apng", "image/vnd.mozilla.apng"},
	"webp": {"image/webp"},
	"heif": {"image/heic", "image/heic-sequence", "image/heif", "image/heif-sequence", "image/avif", "image/avif-sequence"},
	"bmp":  {"image/bmp", "image/x-bmp", "image/x-ms-bmp"},
	"icon": {"image/x-icon", "image/vnd.microsoft.icon"},
	"bmff": {
		"video/mp4", "audio/mp4", "audio/m4a", "audio/x-m4a", "audio/x-mp4a", "video/x-m4v", "video/quicktime",
		"video/3gpp", "audio/3gpp", "video/3gp", "video/3gpp2", "audio/3gpp2", "video/3g2",
	},
	"ogg":      {"application/ogg", "application/x-ogg", "audio/ogg", "video/ogg", "audio/opus", "audio/vorbis", "audio/speex"},
	"matroska": {"video/webm", "audio/webm", "video/matroska", "video/x-matroska", "audio/x-matroska"},
	// An ID3 tag may stand before either.
	"mpeg": {
		"audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/x-mpeg", "audio/mpeg3", "audio/x-mpeg-3", "audio/aac", "audio/x-aac",
		"audio/aacp", "audio/x-hx-aac-adts",
	},
	"amr": {"audio/amr", "audio/amr-nb", "audio/amr-wb"},
	"wav": {"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"},
	"asf": {"video/x-ms-asf", "video/asf", "video/x-ms-wmv", "audio/x-ms-wma"},
	// The name that tells a zip archive from a document may stand past the beginning.
	"zip": {"application/zip", "application/x-zip", "application/x-zip-compressed"},
	"ole": {"application/x-ole-storage"},
})

func familiesOf(named map[string][]string) map[string]string {
	families := map[string]string{}
	for family, names := range named {
		for _, name := range names {
			families[name] = family
		}
	}
	return families
}

// unsaid are the types with which a sender says nothing.
var unsaid = map[string]bool{unknown: true, "binary/octet-stream": true, "application/binary": true, "application/x-binary": true}

// texts are types without "text/" and "+xml" or "+json" in their name whose files
// are text. Browsers on machines with a spreadsheet call CSV by the last one.
var texts = map[string]bool{
	"application/json": true, "application/x-ndjson": true, "application/xml": true, "application/javascript": true,
	"application/x-javascript": true, "application/csv": true, "application/x-csv": true, "application/yaml": true,
	"application/x-yaml": true, "application/rtf": true, "application/sql": true, "application/vcard": true,
	"application/x-sh": true, "application/x-subrip": true, "message/rfc822": true, "application/vnd.ms-excel": true,
}

// Agrees says that a file may truthfully be declared so. A file for which it does
// not hold is read as one thing here and as another there, and is to be refused.
// Types that say nothing, as application/octet-stream, agree with every content;
// what is no media type ("", "image/*") agrees with none.
func (t Type) Agrees(declared string) bool {
	name := bare(declared)
	switch {
	case name == "", strings.Contains(name, "*"):
		return false
	case unsaid[name], name == t.MIME, families[name] != "" && families[name] == families[t.MIME]:
		return true
	case t.Text:
		return strings.HasPrefix(name, "text/") || strings.HasSuffix(name, "+xml") || strings.HasSuffix(name, "+json") || texts[name]
	}
	known := mimetype.Lookup(name)
	if known == nil { // a type that nobody can tell: it is a file at most
		return t.Kind == File && strings.HasPrefix(name, "application/")
	}
	return known.Is(t.MIME) || kin(known, t.MIME)
}

// kin says that a known type is a document that is kept in an archive of the other
// type, or the other way round.
func kin(known *mimetype.MIME, name string) bool {
	sniffed := mimetype.Lookup(name)
	return sniffed != nil && (keeps(known, sniffed) || keeps(sniffed, known))
}

func keeps(archive, document *mimetype.MIME) bool {
	if family := families[archive.String()]; family != "zip" && family != "ole" {
		return false
	}
	for m := document.Parent(); m != nil; m = m.Parent() {
		if m.Is(archive.String()) {
			return true
		}
	}
	return false
}
