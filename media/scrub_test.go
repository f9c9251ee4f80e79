package media_test

import (
	"bytes"
	"errors"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	_ "golang.org/x/image/webp"

	"github.com/piiproxy/piiproxy/media"
)

// scrub runs a file through, all at once.
func scrub(t *testing.T, file []byte) ([]byte, error) {
	t.Helper()
	return io.ReadAll(media.Scrub(bytes.NewReader(file), media.Sniff(file)))
}

// clean is what scrub makes of a file that it must be able to read.
func clean(t *testing.T, name string, file []byte) []byte {
	t.Helper()
	out, err := scrub(t, file)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(out) != len(file) {
		t.Errorf("%s: %d bytes became %d", name, len(file), len(out))
	}
	if bytes.Contains(out, []byte("Canary")) {
		t.Errorf("%s: what the picture says beside the picture came out", name)
	}
	return out
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// pixels decodes a picture with the standard decoders.
func pixels(t *testing.T, name string, file []byte) image.Image {
	t.Helper()
	picture, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return picture
}

// What cameras and editors write into pictures is gone; the pictures, and how
// they are to be turned, are not.
func TestScrub(t *testing.T) {
	for name, turned := range map[string]byte{
		"camera.jpg": 6, "progressive.jpg": 3, "restart.jpg": 4, "cmyk.jpg": 2, "camera.png": 6, "sixteen.png": 5, "camera.webp": 6, "animated.webp": 8,
	} {
		file := read(t, name)
		if !bytes.Contains(file, []byte("Canary")) {
			t.Fatalf("%s holds nothing to take out", name)
		}
		out := clean(t, name, file)
		if name != "animated.webp" && !cmp.Equal(pixels(t, name, file), pixels(t, name, out)) {
			t.Errorf("%s: the picture changed", name)
		}
		if again := clean(t, name, out); !bytes.Equal(again, out) {
			t.Errorf("%s: a second time changes it again", name)
		}
		if !bytes.Contains(out, append([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), turned)) {
			t.Errorf("%s: how it is to be turned is gone", name)
		}
	}
}

// A picture that says nothing comes out as it is.
func TestScrubLeavesClean(t *testing.T) {
	for name, file := range map[string][]byte{
		"jpeg": bare(t, "jpeg"), "png": bare(t, "png"), "webp": read(t, "clean.webp"),
	} {
		if out := clean(t, name, file); !bytes.Equal(out, file) {
			t.Errorf("%s: a clean picture changed", name)
		}
	}
	gif := []byte("GIF89a not scrubbed")
	if from := bytes.NewReader(gif); media.Scrub(from, media.Sniff(gif)) != io.Reader(from) {
		t.Error("a format that is not scrubbed is not handed through")
	}
}

// However the bytes come in and are taken out, the result is the same.
func TestScrubPiecemeal(t *testing.T) {
	for _, name := range []string{"camera.jpg", "progressive.jpg", "camera.png", "camera.webp", "animated.webp"} {
		file := read(t, name)
		want := clean(t, name, file)
		got, err := io.ReadAll(iotest.OneByteReader(media.Scrub(iotest.OneByteReader(bytes.NewReader(file)), media.Sniff(file))))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: byte by byte it becomes another file (%v)", name, err)
		}
		if err := iotest.TestReader(media.Scrub(bytes.NewReader(file), media.Sniff(file)), want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A picture that breaks off anywhere is no picture; a reader that fails says why.
func TestScrubTruncated(t *testing.T) {
	broken := errors.New("connection lost")
	for _, name := range []string{"camera.jpg", "progressive.jpg", "camera.png", "sixteen.png", "camera.webp", "animated.webp"} {
		file := read(t, name)
		kind := media.Sniff(file)
		for end := range len(file) {
			out, err := io.ReadAll(media.Scrub(bytes.NewReader(file[:end]), kind))
			if !errors.Is(err, media.ErrMalformed) || len(out) > end {
				t.Fatalf("%s, %d of %d bytes: %v", name, end, len(file), err)
			}
			if end%16 > 0 {
				continue
			}
			_, err = io.ReadAll(media.Scrub(io.MultiReader(bytes.NewReader(file[:end]), iotest.ErrReader(broken)), kind))
			if !errors.Is(err, broken) {
				t.Fatalf("%s, lost after %d bytes: %v", name, end, err)
			}
		}
	}
}
