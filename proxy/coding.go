package proxy

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
)

// Errors of unpacking. A body that is broken in the middle cannot be judged, and
// what stands behind the member that was read has not been.
var (
	errPacked   = errors.New("unpacking: the body is no single gzip member, whole and with nothing behind it")
	errUnpacked = errors.New("unpacking: the body unpacks to more bytes than are read")
	errRatio    = errors.New("unpacking: the body unpacks to too many times its size")
)

// leastRatio is from how many unpacked bytes on their ratio to packed ones counts:
// a short message of one letter packs well, too.
const leastRatio = 256 << 10

// unpacking bounds what a packed body may become.
type unpacking struct {
	bytes int64 // unpacked
	ratio int   // unpacked bytes for each packed one
}

// unpacked reads the one gzip member (RFC 1952) that a body is. It holds 32 KiB of
// window, whatever the body says, and nothing of what it unpacked.
type unpacked struct {
	bounds unpacking
	packed *meter
	head   *bufio.Reader
	member *gzip.Reader // nil before the first byte is read
	out    int64
}

// unpack reads a packed body.
func unpack(body io.Reader, bounds unpacking) *unpacked {
	packed := &meter{Reader: body}
	return &unpacked{bounds: bounds, packed: packed, head: bufio.NewReader(packed)}
}

// Read implements io.Reader. Its errors are those above, and those of the body.
func (u *unpacked) Read(to []byte) (int, error) {
	if u.member == nil {
		member, err := gzip.NewReader(u.head)
		if err != nil {
			return 0, u.broken()
		}
		member.Multistream(false) // RFC 1952, 2.2, allows several; some readers read the first
		u.member = member
	}
	n, err := u.member.Read(to)
	u.out += int64(n)
	switch {
	case u.out > u.bounds.bytes:
		return 0, errUnpacked
	case u.out > leastRatio && u.out/int64(u.bounds.ratio) > u.packed.bytes:
		return 0, errRatio
	case err == io.EOF:
		return n, u.end()
	case err != nil:
		return n, u.broken()
	}
	return n, nil
}

// end sees that nothing stands behind the member.
func (u *unpacked) end() error {
	_, err := u.head.ReadByte()
	if err == nil {
		return errPacked
	}
	return err // io.EOF, as it should be, or why there is no end
}

// broken is why there is no more. An error of the body itself counts for more than
// what gzip makes of it.
func (u *unpacked) broken() error {
	if u.packed.err != nil && u.packed.err != io.EOF {
		return u.packed.err
	}
	return errPacked
}

// meter counts what is read through it, and keeps why there is no more.
type meter struct {
	io.Reader
	bytes int64
	err   error
}

// Read implements io.Reader.
func (m *meter) Read(to []byte) (int, error) {
	n, err := m.Reader.Read(to)
	m.bytes += int64(n)
	if err != nil {
		m.err = err
	}
	return n, err
}

// coding says whether a request's body is packed; only gzip is read, and only
// once. "x-gzip" means the same (RFC 9110, 8.4.1.3), but who knows to whom.
func coding(r *http.Request) (packed bool, refused *Refusal) {
	codings := r.Header["Content-Encoding"]
	switch {
	case len(codings) == 0:
		return false, nil
	case len(codings) == 1 && strings.EqualFold(codings[0], "gzip"):
		return true, nil
	}
	for _, coding := range codings {
		if coding != "" && !strings.EqualFold(coding, "identity") {
			return false, &refuseCoding
		}
	}
	return false, nil
}

// readCall reads the body of a call, unpacked. It goes on as it is judged, without
// a coding: packing it again would only cost, and a length that was right for the
// packed bytes would be wrong for any others.
// What it holds counts against a gate until held.leave.
func (p *Proxy) readCall(w http.ResponseWriter, r *http.Request, h *held) ([]byte, *Refusal) {
	packed, refused := coding(r)
	if refused != nil {
		return nil, refused
	}
	if !packed {
		return p.readBody(w, r, h)
	}
	limit := int64(p.config.Limits.Payload.Bytes)
	if r.ContentLength > limit {
		return nil, &refuseTooLarge
	}
	bounds := unpacking{bytes: p.config.Limits.Bodies.Unpacked, ratio: p.config.Limits.Bodies.Ratio}
	body, err := readPieces(countedBody{unpack(http.MaxBytesReader(w, r.Body, limit), bounds), h})
	if refused := unreadable(err); refused != nil {
		return nil, refused
	}
	delete(r.Header, "Content-Encoding")
	return body, h.enter()
}

// unreadable is the refusal of a body that could not be read to its end.
func unreadable(err error) *Refusal {
	if err == nil {
		return nil
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return &refuseTooLarge
	case errors.Is(err, errGate):
		return &refuseBusy
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &refuseSlowBody
	case errors.Is(err, errPacked):
		return &refusePacked
	case errors.Is(err, errUnpacked):
		return &refuseUnpacked
	case errors.Is(err, errRatio):
		return &refuseRatio
	}
	return &refuseBody
}
