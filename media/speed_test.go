package media_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/piiproxy/piiproxy/media"
)

// endless is a picture of a size: what stands before its data, data over and over,
// and what stands behind them.
func endless(before, data, after []byte, size int64) io.Reader {
	middle := size - int64(len(before)+len(after))
	return io.MultiReader(bytes.NewReader(before), io.LimitReader(&repeated{data: data}, middle-middle%int64(len(data))), bytes.NewReader(after))
}

type repeated struct {
	data []byte
	at   int
}

// Read implements io.Reader.
func (r *repeated) Read(to []byte) (int, error) {
	n := copy(to, r.data[r.at:])
	r.at = (r.at + n) % len(r.data)
	return n, nil
}

// large are pictures of about a size, which say much beside the picture.
func large(t testing.TB, size int64) map[string]func() (io.Reader, media.Type) {
	t.Helper()
	j, p := bare(t, "jpeg"), bare(t, "png")
	scan := bytes.Index(j, []byte{0xFF, 0xDA}) + 14
	var data []byte
	for random := rand.New(rand.NewPCG(1, 2)); len(data) < 64<<10; { // as compressed data are
		if data = append(data, byte(random.Uint32())); data[len(data)-1] == 0xFF {
			data = append(data, 0)
		}
	}
	text := chunk("tEXt", string(bytes.Repeat([]byte(canary), 10_000)))
	riff := binary.LittleEndian.AppendUint32([]byte("RIFF"), 1<<31)
	riff = append(riff, "WEBPVP8L\x00\x00\x00\x40"...)
	of := func(name string, before, data, after []byte) func() (io.Reader, media.Type) {
		return func() (io.Reader, media.Type) { return endless(before, data, after, size), media.Type{MIME: name} }
	}
	return map[string]func() (io.Reader, media.Type){
		"jpeg": of("image/jpeg", j[:scan], data, j[len(j)-2:]),
		"png":  of("image/png", p[:afterIHDR], []byte(text), p[len(p)-12:]),
		"webp": of("image/webp", riff, data, nil),
	}
}

// However large a picture is, it takes the same memory.
func TestScrubIsFlat(t *testing.T) {
	for name, open := range large(t, 64<<20) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		file, kind := open()
		n, err := io.Copy(io.Discard, media.Scrub(file, kind))
		runtime.ReadMemStats(&after)
		if n < 60<<20 || (err != nil) != (name == "webp") { // which says that it is longer than it is
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
			t.Errorf("%s: %d bytes of memory for %d", name, taken, n)
		}
	}
}

func BenchmarkScrub(b *testing.B) {
	for name, open := range large(b, 64<<20) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(64 << 20)
			for b.Loop() {
				file, kind := open()
				if n, _ := io.Copy(io.Discard, media.Scrub(file, kind)); n < 60<<20 {
					b.Fatal(n)
				}
			}
		})
	}
}
