package proxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/media"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// textTypes are types of text/ that files have. The others are answers: an error
// page, or JSON under an old name.
var textTypes = map[string]bool{
	"text/plain": true, "text/csv": true, "text/tab-separated-values": true, "text/vcard": true, "text/x-vcard": true,
	"text/directory": true, "text/calendar": true, "text/markdown": true, "text/rtf": true,
}

// answerTypes are types of application/ that answers have, and files of programs.
var answerTypes = map[string]bool{
	jsonType: true, "application/xml": true, "application/javascript": true, "application/x-javascript": true,
	"application/ecmascript": true, "application/xhtml+xml": true, "application/x-www-form-urlencoded": true,
}

const jsonType = "application/json"

// fileType is the declared type of a file, in lower case and without parameters;
// "" when it is no file's.
func fileType(contentType []string) string {
	if len(contentType) != 1 {
		return ""
	}
	declared, parameters, err := mime.ParseMediaType(contentType[0])
	if err != nil || strings.HasSuffix(declared, "+xml") || strings.HasSuffix(declared, "+json") || answerTypes[declared] {
		return ""
	}
	switch main, _, _ := strings.Cut(declared, "/"); {
	case main == "image", main == "audio", main == "video", main == "application":
		return declared
	case textTypes[declared] && plainCharset(parameters["charset"]):
		return declared
	}
	return ""
}

// plainCharset says that a text is declared as UTF-8, or as nothing.
func plainCharset(charset string) bool {
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8", "us-ascii":
		return true
	}
	return false
}

// download passes a file on where policy says so: as it is, without what a picture
// says beside the picture, or, a text, redacted. declared is what fileType gave.
// When a file that is streamed breaks off, the connection to the bot breaks off,
// too: it must not look complete.
func (p *Proxy) download(ctx context.Context, response *http.Response, x *exchange, declared string) *Refusal {
	if response.ContentLength > p.config.Limits.Media {
		return &refuseAnswerFile
	}
	file, err := sniff(response.Body)
	if err != nil {
		return &refuseTruncated
	}
	if !x.account.Media.passes(true, file.kind) {
		return &refuseMedia
	}
	response.Body = file
	scope := p.scope(x.rules, x.account, rules.Inbound, x.send.Person)
	enforced := scope.Mode == rules.Enforce
	switch {
	case enforced && !file.kind.Agrees(declared):
		return &refuseMismatch
	case enforced && p.config.Extractor.Reads(file.kind):
		return p.extract(ctx, response, x, file.kind, &scope)
	case file.kind.Text && (enforced || len(scope.Enforced) > 0):
		return p.rewriteText(ctx, response, x, file.kind, &scope)
	case p.scrubs(x.account, file.kind, &scope):
		if file.Reader, err = begun(media.Scrub(file.Reader, file.kind)); err != nil {
			return unreadFile(err)
		}
	}
	response.Body = &whole{ReadCloser: file, left: p.config.Limits.Media}
	return nil
}

// sniffed is a file whose beginning was looked at.
type sniffed struct {
	io.Reader
	io.Closer
	kind media.Type
}

