package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/piiproxy/piiproxy/media"
)

const canary = "Canary"

// bare is a picture that says nothing.
func bare(t testing.TB, format string) []byte {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 40, 24))
	for i := range picture.Pix {
		picture.Pix[i] = byte(i * i / 7)
	}
	for y := range 24 {
		picture.SetNRGBA(y, y, color.NRGBA{255, 0, 0, 128})
	}
	var out bytes.Buffer
	var err error
	switch format {
	case "jpeg":
		err = jpeg.Encode(&out, picture, &jpeg.Options{Quality: 90})
	case "png":
		err = png.Encode(&out, picture)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// segment is a marker segment of a JPEG file.
func segment(mark byte, content string) string {
	return string(binary.BigEndian.AppendUint16([]byte{0xFF, mark}, uint16(len(content)+2))) + content
}

// tiff is Exif data with a text and, second, how the picture is to be turned.
func tiff(turned byte) string {
	return "II*\x00\x08\x00\x00\x00\x02\x00\x3b\x01\x02\x00\x10\x00\x00\x00\x26\x00\x00\x00\x12\x01\x03\x00\x01\x00\x00\x00" +
		string(turned) + "\x00\x00\x00\x00\x00\x00\x00" + "CanaryArtist....\x00"
}

// put puts something into a file before an offset.
func put(file []byte, at int, more string) []byte {
	return bytes.Join([][]byte{file[:at], file[at:]}, []byte(more))
}

// Whatever place of a JPEG file something is hidden in, it does not come out.
func TestScrubJPEGPlaces(t *testing.T) {
	base := bare(t, "jpeg")
	scan := bytes.Index(base, []byte{0xFF, 0xDA})
	places := map[string][]byte{
		"comment":             put(base, 2, segment(0xFE, canary)),
		"comment before scan": put(base, scan, segment(0xFE, canary)),
		"empty comment":       put(base, 2, segment(0xFE, "")+segment(0xFE, canary)),
		"fill bytes":          put(base, 2, "\xFF\xFF\xFF"+segment(0xFE, canary)),
		"Exif":                put(base, 2, segment(0xE1, "Exif\x00\x00"+tiff(3))),
		"Exif in two":         put(base, 2, segment(0xE1, "Exif\x00\x00"+tiff(3))+segment(0xE1, "Exif\x00\x00"+canary)),
		"Exif, broken":        put(base, 2, segment(0xE1, "Exif\x00\x00II*\x00\xFF\xFF\xFF\xFF"+canary)),
		"Exif, too short":     put(base, 2, segment(0xE1, "Exif\x00")),
		"XMP":                 put(base, 2, segment(0xE1, "http://ns.adobe.com/xap/1.0/\x00"+canary)),
		"extended XMP": put(base, 2, segment(0xE1, "http://ns.adobe.com/xmp/extension/\x00"+strings.Repeat(canary, 10_000))+
			segment(0xE1, "http://ns.adobe.com/xmp/extension/\x00"+canary)),
		"largest segment":        put(base, 2, segment(0xE1, strings.Repeat("Canary", 10922)+"C")),
		"multi-picture format":   put(base, 2, segment(0xE2, "MPF\x00"+canary)),
		"FlashPix":               put(base, 2, segment(0xE2, "FPXR\x00"+canary)),
		"IPTC":                   put(base, 2, segment(0xED, "Photoshop 3.0\x008BIM\x04\x04"+canary)),
		"content credentials":    put(base, 2, segment(0xEB, "JP\x00\x01"+canary)),
		"thumbnail of JFIF":      put(base, 2, segment(0xE0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x02\x01"+canary)),
		"thumbnail beside JFIF":  put(base, 2, segment(0xE0, "JFXX\x00\x10"+canary)),
		"behind Adobe's segment": put(base, 2, segment(0xEE, "Adobe\x00\x64\x00\x00\x00\x00\x01"+canary)),
		"a file behind":          append(bytes.Clone(base), "PK\x03\x04"+canary...),
		"a picture behind":       append(bytes.Clone(base), put(base, 2, segment(0xFE, canary))...),
		"much behind":            append(bytes.Clone(base), strings.Repeat(canary, 100_000)...),
	}
	for mark := byte(0xE0); mark < 0xF0; mark++ {
		places[string("0123456789abcdef"[mark&15])+" application"] = put(base, 2, segment(mark, canary))
	}
	want := pixels(t, "base", base)
	for name, file := range places {
		if !cmp.Equal(pixels(t, name, clean(t, name, file)), want) {
			t.Errorf("%s: the picture changed", name)
		}
	}
	profile := put(base, 2, segment(0xE2, "ICC_PROFILE\x00\x01\x01colours"))
	if !bytes.Equal(clean(t, "ICC profile", profile), profile) {
		t.Error("a colour profile changed")
	}
}

// A segment between the scans of a progressive picture is found, too.
func TestScrubBetweenScans(t *testing.T) {
	file := read(t, "progressive.jpg")
	last := bytes.LastIndex(file, []byte{0xFF, 0xDA})
	hidden := put(file, last, segment(0xFE, canary)+segment(0xE1, "Exif\x00\x00"+canary))
	out := clean(t, "between scans", hidden)
	if !cmp.Equal(pixels(t, "hidden", out), pixels(t, "plain", file)) {
		t.Error("the picture changed")
	}
}

// chunk is a chunk of a PNG file.
func chunk(name, content string) string {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	sum := crc32.ChecksumIEEE([]byte(name + content))
	return string(head) + name + content + string(binary.BigEndian.AppendUint32(nil, sum))
}

// afterIHDR is where the second chunk of a PNG file begins.
const afterIHDR = 8 + 12 + 13

// Whatever chunk of a PNG file something is hidden in, it does not come out, and
// the checksums are right.
func TestScrubPNGPlaces(t *testing.T) {
	base := bare(t, "png")
	end := len(base) - 12
	places := map[string][]byte{
		"text":             put(base, afterIHDR, chunk("tEXt", "Author\x00"+canary)),
		"text at the end":  put(base, end, chunk("tEXt", "Author\x00"+canary)),
		"compressed text":  put(base, afterIHDR, chunk("zTXt", "Author\x00\x00"+canary)),
		"text of Unicode":  put(base, afterIHDR, chunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+canary)),
		"much text":        put(base, afterIHDR, chunk("tEXt", "Author\x00"+strings.Repeat(canary, 50_000))),
		"empty text":       put(base, afterIHDR, chunk("tEXt", "")+chunk("tEXt", canary)),
		"time":             put(base, afterIHDR, chunk("tIME", canary+"!")),
		"Exif":             put(base, afterIHDR, chunk("eXIf", tiff(7))),
		"Exif at the end":  put(base, end, chunk("eXIf", tiff(7)+strings.Repeat(canary, 50_000))),
		"Exif, broken":     put(base, afterIHDR, chunk("eXIf", canary)),
		"unknown":          put(base, afterIHDR, chunk("caBX", canary)),
		"private":          put(base, afterIHDR, chunk("prVt", canary)),
		"suggested colour": put(base, afterIHDR, chunk("sPLT", canary+"\x00\x08")),
		"a file behind":    append(bytes.Clone(base), "PK\x03\x04"+canary...),
	}
	want := pixels(t, "base", base)
	for name, file := range places {
		out := clean(t, name, file)
		if !cmp.Equal(pixels(t, name, out), want) {
			t.Errorf("%s: the picture changed", name)
		}
		checksums(t, name, out)
	}
	animated := put(base, afterIHDR, chunk("acTL", "\x00\x00\x00\x01\x00\x00\x00\x00")+chunk("iCCP", "p\x00\x00x"))
	if !bytes.Equal(clean(t, "animation", animated), animated) {
		t.Error("an animation or a colour profile changed")
	}
}

// checksums looks at the CRC of each chunk.
func checksums(t *testing.T, name string, file []byte) {
	t.Helper()
	for at := 8; at+12 <= len(file) && file[at+4] != 0; {
		length := int(binary.BigEndian.Uint32(file[at:]))
		if crc32.ChecksumIEEE(file[at+4:at+8+length]) != binary.BigEndian.Uint32(file[at+8+length:]) {
			t.Errorf("%s: the checksum of %q is wrong", name, file[at+4:at+8])
		}
		at += 12 + length
	}
}

// riff is a chunk of a WebP file.
func riff(name, content string) string {
	chunk := string(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(content)))) + content
	return chunk + strings.Repeat("\x00", len(content)&1)
}

