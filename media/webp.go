package media

import "encoding/binary"

// webpFile walks the chunks of a WebP file (RFC 9649, section 2).
type webpFile struct {
	begun bool
	exif  bool
	left  int64 // bytes to the end of the file as it says itself
	frame int64 // of them, bytes to the end of the frame; 0 outside of one
}

const (
	webpXMP   = 0x04   // the bit in the features that says XMP is there
	webpBlank = "BLNK" // takes the place of the name of a chunk that is blanked
	frameHead = 16     // bytes of a frame before its chunks
)

func (f *webpFile) start(s *scrubber) (step, error) {
	head, err := s.peek(12)
	if err != nil {
		return nil, err
	}
	f.left = int64(binary.LittleEndian.Uint32(head[4:])) - 4
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WEBP" || f.left < 8 {
		return nil, ErrMalformed
	}
	s.pass(12)
	return f.chunk, nil
}

// chunk stands before a chunk: name, length, content, and a byte that fills up an
// odd length, which some leave out at the end of the file.
func (f *webpFile) chunk(s *scrubber) (step, error) {
	if f.left == 0 {
		return trailing, nil
	}
	head, err := s.peek(8)
	if err != nil {
		return nil, err
	}
	name, length, room := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:])), f.left
	inside := f.frame > 0
	if inside {
		room = f.frame
	}
	size := 8 + length + length&1
	if 8+length == room {
		size = room
	}
	if size > room || !f.begun && name != "VP8 " && name != "VP8L" && name != "VP8X" {
		return nil, ErrMalformed
	}
	f.begun = true
	if name == "ANMF" && !inside {
		if length&1 != 0 || length < frameHead {
			return nil, ErrMalformed
		}
		s.pass(8 + frameHead)
		f.left, f.frame = f.left-8-frameHead, length-frameHead
		return f.chunk, nil
	}
	f.left -= size
	if inside {
		f.frame -= size
	}
	return f.chunk, f.content(s, name, length, size, inside)
}

// content edits one chunk.
func (f *webpFile) content(s *scrubber, name string, length, size int64, inside bool) error {
	switch {
	case name == "VP8 ", name == "VP8L", name == "ALPH", !inside && (name == "ICCP" || name == "ANIM"):
		s.pass(size)
		return nil
	case name == "VP8X" && !inside:
		if length != 10 {
			return ErrMalformed
		}
		head, err := s.take(int(size))
		if err == nil {
			head[8] &^= webpXMP
		}
		return err
	case name == "EXIF" && !inside && !f.exif && length >= exifLen:
		f.exif = true
		return f.turned(s, size)
	}
	head, err := s.take(8)
	if err == nil {
		copy(head, webpBlank)
		s.blank(size - 8)
	}
	return err
}

// turned leaves of Exif data how the picture is to be turned. The features at the
// beginning have said that there are Exif data, so there are.
func (f *webpFile) turned(s *scrubber, size int64) error {
	seen, err := s.peek(int(min(size, window)))
	if err != nil {
		return err
	}
	exif := seen[8:]
	if len(exif) > len(exifName) && string(exif[:len(exifName)]) == string(exifName) { // as in JPEG files, which is wrong here
		exif = exif[len(exifName)+1:]
	}
	turned := max(orientation(exif), upright)
	head, err := s.take(8 + exifLen)
	if err == nil {
		copy(head[8:], turnedOnly(turned))
		s.blank(size - 8 - exifLen)
	}
	return err
}
