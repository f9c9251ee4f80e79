package media_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/media"
)

// container is the beginning of an ISO base media file (ISO 14496-12, 4.3).
func container(brand string) string {
	return "\x00\x00\x00\x18ftyp" + brand + "\x00\x00\x02\x00" + brand + "isom\x00\x00\x00\x08free"
}

func opus() string {
	return "OggS\x00\x02" + strings.Repeat("\x00", 20) + "\x01\x13OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"
}

// What a file is called does not matter, what it holds does.
func TestSniff(t *testing.T) {
	for _, test := range []struct {
		name, head string
		want       media.Type
		kinds      []string
	}{
		{"empty", "", media.Type{MIME: "text/plain", Kind: "file", Text: true}, nil},
		{"jpeg", string(bare(t, "jpeg")), media.Type{MIME: "image/jpeg", Kind: "image"}, nil},
		{"png", string(bare(t, "png")), media.Type{MIME: "image/png", Kind: "image"}, nil},
		{"webp", string(read(t, "clean.webp")), media.Type{MIME: "image/webp", Kind: "image"}, []string{"image", "sticker"}},
		{"gif", "GIF89a\x01\x00", media.Type{MIME: "image/gif", Kind: "image"}, nil},
		{"heic", container("heic"), media.Type{MIME: "image/heic", Kind: "image"}, nil},
		{"avif", container("avif"), media.Type{MIME: "image/avif", Kind: "image"}, nil},
		{"mp4", container("isom"), media.Type{MIME: "video/mp4", Kind: "video"}, []string{"video", "audio"}},
		{"m4a", container("M4A "), media.Type{MIME: "audio/x-m4a", Kind: "audio"}, nil},
		{"3gp", container("3gp4"), media.Type{MIME: "video/3gpp", Kind: "video"}, []string{"video", "audio"}},
		{"voice message", opus(), media.Type{MIME: "audio/ogg", Kind: "audio"}, nil},
		{"amr", "#!AMR\n\x3c\x00", media.Type{MIME: "audio/amr", Kind: "audio"}, nil},
		{"aac", "\xff\xf1\x50\x80\x00\x1f\xfc", media.Type{MIME: "audio/aac", Kind: "audio"}, nil},
		{"mp3", "\xff\xfb\x90\x64\x00\x00", media.Type{MIME: "audio/mpeg", Kind: "audio"}, nil},
		{"pdf", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", media.Type{MIME: "application/pdf", Kind: "file"}, nil},
		{"pdf of text", "%PDF-1.4\n1 0 obj\n", media.Type{MIME: "application/pdf", Kind: "file"}, nil},
		{"zip", "PK\x03\x04\x14\x00\x00\x00", media.Type{MIME: "application/zip", Kind: "file"}, nil},
		{"text", "my card is 4111 1111 1111 1111", media.Type{MIME: "text/plain", Kind: "file", Text: true}, nil},
		{"text in another charset", "M\xfcnchen\xe9", media.Type{MIME: "text/plain", Kind: "file", Text: true}, nil},
		{"text in UTF-16", "\xff\xfea\x00b\x00", media.Type{MIME: "text/plain", Kind: "file", Text: true}, nil},
		{"csv", "name,card\nann,4111111111111111\nbob,5500005555555559\n", media.Type{MIME: "text/csv", Kind: "file", Text: true}, nil},
		{"json", `{"card":"4111111111111111"}`, media.Type{MIME: "application/json", Kind: "file", Text: true}, nil},
		{"vcard", "BEGIN:VCARD\nVERSION:3.0\nTEL:+1 555\nEND:VCARD\n", media.Type{MIME: "text/vcard", Kind: "file", Text: true}, nil},
		{"html", "<!DOCTYPE html><html></html>", media.Type{MIME: "text/html", Kind: "file", Text: true}, nil},
		{"svg", `<svg xmlns="http://www.w3.org/2000/svg"></svg>`, media.Type{MIME: "image/svg+xml", Kind: "file", Text: true}, nil},
		{"drawing in text", "P1\n2 2\n0 1 1 0\n", media.Type{MIME: "image/x-portable-bitmap", Kind: "file", Text: true}, nil},
		{"playlist", "#EXTM3U\n4111 1111 1111 1111\n", media.Type{MIME: "application/vnd.apple.mpegurl", Kind: "file", Text: true}, nil},
		{"words like a picture", "GIF89a is my card 4111 1111 1111 1111", media.Type{MIME: "text/plain", Kind: "file", Text: true}, nil},
		{"words like sound", "RIFF-RAFWAVE 4111 1111 1111 1111", media.Type{MIME: "text/plain", Kind: "file", Text: true}, nil},
		{"words like a tune", "#!AMR\n4111 1111 1111 1111", media.Type{MIME: "text/plain", Kind: "file", Text: true}, nil},
		{"unknown", "\x00\x01\x02\x03", media.Type{MIME: "application/octet-stream", Kind: "file"}, nil},
		{"text with a NUL", "card\x00 4111 1111 1111 1111", media.Type{MIME: "application/octet-stream", Kind: "file"}, nil},
		{"only the beginning counts", strings.Repeat("a", media.SniffLen) + "\x00", media.Type{MIME: "text/plain", Kind: "file", Text: true}, nil},
	} {
		got := media.Sniff([]byte(test.head))
		if got != test.want {
			t.Errorf("%s: %+v", test.name, got)
		}
		if test.kinds == nil {
			test.kinds = []string{test.want.Kind}
		}
		if !slices.Equal(got.Kinds(), test.kinds) {
			t.Errorf("%s: kinds %v", test.name, got.Kinds())
		}
	}
}

// A declared type agrees with what a file holds, says nothing, or is wrong.
func TestAgrees(t *testing.T) {
	files := map[string]string{
		"jpeg": string(bare(t, "jpeg")), "png": string(bare(t, "png")), "webp": string(read(t, "clean.webp")), "mp4": container("isom"),
		"m4a": container("M4A "), "heic": container("heic"), "opus": opus(), "pdf": "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "zip": "PK\x03\x04\x14\x00\x00\x00",
		"csv": "a,b\n1,2\n3,4\n", "json": `{"a":1}`, "svg": `<svg xmlns="http://www.w3.org/2000/svg"></svg>`, "text": "hello", "unknown": "\x00\x01",
		"aac": "\xff\xf1\x50\x80\x00\x1f\xfc",
	}
	for declared, agree := range map[string]string{
		"image/jpeg":                "jpeg",
		"IMAGE/JPG; q=1":            "jpeg",
		"image/png":                 "png",
		"image/webp":                "webp",
		"image/heif":                "heic",
		"image/gif":                 "",
		"image/svg+xml":             "csv json svg text",
		"audio/ogg; codecs=opus":    "opus",
		"audio/mp4":                 "m4a mp4",
		"video/mp4":                 "m4a mp4",
		"video/quicktime":           "m4a mp4",
		"audio/mpeg":                "aac",
		"text/plain":                "csv json svg text",
		"text/csv; charset=utf-8":   "csv json svg text",
		"application/json":          "csv json svg text",
		"application/vnd.ms-excel":  "csv json svg text",
		"application/pdf":           "pdf",
		"application/zip":           "zip",
		"application/vnd.own":       "pdf unknown zip",
		"application/octet-stream":  "aac csv heic jpeg json m4a mp4 opus pdf png svg text unknown webp zip",
		"":                          "",
		"image/*":                   "",
		"image":                     "",
		"image/jpeg, text/plain":    "",
		"audio/vnd.own":             "",
		"application/epub+zip":      "zip",
		"application/x-ole-storage": "",
		"application/vnd.oasis.opendocument.text":                                 "zip",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document": "zip",
	} {
		var got []string
		for name, head := range files {
			if media.Sniff([]byte(head)).Agrees(declared) {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != agree {
			t.Errorf("%q agrees with %v, not %s", declared, got, agree)
		}
	}
}

// Nothing that a file begins with upsets the library that looks at it.
func FuzzSniff(f *testing.F) {
	for _, seed := range []string{"", "<", "<svg", "<!--", "<html", "{\"a\":[", "PK\x03\x04", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OggS\x00", "\x00\x00\x00\x00ftyp", "\x1aE\xdf\xa3", "#!", "ID3"} {
		f.Add([]byte(seed), "image/png")
	}
	f.Fuzz(func(t *testing.T, head []byte, declared string) {
		kind := media.Sniff(head)
		if kind.MIME == "" || !slices.Contains([]string{"image", "audio", "video", "file"}, kind.Kind) || kind.Text && kind.Kind != "file" {
			t.Fatalf("%+v", kind)
		}
		if !kind.Agrees(kind.MIME) {
			t.Fatalf("%s does not agree with itself", kind.MIME)
		}
		kind.Agrees(declared)
	})
}