// webp is a WebP file of chunks.
func webp(chunks ...string) []byte {
	return []byte(riff("RIFF", "WEBP"+strings.Join(chunks, "")))
}

// Whatever chunk of a WebP file something is hidden in, it does not come out, and
// the features at its beginning say so.
func TestScrubWebPPlaces(t *testing.T) {
	picture := string(read(t, "clean.webp")[12:])
	features := func(flags string) string { return riff("VP8X", flags+"\x00\x00\x00\x2f\x00\x00\x1f\x00\x00") }
	frame := strings.Repeat("\x00", 16)
	for name, test := range map[string]struct{ in, out []byte }{
		"Exif, turned": {
			webp(features("\x08"), picture, riff("EXIF", tiff(6)), riff("EXIF", canary)), nil,
		},
		"Exif after a name": {webp(features("\x08"), picture, riff("EXIF", "Exif\x00\x00"+tiff(6))), nil},
		"Exif, short":       {webp(features("\x08"), picture, riff("EXIF", canary)), webp(features("\x08"), picture, riff("BLNK", "\x00\x00\x00\x00\x00\x00"))},
		"XMP":               {webp(features("\x04"), picture, riff("XMP ", canary+".")), webp(features("\x00"), picture, riff("BLNK", strings.Repeat("\x00", 7)))},
		"unknown":           {webp(picture, riff("abcd", canary)), webp(picture, riff("BLNK", strings.Repeat("\x00", 6)))},
		"in a frame": {
			webp(features("\x02"), riff("ANIM", "\x00\x00\x00\x00\x00\x00"), riff("ANMF", frame+picture+riff("XMP ", canary)), riff("ANMF", frame+picture)),
			webp(features("\x02"), riff("ANIM", "\x00\x00\x00\x00\x00\x00"), riff("ANMF", frame+picture+riff("BLNK", "\x00\x00\x00\x00\x00\x00")), riff("ANMF", frame+picture)),
		},
		"a file behind": {append(webp(picture), canary...), append(webp(picture), 0, 0, 0, 0, 0, 0)},
		"no filling":    {webp(picture, riff("ICCP", "abc"))[:len(webp(picture, riff("ICCP", "abc")))-1], nil},
	} {
		if name == "no filling" { // the last byte is left out, and not counted
			binary.LittleEndian.PutUint32(test.in[4:], uint32(len(test.in)-8))
		}
		out := clean(t, name, test.in)
		if test.out != nil && !bytes.Equal(out, test.out) {
			t.Errorf("%s: became %q", name, out)
		}
		if turned := strings.HasPrefix(name, "Exif, turned") || strings.HasPrefix(name, "Exif after"); turned && !bytes.Contains(out, []byte("\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06")) {
			t.Errorf("%s: how it is to be turned is gone", name)
		}
	}
}

