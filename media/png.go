package media

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
)

// pngFile walks the chunks of a PNG file (W3C PNG, third edition, section 5).
type pngFile struct {
	begun bool
	crc   uint32 // of the chunk that is being rewritten, as far as it is edited
	left  int64  // and how many zeros follow
}

const pngSignature = "\x89PNG\r\n\x1a\n"

// pngKept are the chunks that a picture needs: those that make its pixels, their
// colours and their size, and those of its animation. Of the others none may be
// critical.
var pngKept = map[string]bool{
	"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true,
	"cHRM": true, "gAMA": true, "iCCP": true, "sBIT": true, "sRGB": true, "cICP": true, "mDCV": true, "cLLI": true,
	"bKGD": true, "hIST": true, "pHYs": true, "acTL": true, "fcTL": true, "fdAT": true,
}

// pngBlank takes the place of the name of a chunk that is blanked: ancillary,
// private, safe to copy (section 5.4).
const pngBlank = "blNk"

func (f *pngFile) start(s *scrubber) (step, error) {
	head, err := s.peek(len(pngSignature))
	if err != nil {
		return nil, err
	}
	if string(head) != pngSignature {
		return nil, ErrMalformed
	}
	s.pass(int64(len(pngSignature)))
	return f.chunk, nil
}

// chunk stands before a chunk: length, name, content, CRC.
func (f *pngFile) chunk(s *scrubber) (step, error) {
	head, err := s.peek(8)
	if err != nil {
		return nil, err
	}
	length, name := binary.BigEndian.Uint32(head), string(head[4:])
	if length > math.MaxInt32 || !f.begun && (name != "IHDR" || length != 13) || name == "IEND" && length != 0 {
		return nil, ErrMalformed
	}
	f.begun = true
	switch {
	case name == "IEND":
		s.pass(12)
		return trailing, nil
	case pngKept[name]:
		s.pass(int64(length) + 12)
		return f.chunk, nil
	case !pngName(head[4:]), head[4]&0x20 == 0: // a critical one that nobody knows
		return nil, ErrMalformed
	case name == "eXIf":
		return f.exif(s, int(length))
	}
	return f.rewrite(s, int(length), pngBlank, nil)
}

// pngName says that a chunk's name is one: four letters of ASCII.
func pngName(name []byte) bool {
	return bytes.IndexFunc(name, func(c rune) bool { return c|0x20 < 'a' || c|0x20 > 'z' }) < 0
}

// exif leaves of Exif data how the picture is to be turned.
func (f *pngFile) exif(s *scrubber, length int) (step, error) {
	seen, err := s.peek(8 + min(length, window-8))
	if err != nil {
		return nil, err
	}
	if turned := orientation(seen[8:]); turned != 0 && length >= exifLen {
		return f.rewrite(s, length, "eXIf", turnedOnly(turned))
	}
	return f.rewrite(s, length, pngBlank, nil)
}

// rewrite gives a chunk another name and content, which zeros fill up.
func (f *pngFile) rewrite(s *scrubber, length int, name string, content []byte) (step, error) {
	head, err := s.take(8 + len(content))
	if err != nil {
		return nil, err
	}
	copy(head[4:], name)
	copy(head[8:], content)
	f.crc, f.left = crc32.ChecksumIEEE(head[4:]), int64(length-len(content))
	s.blank(f.left)
	return f.checksum, nil
}

var zeros [4096]byte

// checksum stands behind the content of a chunk that was rewritten.
func (f *pngFile) checksum(s *scrubber) (step, error) {
	sum, err := s.take(4)
	if err != nil {
		return nil, err
	}
	for ; f.left > 0; f.left -= int64(len(zeros)) {
		f.crc = crc32.Update(f.crc, crc32.IEEETable, zeros[:min(f.left, int64(len(zeros)))])
	}
	binary.BigEndian.PutUint32(sum, f.crc)
	return f.chunk, nil
}
