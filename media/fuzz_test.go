package media_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/piiproxy/piiproxy/media"
)

// Whatever a file holds: it becomes as long as it was, or malformed; a second
// time changes nothing; a word that stands in no picture data does not come out.
func FuzzScrub(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Add(put(bare(f, "jpeg"), 2, segment(0xE1, "Exif\x00\x00"+tiff(3))+"\xFF\xFF"))
	f.Add(put(bare(f, "png"), afterIHDR, chunk("eXIf", tiff(7))+chunk("tIME", "1234567")))
	f.Add(webp(riff("VP8X", "\x0e234567890"), riff("ANMF", "0123456789abcdef"+riff("VP8 ", "ab")+riff("XMP ", canary)), riff("EXIF", tiff(2))))
	f.Fuzz(func(t *testing.T, file []byte) {
		kind := media.Sniff(file)
		once, err := io.ReadAll(media.Scrub(bytes.NewReader(file), kind))
		if err != nil {
			if !errors.Is(err, media.ErrMalformed) || len(once) > len(file) {
				t.Fatalf("%d of %d bytes: %v", len(once), len(file), err)
			}
			return
		}
		twice, err := io.ReadAll(media.Scrub(bytes.NewReader(once), kind))
		if err != nil || len(once) != len(file) || !bytes.Equal(once, twice) {
			t.Fatalf("%d bytes became %d and %d: %v", len(file), len(once), len(twice), err)
		}
	})
}

// Whatever metadata hold, nothing of them comes out.
func FuzzScrubHides(f *testing.F) {
	f.Add([]byte("Exif\x00\x00"+tiff(6)), byte(0xE1), "eXIf")
	f.Add([]byte("http://ns.adobe.com/xap/1.0/\x00"), byte(0xE1), "tEXt")
	f.Add([]byte("MPF\x00"), byte(0xE2), "zTXt")
	f.Add([]byte(""), byte(0xFE), "prIv")
	j, p, w := bare(f, "jpeg"), bare(f, "png"), string(read(f, "clean.webp")[12:])
	f.Fuzz(func(t *testing.T, before []byte, mark byte, name string) {
		content := string(before) + canary
		if mark = 0xE0 | mark&15; len(content) > 60_000 || bytes.HasPrefix(before, []byte("ICC_PROFILE\x00")) || len(name) != 4 || !ancillary(name) {
			return
		}
		if bytes.HasPrefix(before, []byte("JFIF\x00")) || bytes.HasPrefix(before, []byte("Adobe")) {
			return // what decoders need of these stays
		}
		for _, file := range [][]byte{put(j, 2, segment(mark, content)), put(p, afterIHDR, chunk(name, content)), webp(w, riff(name, content))} {
			out, err := io.ReadAll(media.Scrub(bytes.NewReader(file), media.Sniff(file)))
			if err != nil || len(out) != len(file) || bytes.Contains(out, []byte(canary)) {
				t.Fatalf("%d of %d bytes: %v", len(out), len(file), err)
			}
		}
	})
}

// ancillary says that decoders do not need a chunk of this name.
func ancillary(name string) bool {
	for _, c := range []byte(name) {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	switch name {
	case "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "cLLI", "bKGD", "hIST", "pHYs", "acTL", "fcTL", "fdAT",
		"ALPH", "ANIM", "ANMF", "ICCP":
		return false
	}
	return name[0]&0x20 != 0
}