// What no reader would take for a picture is refused.
func TestScrubMalformed(t *testing.T) {
	j, p := bare(t, "jpeg"), bare(t, "png")
	scan := bytes.Index(j, []byte{0xFF, 0xDA})
	for name, file := range map[string][]byte{
		"jpeg, between segments":  put(j, scan, "Canary"),
		"jpeg, segment too short": put(j, 2, "\xFF\xFE\x00\x01"),
		"jpeg, segment too long":  append(bytes.Clone(j[:scan]), "\xFF\xFE\xFF\xFFCanary"...),
		"jpeg, reserved marker":   put(j, 2, "\xFF\x02\x00\x08Canary"),
		"jpeg, JPEG-LS":           put(j, 2, segment(0xF7, canary)),
		"jpeg, begins twice":      put(j, 2, "\xFF\xD8"),
		"jpeg, restart outside":   put(j, 2, "\xFF\xD0"),
		"jpeg, a stuffed zero":    put(j, 2, "\xFF\x00"),
		"png, no header first":    put(p, 8, chunk("tEXt", canary)),
		"png, critical unknown":   put(p, afterIHDR, chunk("CgBI", canary)),
		"png, name of digits":     put(p, afterIHDR, chunk("1234", canary)),
		"png, long chunk":         put(p, afterIHDR, "\x80\x00\x00\x00tEXtCanary"),
		"png, chunk past the end": put(p, afterIHDR, "\x7f\xff\xff\xfftEXtCanary"),
		"png, end with content":   append(bytes.Clone(p[:len(p)-12]), chunk("IEND", canary)...),
		"webp, chunk too long":    webp(riff("VP8 ", "ab"), "EXIF\xff\xff\xff\x7fCanary"),
		"webp, not a picture":     webp(riff("EXIF", canary)),
		"webp, odd end":           webp(riff("VP8 ", "ab"), "Canary"),
		"webp, features":          webp(riff("VP8X", "short"), riff("VP8 ", "ab")),
		"webp, frame too short":   webp(riff("VP8X", "0123456789"), riff("ANMF", "short.")),
		"webp, frame overrun":     webp(riff("VP8X", "0123456789"), riff("ANMF", strings.Repeat("x", 16)+"VP8 \xff\x00\x00\x00")),
	} {
		if out, err := scrub(t, file); !errors.Is(err, media.ErrMalformed) {
			t.Errorf("%s: %d bytes, %v", name, len(out), err)
		}
	}
}
