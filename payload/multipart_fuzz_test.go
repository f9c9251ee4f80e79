package payload_test

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/piiproxy/piiproxy/payload"
)

// FuzzMultipart: what is accepted is the same parts to Go's own reader, the same
// whole and in the smallest pieces, and comes out byte for byte.
func FuzzMultipart(f *testing.F) {
	for _, seed := range clients {
		f.Add(seed.contentType, []byte(seed.body))
	}
	for _, refused := range ambiguous {
		if len(refused.body) < 2<<10 { // the fuzzer shortens long ones for minutes
			f.Add(refused.contentType(), []byte(refused.body))
		}
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		boundary, err := payload.Boundary(contentType)
		if err != nil {
			return
		}
		kind, parameters, err := mime.ParseMediaType(contentType)
		if err != nil || kind != "multipart/form-data" || parameters["boundary"] != boundary {
			t.Fatalf("boundary %q is %q to another reader: %v", boundary, parameters["boundary"], err)
		}
		whole, wholeErr := readParts(payload.ReadMultipart(body, boundary, payload.DefaultPartLimits()))
		stream, streamErr := readParts(payload.StreamMultipart(iotest.OneByteReader(bytes.NewReader(body)), boundary, payload.DefaultPartLimits()))
		if (wholeErr == nil) != (streamErr == nil) {
			t.Fatalf("whole: %v, in pieces: %v", wholeErr, streamErr)
		}
		if wholeErr != nil {
			return
		}
		if whole.raw != string(body) || stream.raw != string(body) {
			t.Fatalf("comes out as %q and %q", whole.raw, stream.raw)
		}
		sameParts(t, multipart.NewReader(bytes.NewReader(body), boundary), whole.parts)
	})
}

// sameParts wants the same parts of Go's reader.
func sameParts(t *testing.T, other *multipart.Reader, parts []read) {
	t.Helper()
	for _, ours := range parts {
		part, err := other.NextRawPart()
		if err != nil {
			t.Fatalf("part %s: %v", ours.Name, err)
		}
		content, err := io.ReadAll(part)
		if err != nil || string(content) != ours.content {
			t.Fatalf("part %s holds %q to another reader, %q to us: %v", ours.Name, content, ours.content, err)
		}
		_, names, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		filename, file := names["filename"]
		if err != nil || names["name"] != ours.Name || part.FormName() != ours.Name || filename != ours.Filename || file != ours.File {
			t.Fatalf("part is %q to another reader, %q %q to us: %v", names, ours.Name, ours.Filename, err)
		}
		if declared := part.Header.Get("Content-Type"); declared != strings.TrimRight(ours.Declared, " ") {
			t.Fatalf("type is %q to another reader, %q to us", declared, ours.Declared)
		}
	}
	if _, err := other.NextRawPart(); err != io.EOF {
		t.Fatalf("another reader goes on: %v", err)
	}
}

// read is a part with its content.
type read struct {
	*payload.Part
	content string
}

// body is what a reader makes of a body.
type readBody struct {
	raw   string // as it would be sent on
	parts []read
}

// readParts reads a body and puts it together again.
func readParts(m *payload.Multipart) (readBody, error) {
	var b readBody
	for {
		part, err := m.Next()
		if err == io.EOF {
			b.raw += string(m.Tail())
			return b, nil
		}
		if err != nil {
			return b, err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return b, err
		}
		b.raw += string(part.Lead) + string(content)
		b.parts = append(b.parts, read{part, string(content)})
	}
}
