package media

import "bytes"

// jpegFile walks the marker segments of a JPEG file (ITU-T T.81, annex B).
type jpegFile struct {
	exif bool // an Exif segment was seen
}

// Markers of ITU-T T.81, table B.1, and the last ones of the ranges that are
// named there.
const (
	markSOI   = 0xD8
	markEOI   = 0xD9
	markSOS   = 0xDA
	markRST0  = 0xD0
	markRST7  = 0xD7
	markSOF0  = 0xC0
	markJPG   = 0xC8 // reserved
	markEXP   = 0xDF
	markAPP0  = 0xE0
	markAPP1  = 0xE1
	markAPP2  = 0xE2
	markAPP14 = 0xEE
	markAPP15 = 0xEF
	markCOM   = 0xFE
)

// start reads the start of the image.
func (j *jpegFile) start(s *scrubber) (step, error) {
	head, err := s.peek(2)
	if err != nil {
		return nil, err
	}
	if head[0] != 0xFF || head[1] != markSOI {
		return nil, ErrMalformed
	}
	s.pass(2)
	return j.marker, nil
}

// marker stands before a marker, which any number of 0xFF may precede (B.1.1.2).
func (j *jpegFile) marker(s *scrubber) (step, error) {
	head, err := s.peek(2)
	if err != nil {
		return nil, err
	}
	mark := head[1]
	switch {
	case head[0] != 0xFF:
		return nil, ErrMalformed
	case mark == 0xFF:
		s.pass(1)
		return j.marker, nil
	case mark == markEOI:
		s.pass(2)
		return trailing, nil
	}
	if head, err = s.peek(4); err != nil {
		return nil, err
	}
	length := int(head[2])<<8 | int(head[3]) // counts itself
	switch {
	case length < 2:
		return nil, ErrMalformed
	case mark == markSOS:
		s.pass(int64(2 + length))
		return j.scan, nil
	case mark >= markAPP0 && mark <= markAPP15, mark == markCOM:
		return j.marker, j.application(s, mark, 2+length)
	case mark >= markSOF0 && mark <= markEXP && mark != markJPG && (mark < markRST0 || mark > markSOI):
		s.pass(int64(2 + length))
		return j.marker, nil
	}
	return nil, ErrMalformed
}

// scan stands in entropy-coded data, where 0xFF stands before zero or a restart
// marker, or begins the next segment (B.1.1.5).
func (j *jpegFile) scan(s *scrubber) (step, error) {
	seen, err := s.peek(2)
	if err != nil {
		return nil, err
	}
	seen, _ = s.from.Peek(max(len(seen), s.from.Buffered()))
	at := 0
	for {
		next := bytes.IndexByte(seen[at:], 0xFF)
		if next < 0 {
			s.pass(int64(len(seen)))
			return j.scan, nil
		}
		if at += next; at+1 == len(seen) {
			s.pass(int64(at)) // what follows is not there yet
			return j.scan, nil
		}
		switch mark := seen[at+1]; {
		case mark == 0, mark >= markRST0 && mark <= markRST7:
			at += 2
		case mark == 0xFF:
			at++
		default:
			s.pass(int64(at))
			return j.marker, nil
		}
	}
}

// What stands first in the segments of applications that a picture needs, and up
// to where.
var (
	jfifName = []byte("JFIF\x00") // ITU-T T.871, 10.1
	exifName = []byte("Exif\x00") // JEITA CP-3451, 4.7.2; one more byte follows
	iccName  = []byte("ICC_PROFILE\x00")
	adobe    = []byte("Adobe")
)

const (
	jfifLen  = 14 // up to its thumbnail
	adobeLen = 12 // up to the colour transform
)

// application edits a segment of an application, or a comment.
func (j *jpegFile) application(s *scrubber, mark byte, size int) error {
	segment, err := s.peek(size)
	if err != nil {
		return err
	}
	if mark == markAPP2 && bytes.HasPrefix(segment[4:], iccName) {
		s.pass(int64(size))
		return nil
	}
	if segment, err = s.take(size); err != nil {
		return err
	}
	switch content := segment[4:]; {
	case mark == markAPP0 && bytes.HasPrefix(content, jfifName) && len(content) >= jfifLen:
		clear(content[jfifLen:])
	case mark == markAPP14 && bytes.HasPrefix(content, adobe) && len(content) >= adobeLen:
		clear(content[adobeLen:])
	case mark == markAPP1 && bytes.HasPrefix(content, exifName) && !j.exif:
		j.exif = true
		turned := orientation(content[min(len(content), len(exifName)+1):])
		clear(content)
		if turned != 0 {
			copy(content[copy(content, exifName)+1:], turnedOnly(turned))
		}
	default:
		clear(content)
	}
	return nil
}