// sniff tells what a file is by its beginning, and puts that back before the rest.
func sniff(body io.ReadCloser) (*sniffed, error) {
	head := make([]byte, media.SniffLen)
	n, err := io.ReadFull(body, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	return &sniffed{Reader: &rejoined{head[:n], body}, Closer: body, kind: media.Sniff(head[:n])}, nil
}

// rejoined reads what was read of a body before, and then the body, without a copy
// of its own.
type rejoined struct {
	head []byte
	body io.Reader
}

// Read implements io.Reader.
func (r *rejoined) Read(to []byte) (int, error) {
	if len(r.head) > 0 {
		n := copy(to, r.head)
		r.head = r.head[n:]
		return n, nil
	}
	return r.body.Read(to)
}

// begun reads the beginning of what is to be streamed, so that a file whose
// structure breaks there is refused, and not cut off.
func begun(file io.Reader) (io.Reader, error) {
	head := make([]byte, media.SniffLen)
	n, err := io.ReadFull(file, head)
	switch {
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		return bytes.NewReader(head[:n]), nil
	case err != nil:
		return nil, err
	}
	return &rejoined{head[:n], file}, nil
}

// unreadFile is the refusal of a file that cannot be read, or not to its end.
func unreadFile(err error) *Refusal {
	switch {
	case errors.Is(err, media.ErrMalformed), errors.Is(err, media.ErrUnread):
		return &refuseUnread
	case errors.Is(err, media.ErrBusy), errors.Is(err, errGate):
		return &refuseBusy
	}
	return &refuseTruncated
}

// rewriteText redacts a text file in memory.
func (p *Proxy) rewriteText(ctx context.Context, response *http.Response, x *exchange, kind media.Type, scope *redact.Scope) *Refusal {
	limit := int64(p.config.Limits.Payload.Bytes)
	if response.ContentLength > limit {
		return &refuseUnread
	}
	raw, err := readAll(countedBody{io.LimitReader(response.Body, limit+1), &x.holding}, response.ContentLength)
	switch {
	case err != nil:
		return unreadFile(err)
	case int64(len(raw)) > limit, !utf8.Valid(raw):
		return &refuseUnread
	}
	result, refused := p.judgeText(ctx, x, raw, kind, scope)
	if refused != nil {
		return refused
	}
	replaceBody(response, result.Bytes)
	return nil
}

// judgeText runs redact over a text file toward the bot: a JSON document string by
// string, anything else as it stands.
func (p *Proxy) judgeText(ctx context.Context, x *exchange, raw []byte, kind media.Type, scope *redact.Scope) (redact.Result, *Refusal) {
	result, err := p.rewriteFile(ctx, x, raw, kind, scope)
	if err != nil {
		return result, unsettled(err)
	}
	p.config.Metrics.scanned(result.Took)
	x.record.tallies = append(x.record.tallies, result.Tallies...)
	switch {
	case result.Overrun:
		return result, &refuseOverrun
	case len(result.Refusals) > 0:
		f := refuseMedia.because(reasonInFile)
		return result, &f
	}
	return result, nil
}

func (p *Proxy) rewriteFile(ctx context.Context, x *exchange, raw []byte, kind media.Type, scope *redact.Scope) (redact.Result, error) {
	if strings.HasSuffix(kind.MIME, "json") {
		if document, err := payload.Parse(raw, p.config.Limits.Payload); err == nil {
			defer document.Free()
			return p.config.Engine.Rewrite(ctx, redact.Body{
				Document: document, Channel: x.account.Channel, Table: fileWords(), Stretches: []redact.Stretch{{Scope: scope}},
			})
		}
	}
	return p.config.Engine.File(ctx, string(raw), scope)
}

// fileWords is the table of JSON files, which are no platform's.
var fileWords = sync.OnceValue(func() *channel.Table { return channel.Words(nil) })

// reasonInFile says that a file holds personal data that policy hides, and cannot
// be changed.
const reasonInFile = "media_value"

// extract has the extractor read a file, which passes as it is when its text holds
// nothing that policy hides.
func (p *Proxy) extract(ctx context.Context, response *http.Response, x *exchange, kind media.Type, scope *redact.Scope) *Refusal {
	reading, err := p.config.Extractor.Read(ctx, response.Body)
	if err != nil {
		return unreadFile(err)
	}
	x.readings = append(x.readings, reading)
	if refused := p.judgeReading(ctx, x, reading, scope); refused != nil {
		return refused
	}
	var file io.Reader = reading
	if p.scrubs(x.account, kind, scope) {
		if file, err = begun(media.Scrub(file, kind)); err != nil {
			return unreadFile(err)
		}
	}
	response.ContentLength = reading.Size
	response.Body = &whole{ReadCloser: &sniffed{Reader: file, Closer: reading}, left: p.config.Limits.Media}
	return nil
}

// judgeReading judges what the extractor has read: a file whose text holds what
// policy hides does not pass, because it cannot be changed.
func (p *Proxy) judgeReading(ctx context.Context, x *exchange, reading *media.Reading, scope *redact.Scope) *Refusal {
	result, refused := p.judgeText(ctx, x, []byte(reading.Text), media.Type{}, scope)
	if refused == nil && result.Edited {
		f := refuseMedia.because(reasonInFile)
		return &f
	}
	return refused
}

// whole is a body that is passed on whole, or whose connection is cut.
type whole struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (b *whole) Read(to []byte) (int, error) {
	n, err := b.ReadCloser.Read(to)
	b.left -= int64(n)
	if b.left < 0 || (err != nil && err != io.EOF) {
		panic(http.ErrAbortHandler)
	}
	return n, err
}
