package proxy

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync/atomic"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/media"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
)

// stream is the body of a call with a file that is passed on while it comes. Its
// beginning has been judged before the first byte goes out, and what comes behind
// the file is judged before it goes out. What is refused then ends the body with
// an error: the transport breaks the connection, or resets the stream, so that the
// platform sees no whole body. One goroutine of the transport reads it.
type stream struct {
	ctx     context.Context
	proxy   *Proxy
	account *Account
	parts   *parts
	scope   *redact.Scope
	ready   []byte    // goes out next
	content io.Reader // of the file that goes out behind it; nil: there is none
	reading io.Closer // what the extractor holds of that; nil: nothing
	left    int64     // bytes that this file may still have
	over    bool      // the body has been read to its end
	bytes   atomic.Int64
	refused atomic.Pointer[Refusal]
}

// aborted is the error of a body that is not passed on to its end.
type aborted struct{ *Refusal }

// Error implements error. It says nothing of what stood in the body.
func (a aborted) Error() string { return "the body is not passed on to its end: " + a.Reason }

func newStream(ctx context.Context, p *Proxy, x *exchange, scope *redact.Scope) *stream {
	s := &stream{ctx: ctx, proxy: p, account: x.account, parts: x.parts, scope: scope}
	s.begin(x.parts.coming)
	return s
}

// begin lets a file's content go out.
func (s *stream) begin(f *file) {
	s.left = s.proxy.config.Limits.Media
	s.content = &rejoined{f.head, f.part}
}

// scrub takes out of a picture's content what is not the picture.
func (s *stream) scrub(kind media.Type) {
	if s.proxy.scrubs(s.account, kind, s.scope) {
		s.content = media.Scrub(s.content, kind)
	}
}

// Close implements io.Closer. The server closes what comes from the bot.
func (s *stream) Close() error {
	if s.reading != nil {
		return s.reading.Close()
	}
	return nil
}

// Read implements io.Reader.
func (s *stream) Read(to []byte) (int, error) {
	for {
		n, err := s.read(to)
		switch {
		case n > 0:
			s.bytes.Add(int64(n))
			return n, nil
		case err == io.EOF:
			return 0, io.EOF
		case err != nil:
			refused := unreadPart(err)
			s.refused.Store(refused)
			return 0, aborted{refused}
		}
	}
}

// read gives out what is there, or goes on to the next part.
func (s *stream) read(to []byte) (int, error) {
	switch {
	case len(s.ready) > 0:
		n := copy(to, s.ready)
		s.ready = s.ready[n:]
		return n, nil
	case s.content != nil:
		n, err := s.content.Read(to)
		if s.left -= int64(n); s.left < 0 {
			return 0, aborted{&refuseMediaSize}
		}
		if err == io.EOF {
			s.content, err = nil, nil
		}
		return n, err
	case s.over:
		return 0, io.EOF
	}
	return 0, s.next()
}

// next judges the next part.
func (s *stream) next() error {
	part, err := s.parts.from.Next()
	if err == io.EOF {
		s.ready, s.over = s.parts.from.Tail(), true
		return nil
	}
	if err != nil {
		return err
	}
	if part.File {
		return s.file(&file{part: part})
	}
	return s.text(part)
}

// file judges one more file. One that would have to be changed in length cannot be.
func (s *stream) file(f *file) error {
	if err := f.begin(); err != nil {
		return err
	}
	f.kind = media.Sniff(f.head)
	name, refused := s.proxy.admitFile(s.ctx, s.account, f, s.scope)
	if refused != nil {
		return aborted{refused}
	}
	if name.Edited || f.kind.Text || s.proxy.config.Extractor.Reads(f.kind) {
		return aborted{&refuseBehind}
	}
	s.ready = f.part.Lead
	s.begin(f)
	s.scrub(f.kind)
	return nil
}

// text judges a parameter that stands behind a file. The call has been judged
// without it, so it may only be structure, and must hold nothing.
func (s *stream) text(part *payload.Part) error {
	content, err := io.ReadAll(io.LimitReader(part, maxBehind+1))
	if err != nil {
		return err
	}
	field, err := part.Field(content, 0)
	if err != nil {
		return err
	}
	class := s.account.Channel.Request().Root().Member(part.Name).Class()
	_, twice := s.parts.query[part.Name]
	switch {
	case class != channel.Structural, twice, part.Name == "method", slices.Contains(carriers, part.Name), slices.Contains(credentials, part.Name), len(content) > maxBehind,
		bytes.ContainsAny(content, "{[\"'<"): // it is no document
		return aborted{&refuseBehind}
	}
	if !s.scope.Off() {
		result, err := s.proxy.config.Engine.Text(s.ctx, field.Value, s.scope)
		if err != nil {
			return aborted{unsettled(err)}
		}
		if result.Edited || len(result.Refusals) > 0 || result.Overrun {
			return aborted{&refuseBehind}
		}
	}
	s.ready = append(bytes.Clone(part.Lead), content...)
	return nil
}

// maxBehind is how long a parameter behind a file may be: structure is short.
const maxBehind = 1 << 10

// aborted is why the body of a call was not passed on to its end; nil: it was, or
// was all there before.
func (x *exchange) aborted() *Refusal {
	if x.parts == nil || x.parts.stream == nil {
		return nil
	}
	return x.parts.stream.refused.Load()
}

// streamed notes how much went out of a body that was not held.
func (x *exchange) streamed() {
	if x.parts != nil && x.parts.stream != nil {
		x.record.bytesOut = int(x.parts.stream.bytes.Load())
		x.record.bytesIn = int(x.parts.size)
		if x.parts.size < 0 { // nobody announced it
			x.record.bytesIn = x.record.bytesOut
		}
	}
}
