package proxy

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"

	"github.com/piiproxy/piiproxy/media"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// upload lets a resumable upload through where policy lets every file through. Its
// body is a piece of a file, under no name and of no type, and is not read
// (docs/media.md). curl calls it a form; so that nobody takes it for one, and finds
// parameters in it that were not judged, it goes on as what it is.
func (p *Proxy) upload(w http.ResponseWriter, r *http.Request, account *Account) *Refusal {
	if !passesAll(account.Media.Outbound) {
		return &refuseMedia
	}
	if r.ContentLength > p.config.Limits.Media {
		return &refuseMediaSize
	}
	r.Body = http.MaxBytesReader(w, r.Body, p.config.Limits.Media)
	if d, refused := declared(r.Header["Content-Type"]); refused != nil || d.kind == formKind {
		r.Header.Set("Content-Type", "application/octet-stream")
	}
	return nil
}

// judgeFiles decides what becomes of the files of a call: those that are held, and
// the first one that is not. What comes behind that is judged as it comes.
func (p *Proxy) judgeFiles(ctx context.Context, x *exchange) *Refusal {
	b := x.parts
	if b == nil {
		return nil
	}
	scope := p.scope(x.rules, x.account, rules.Outbound, x.send.Person)
	scope.Captured = x.state.Captured
	for _, f := range b.files {
		if refused := p.judgeFile(ctx, x, f, &scope); refused != nil {
			return refused
		}
	}
	if b.coming == nil {
		return nil
	}
	if refused := p.name(ctx, x, b.coming, &scope); refused != nil {
		return refused
	}
	b.stream = newStream(ctx, p, x, &scope)
	if scope.Mode == rules.Enforce && p.config.Extractor.Reads(b.coming.kind) {
		reading, refused := p.extracted(ctx, x, b.stream.content, &scope)
		if refused != nil {
			return refused
		}
		b.stream.content, b.stream.reading = reading, reading
	}
	b.stream.scrub(b.coming.kind)
	return nil
}

// judgeFile judges a file that is held.
func (p *Proxy) judgeFile(ctx context.Context, x *exchange, f *file, scope *redact.Scope) *Refusal {
	if int64(f.size) > p.config.Limits.Media {
		return &refuseMediaSize
	}
	if refused := p.name(ctx, x, f, scope); refused != nil {
		return refused
	}
	content := f.content(x.parts.raw)
	enforced := scope.Mode == rules.Enforce
	switch {
	case enforced && p.config.Extractor.Reads(f.kind):
		reading, refused := p.extracted(ctx, x, bytes.NewReader(content), scope)
		if refused != nil {
			return refused
		}
		_ = reading.Close() // memory only
	case f.kind.Text && (enforced || len(scope.Enforced) > 0):
		return p.judgeWords(ctx, x, f, scope)
	}
	if !p.scrubs(x.account, f.kind, scope) {
		return nil
	}
	// In place: what is written is always behind what has been read.
	if _, err := io.ReadFull(media.Scrub(bytes.NewReader(content), f.kind), content); err != nil {
		return &refuseUnread
	}
	return nil
}

// judgeWords redacts a document of words. What is another charset to somebody else
// is not let through unread.
func (p *Proxy) judgeWords(ctx context.Context, x *exchange, f *file, scope *redact.Scope) *Refusal {
	content := f.content(x.parts.raw)
	if !f.part.IsText(content) {
		return &refuseUnread
	}
	result, refused := p.judgeText(ctx, x, content, f.kind, scope)
	if refused != nil || !result.Edited {
		return refused
	}
	at := f.part.At + len(f.part.Lead)
	x.parts.edits = append(x.parts.edits, payload.Edit{Start: at, End: at + len(content), Text: string(result.Bytes)})
	x.parts.edits = append(x.parts.edits, f.part.Resize(f.part.At, len(result.Bytes))...)
	return nil
}

// extracted has the extractor read a file, which passes as it is when its text
// holds nothing that policy hides.
func (p *Proxy) extracted(ctx context.Context, x *exchange, file io.Reader, scope *redact.Scope) (*media.Reading, *Refusal) {
	reading, err := p.config.Extractor.Read(ctx, file)
	if err != nil {
		return nil, unreadPart(err)
	}
	x.readings = append(x.readings, reading)
	if refused := p.judgeReading(ctx, x, reading, scope); refused != nil {
		return nil, refused
	}
	return reading, nil
}

// scrubs says that a picture's metadata go.
func (p *Proxy) scrubs(a *Account, kind media.Type, scope *redact.Scope) bool {
	return kind.Scrubbed() && scope.Mode == rules.Enforce && !a.Media.KeepMetadata
}

// name lets a file in, and changes its name where that holds something.
func (p *Proxy) name(ctx context.Context, x *exchange, f *file, scope *redact.Scope) *Refusal {
	name, refused := p.admitFile(ctx, x.account, f, scope)
	if refused != nil {
		return refused
	}
	x.record.tallies = append(x.record.tallies, name.Tallies...)
	if name.Edited {
		x.parts.edits = append(x.parts.edits, f.part.Rename(f.part.At, name.Text)...)
	}
	return nil
}

// admitFile decides by policy, by what a file is and by what its part says of it,
// and judges its name.
func (p *Proxy) admitFile(ctx context.Context, a *Account, f *file, scope *redact.Scope) (redact.TextResult, *Refusal) {
	part := f.part
	if !payload.PlainName(part.Name) || roomy(part.Name) || part.Name == "method" || slices.Contains(carriers, part.Name) || roomy(part.Declared) {
		refused := refuseMultipart.because(parsePrefix + payload.ReasonPartHeader)
		return redact.TextResult{}, &refused
	}
	if !a.Media.passes(false, f.kind) {
		return redact.TextResult{}, &refuseMedia
	}
	if scope.Mode == rules.Enforce && part.Declared != "" && !f.kind.Agrees(part.Declared) {
		return redact.TextResult{}, &refuseMismatch
	}
	if scope.Off() {
		return redact.TextResult{}, nil
	}
	name, err := p.config.Engine.Text(ctx, part.Filename, scope)
	if err != nil {
		return name, unsettled(err)
	}
	return name, refusedText(name)
}

// refusedText is the refusal of a text that policy does not let out in any form.
func refusedText(result redact.TextResult) *Refusal {
	if result.Overrun {
		return &refuseOverrun
	}
	if reason, ok := result.Refusals[0]; ok {
		refused := refusePolicy.because(string(reason))
		return &refused
	}
	return nil
}
