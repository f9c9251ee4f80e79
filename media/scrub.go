package media

import (
	"bufio"
	"errors"
	"io"
	"math"
)

// ErrMalformed is what a scrubbed file ends with whose structure cannot be read:
// it breaks off, a length points outside, or a part is none that the format has.
// What was read before it is no whole file and must not look like one.
var ErrMalformed = errors.New("media: the structure of the file cannot be read")

// window is how much of a file is looked at at once: a whole segment of a JPEG
// file, which has 65,537 bytes at most (ITU-T T.81, B.1.1.4).
const window = 66 << 10

// Scrub gives a picture without what it says beside the picture: EXIF with GPS
// position and thumbnail, XMP, IPTC, comments, texts, times, pictures in the
// picture, parts that nobody knows, and whatever stands behind its end. All of it
// is overwritten with zeros in place, so that the length stays; how the picture
// is to be turned, its colours and its animation stay. A file without any of that
// comes out byte for byte. Other formats than those of Type.Scrubbed come out as
// they are: r itself is returned.
func Scrub(r io.Reader, t Type) io.Reader {
	first := scrubs(t.MIME)
	if first == nil {
		return r
	}
	return &scrubber{from: bufio.NewReaderSize(r, window), next: first()}
}

// scrubs is where a format begins; nil for one that is not scrubbed.
func scrubs(name string) func() step {
	switch families[name] {
	case "jpeg":
		return func() step { return new(jpegFile).start }
	case "png":
		return func() step { return new(pngFile).start }
	case "webp":
		return func() step { return new(webpFile).start }
	}
	return nil
}

// step stands at a boundary of the format, orders what is to be done up to the
// next one, and gives what stands there.
type step func(*scrubber) (step, error)

// scrubber reads a file step by step. What a step orders is done in this order:
// first the edited bytes, then the run.
type scrubber struct {
	from   *bufio.Reader
	next   step
	edited []byte // to be given out
	held   []byte // what edited is cut from
	run    int64  // bytes to be given out as they are, or as zeros
	zeros  bool
	behind bool // the run ends with the file
	err    error
}

// Read implements io.Reader.
func (s *scrubber) Read(to []byte) (int, error) {
	for len(to) > 0 {
		switch {
		case len(s.edited) > 0:
			n := copy(to, s.edited)
			s.edited = s.edited[n:]
			return n, nil
		case s.err != nil:
			return 0, s.err
		case s.run == 0:
			s.next, s.err = s.next(s)
		default:
			if n := s.stream(to); n > 0 {
				return n, nil
			}
		}
	}
	return 0, nil
}

// stream reads on in a run.
func (s *scrubber) stream(to []byte) int {
	n, err := s.from.Read(to[:min(int64(len(to)), s.run)])
	if s.zeros {
		clear(to[:n])
	}
	s.run -= int64(n)
	if err != nil && s.run > 0 {
		s.err = s.cut(err)
	}
	return n
}

// cut is the error of a file that ends here.
func (s *scrubber) cut(err error) error {
	switch {
	case err != io.EOF:
		return err
	case s.behind:
		return io.EOF
	}
	return ErrMalformed
}

// peek looks at the next n bytes, at most a window.
func (s *scrubber) peek(n int) ([]byte, error) {
	seen, err := s.from.Peek(n)
	if err != nil {
		return nil, s.cut(err)
	}
	return seen, nil
}

// take orders the next n bytes, at most a window, to be given out as the caller
// edits them.
func (s *scrubber) take(n int) ([]byte, error) {
	seen, err := s.peek(n)
	if err != nil {
		return nil, err
	}
	s.held = append(s.held[:0], seen...)
	s.edited = s.held
	_, err = s.from.Discard(n)
	return s.edited, err
}

// pass orders the next n bytes as they are.
func (s *scrubber) pass(n int64) { s.run, s.zeros = n, false }

// blank orders zeros in the place of the next n bytes.
func (s *scrubber) blank(n int64) { s.run, s.zeros = n, true }

// trailing is the step behind the end of a picture: motion photos keep a film
// there, cameras a second picture, others another file.
func trailing(s *scrubber) (step, error) {
	s.blank(math.MaxInt64)
	s.behind = true
	return trailing, nil
}
