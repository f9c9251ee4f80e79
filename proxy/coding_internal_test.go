package proxy

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"
)

// FuzzCoding: what comes out is what one member holds that is whole and has nothing
// behind it, and is never more than its bounds.
func FuzzCoding(f *testing.F) {
	to := gzip.NewWriter(nil)
	pack := func(text []byte) []byte {
		var packed bytes.Buffer
		to.Reset(&packed)
		_, _ = to.Write(text)
		_ = to.Close()
		return packed.Bytes()
	}
	f.Add([]byte("hello"), uint16(0), byte(0))
	f.Add(bytes.Repeat([]byte("a"), 3<<10), uint16(3), byte(1))
	f.Add(pack([]byte("hello")), uint16(40), byte(7))
	f.Fuzz(func(t *testing.T, text []byte, at uint16, flip byte) {
		const limit = 1 << 20
		bounds := unpacking{bytes: limit, ratio: 100}
		packed := pack(text)
		out, err := io.ReadAll(unpack(bytes.NewReader(packed), bounds))
		fits := len(text) <= leastRatio || len(text)/100 <= len(packed) && len(text) <= limit
		if fits && (err != nil || !bytes.Equal(out, text)) || len(out) > limit {
			t.Fatalf("%d bytes of %d came out, %v", len(out), len(text), err)
		}
		if _, err := io.ReadAll(unpack(bytes.NewReader(append(bytes.Clone(packed), flip)), bounds)); fits && err != errPacked {
			t.Fatalf("something behind: %v", err)
		}
		if _, err := io.ReadAll(unpack(bytes.NewReader(packed[:int(at)%len(packed)]), bounds)); fits && err != errPacked {
			t.Fatalf("cut off: %v", err)
		}
		// Bytes that nobody packed: never more than the bounds, and only what the
		// standard library reads, too.
		broken := bytes.Clone(packed)
		broken[int(at)%len(broken)] ^= flip
		for _, raw := range [][]byte{text, broken} {
			out, err := io.ReadAll(unpack(bytes.NewReader(raw), bounds))
			if len(out) > limit {
				t.Fatalf("%d bytes came out", len(out))
			}
			if err != nil {
				continue
			}
			reader, err := gzip.NewReader(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			if want, err := io.ReadAll(reader); err != nil || !bytes.Equal(out, want) {
				t.Fatalf("read otherwise: %v", err)
			}
		}
	})
}
