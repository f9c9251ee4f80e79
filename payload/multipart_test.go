package payload_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/piiproxy/piiproxy/payload"
)

// clients are bodies as clients in use write them.
var clients = []struct{ name, contentType, body, parts string }{
	{
		"curl", "multipart/form-data; boundary=------------------------d74496d66958873e",
		"--------------------------d74496d66958873e\r\nContent-Disposition: form-data; name=\"recipient\"\r\n\r\n{\"id\":\"1\"}\r\n" +
			"--------------------------d74496d66958873e\r\nContent-Disposition: form-data; name=\"filedata\"; filename=\"shirt.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\r\n" +
			"--------------------------d74496d66958873e--\r\n",
		`recipient={"id":"1"} filedata[shirt.png image/png]`,
	},
	{
		"form-data of npm", "multipart/form-data; boundary=--------------------------515890814546601021194782",
		"----------------------------515890814546601021194782\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n" +
			"----------------------------515890814546601021194782\r\nContent-Disposition: form-data; name=\"file\"; filename=\"Übersicht 1.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n" +
			"----------------------------515890814546601021194782--\r\n",
		`messaging_product=whatsapp file[Übersicht 1.pdf application/pdf]`,
	},
	{
		"undici", "multipart/form-data; boundary=----formdata-undici-047523861937",
		"------formdata-undici-047523861937\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22b.txt\"\r\nContent-Type: text/plain\r\n\r\n\r\n------formdata-undici-047523861937--",
		`file[a%22b.txt text/plain]`,
	},
	{
		"urllib3", "multipart/form-data; boundary=c39e3f2f1bd44c1f8d3b2f0d4b7a9c55",
		"--c39e3f2f1bd44c1f8d3b2f0d4b7a9c55\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nimage/jpeg\r\n--c39e3f2f1bd44c1f8d3b2f0d4b7a9c55--\r\n",
		`type=image/jpeg`,
	},
	{
		"OkHttp", "multipart/form-data; boundary=0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
		"--0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9\r\nContent-Disposition: form-data; name=\"type\"\r\nContent-Length: 9\r\n\r\naudio/ogg\r\n" +
			"--0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9\r\nContent-Disposition: form-data; name=\"file\"; filename=\"v.ogg\"\r\nContent-Type: audio/ogg; codecs=opus\r\nContent-Length: 4\r\n\r\nOggS\r\n--0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9--\r\n",
		`type=audio/ogg file[v.ogg audio/ogg]`,
	},
	{
		".NET", `multipart/form-data; boundary="8d0d8e0c-1f0b-4a5c-b2ff-0c3c1d1e2f3a"`,
		"--8d0d8e0c-1f0b-4a5c-b2ff-0c3c1d1e2f3a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=messaging_product\r\n\r\nwhatsapp\r\n" +
			"--8d0d8e0c-1f0b-4a5c-b2ff-0c3c1d1e2f3a\r\nContent-Type: image/png\r\nContent-Disposition: form-data; name=file; filename=a.png; filename*=utf-8''a.png\r\n\r\nx\r\n--8d0d8e0c-1f0b-4a5c-b2ff-0c3c1d1e2f3a--\r\n",
		`messaging_product=whatsapp file[a.png image/png]`,
	},
	{
		"HttpClient of Apache", "multipart/form-data; boundary=kJ8_Zc-0FvQ3; charset=UTF-8",
		"--kJ8_Zc-0FvQ3\r\nContent-Disposition: form-data; name=\"message\"\r\nContent-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n" +
			"--kJ8_Zc-0FvQ3\r\nContent-Disposition: form-data; name=\"filedata\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n-- --\r\n-\r\n--kJ8_Zc-0FvQ\r\n\r\n--kJ8_Zc-0FvQ3--\r\n",
		`message={} filedata[a.bin application/octet-stream]`,
	},
	{
		"a boundary in quotes", `Multipart/Form-Data; Boundary="a=b c'(),/:?"`,
		"--a=b c'(),/:?\r\nContent-Disposition: FORM-DATA; Name=x\r\n\r\n1\r\n--a=b c'(),/:?--",
		`x=1`,
	},
}

// Bodies of clients in use are read, and come out byte for byte.
func TestMultipartClients(t *testing.T) {
	for _, test := range clients {
		boundary, err := payload.Boundary(test.contentType)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for way, m := range map[string]*payload.Multipart{
			"whole":     payload.ReadMultipart([]byte(test.body), boundary, payload.DefaultPartLimits()),
			"in pieces": payload.StreamMultipart(iotest.HalfReader(strings.NewReader(test.body)), boundary, payload.DefaultPartLimits()),
		} {
			got, err := readParts(m)
			if err != nil || got.raw != test.body {
				t.Errorf("%s, %s: %v, comes out as %q", test.name, way, err, got.raw)
				continue
			}
			if said := said(got.parts); said != test.parts {
				t.Errorf("%s, %s: %s", test.name, way, said)
			}
		}
	}
}

// said prints parts.
func said(parts []read) string {
	var all []string
	for _, p := range parts {
		if p.File {
			all = append(all, fmt.Sprintf("%s[%s %s]", p.Name, p.Filename, p.Type))
		} else {
			all = append(all, p.Name+"="+p.content)
		}
	}
	return strings.Join(all, " ")
}

// case of a body that two readers may read in two ways.
type ambiguity struct{ name, kind, body, reason string }

func (a ambiguity) contentType() string {
	if a.kind != "" {
		return a.kind
	}
	return "multipart/form-data; boundary=b"
}

const (
	aField = "Content-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n"
	aBody  = "--b\r\n" + aField + "--b--\r\n"
)

// header is a body whose one part has these headers.
func header(lines string) string { return "--b\r\n" + lines + "\r\n\r\n1\r\n--b--\r\n" }

// ambiguous bodies are refused, each for its reason.
var ambiguous = []ambiguity{
	{"no boundary", "multipart/form-data", aBody, payload.ReasonBoundary},
	{"two boundaries", "multipart/form-data; boundary=b; boundary=c", aBody, payload.ReasonBoundary},
	{"the same twice", "multipart/form-data; boundary=b; boundary=b", aBody, payload.ReasonBoundary},
	{"RFC 2231", "multipart/form-data; boundary*=utf-8''b", aBody, payload.ReasonBoundary},
	{"RFC 2231 in pieces", "multipart/form-data; boundary*0=b", aBody, payload.ReasonBoundary},
	{"RFC 2231 beside", "multipart/form-data; boundary=b; boundary*=utf-8''c", aBody, payload.ReasonBoundary},
	{"an escape", `multipart/form-data; boundary="\b"`, aBody, payload.ReasonBoundary},
	{"an open quote", `multipart/form-data; boundary="b`, aBody, payload.ReasonBoundary},
	{"an empty boundary", `multipart/form-data; boundary=""`, aBody, payload.ReasonBoundary},
	{"a space at the end", `multipart/form-data; boundary="b "`, aBody, payload.ReasonBoundary},
	{"a comma", "multipart/form-data; boundary=b,c", aBody, payload.ReasonBoundary},
	{"a letter outside", `multipart/form-data; boundary="bü"`, aBody, payload.ReasonBoundary},
	{"too long", "multipart/form-data; boundary=" + strings.Repeat("b", 71), aBody, payload.ReasonBoundary},
	{"another charset", "multipart/form-data; boundary=b; charset=utf-16", aBody, payload.ReasonBoundary},
	{"another parameter", "multipart/form-data; boundary=b; x=y", aBody, payload.ReasonBoundary},
	{"a semicolon at the end", "multipart/form-data; boundary=b;", aBody, payload.ReasonBoundary},
	{"another multipart", "multipart/mixed; boundary=b", aBody, payload.ReasonBoundary},
	{"a comma behind", "multipart/form-data; boundary=b, text/plain", aBody, payload.ReasonBoundary},

	{"a preamble", "", "hello\r\n" + aBody, payload.ReasonFraming},
	{"an empty preamble", "", "\r\n" + aBody, payload.ReasonFraming},
	{"an epilogue", "", aBody + "x", payload.ReasonFraming},
	{"two line ends behind", "", aBody + "\r\n", payload.ReasonFraming},
	{"LF only", "", strings.ReplaceAll(aBody, "\r\n", "\n"), payload.ReasonFraming},
	{"LF before a delimiter", "", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\n--b\r\n" + aField + "--b--\r\n", payload.ReasonFraming},
	{"CR before a delimiter", "", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r--b--\r\n", payload.ReasonFraming},
	{"a delimiter in a line", "", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1--b\r\n2\r\n--b--\r\n", payload.ReasonFraming},
	{"a delimiter in front of the content", "", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n--b--\r\n", payload.ReasonFraming},
	{"space behind a delimiter", "", "--b \r\n" + aField + "--b--\r\n", payload.ReasonFraming},
	{"space behind the next", "", "--b\r\n" + aField + "--b\t\r\n" + aField + "--b--\r\n", payload.ReasonFraming},
	{"a longer boundary", "", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--bc\r\n2\r\n--b--\r\n", payload.ReasonFraming},
	{"a delimiter in the headers", "", "--b\r\nContent-Type: text/plain\r\n--b\r\n" + aField + "--b--\r\n", payload.ReasonFraming},
	{"a delimiter in a filename", "", header(`Content-Disposition: form-data; name="x"; filename="a--b"`), payload.ReasonFraming},
	{"no part", "", "--b--\r\n", payload.ReasonFraming},
	{"another delimiter", "", "--c\r\n" + aField + "--c--\r\n", payload.ReasonFraming},

	{"no headers", "", "--b\r\n\r\n1\r\n--b--\r\n", payload.ReasonPartHeader},
	{"no disposition", "", header("Content-Type: text/plain"), payload.ReasonPartHeader},
	{"an attachment", "", header(`Content-Disposition: attachment; name="x"`), payload.ReasonPartHeader},
	{"no name", "", header(`Content-Disposition: form-data`), payload.ReasonPartHeader},
	{"an empty name", "", header(`Content-Disposition: form-data; name=""`), payload.ReasonPartHeader},
	{"two names", "", header(`Content-Disposition: form-data; name="x"; name="y"`), payload.ReasonPartHeader},
	{"a name in pieces", "", header(`Content-Disposition: form-data; name*0="x"`), payload.ReasonPartHeader},
	{"an extended name", "", header(`Content-Disposition: form-data; name*=utf-8''x`), payload.ReasonPartHeader},
	{"two filenames", "", header(`Content-Disposition: form-data; name="x"; filename="a"; filename="b"`), payload.ReasonPartHeader},
	{"an empty filename", "", header(`Content-Disposition: form-data; name="x"; filename=""`), payload.ReasonPartHeader},
	{"an extended filename alone", "", header(`Content-Disposition: form-data; name="x"; filename*=utf-8''a`), payload.ReasonPartHeader},
	{"filenames that differ", "", header(`Content-Disposition: form-data; name="x"; filename="a"; filename*=utf-8''b`), payload.ReasonPartHeader},
	{"a filename in Latin-1", "", header(`Content-Disposition: form-data; name="x"; filename="a"; filename*=iso-8859-1''a`), payload.ReasonPartHeader},
	{"a folder", "", header(`Content-Disposition: form-data; name="x"; filename="a/b"`), payload.ReasonPartHeader},
	{"a folder of Windows", "", header(`Content-Disposition: form-data; name="x"; filename="a\b"`), payload.ReasonPartHeader},
	{"an escaped quote", "", header(`Content-Disposition: form-data; name="x\""`), payload.ReasonPartHeader},
	{"an open quote in a part", "", header(`Content-Disposition: form-data; name="x`), payload.ReasonPartHeader},
	{"two dispositions", "", header("Content-Disposition: form-data; name=\"x\"\r\nContent-Disposition: form-data; name=\"y\""), payload.ReasonPartHeader},
	{"a folded header", "", header("Content-Disposition: form-data;\r\n name=\"x\""), payload.ReasonPartHeader},
	{"a space before the colon", "", header("Content-Disposition : form-data; name=\"x\""), payload.ReasonPartHeader},
	{"LF in the headers", "", header("Content-Disposition: form-data; name=\"x\"\nContent-Type: text/plain"), payload.ReasonPartHeader},
	{"CR in the headers", "", header("Content-Disposition: form-data; name=\"x\"\rContent-Type: text/plain"), payload.ReasonPartHeader},
	{"NUL in the headers", "", header("Content-Disposition: form-data; name=\"x\x00\""), payload.ReasonPartHeader},
	{"Latin-1 in the headers", "", header("Content-Disposition: form-data; name=\"x\"; filename=\"\xfc\""), payload.ReasonPartHeader},
	{"an unknown header", "", header("Content-Disposition: form-data; name=\"x\"\r\nX-Card: 4111111111111111"), payload.ReasonPartHeader},
	{"a coding", "", header("Content-Disposition: form-data; name=\"x\"\r\nContent-Encoding: gzip"), payload.ReasonPartHeader},
	{"base64", "", header("Content-Disposition: form-data; name=\"x\"\r\nContent-Transfer-Encoding: base64"), payload.ReasonPartHeader},
	{"quoted-printable", "", header("Content-Disposition: form-data; name=\"x\"\r\nContent-Transfer-Encoding: Quoted-Printable"), payload.ReasonPartHeader},
	{"another parameter of the type", "", header("Content-Disposition: form-data; name=\"x\"\r\nContent-Type: image/png; name=\"4111111111111111\""), payload.ReasonPartHeader},
	{"no type", "", header("Content-Disposition: form-data; name=\"x\"\r\nContent-Type: png"), payload.ReasonPartHeader},
	{"a length that is more", "", header("Content-Disposition: form-data; name=\"x\"\r\nContent-Length: 2"), payload.ReasonPartHeader},
	{"a length that is less", "", header("Content-Disposition: form-data; name=\"x\"\r\nContent-Length: 0"), payload.ReasonPartHeader},
	{"a length that is none", "", header("Content-Disposition: form-data; name=\"x\"\r\nContent-Length: -1"), payload.ReasonPartHeader},

	{"nested", "", header("Content-Disposition: form-data; name=\"x\"\r\nContent-Type: multipart/mixed"), payload.ReasonPartEncoding},
	{"a message", "", header("Content-Disposition: form-data; name=\"x\"\r\nContent-Type: message/rfc822"), payload.ReasonPartEncoding},
	{"the same name", "", "--b\r\n" + aField + "--b\r\n" + aField + "--b--\r\n", payload.ReasonDuplicateKey},
	{"too many parts", "", manyParts(101), payload.ReasonTooManyParts},
	{"a long header", "", header("Content-Disposition: form-data; name=\"" + strings.Repeat("x", 8<<10) + "\""), payload.ReasonPartHeaderTooLong},
	{"a header without end", "", "--b\r\nContent-Disposition: " + strings.Repeat("x", 100<<10), payload.ReasonPartHeaderTooLong},
}

// manyParts is a body of n parts.
func manyParts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "--b\r\nContent-Disposition: form-data; name=\"x%d\"\r\n\r\n1\r\n", i)
	}
	return b.String() + "--b--\r\n"
}

func TestMultipartAmbiguous(t *testing.T) {
	for _, test := range ambiguous {
		boundary, err := payload.Boundary(test.contentType())
		if err != nil {
			wantReason(t, test.name, err, test.reason)
			continue
		}
		_, err = readParts(payload.ReadMultipart([]byte(test.body), boundary, payload.DefaultPartLimits()))
		wantReason(t, test.name+", whole", err, test.reason)
		_, err = readParts(payload.StreamMultipart(iotest.OneByteReader(strings.NewReader(test.body)), boundary, payload.DefaultPartLimits()))
		wantReason(t, test.name+", in pieces", err, test.reason)
	}
}

func wantReason(t *testing.T, what string, err error, reason string) {
	t.Helper()
	var problem *payload.Error
	if !errors.As(err, &problem) || problem.Reason != reason {
		t.Errorf("%s: %v, want %s", what, err, reason)
	}
}

// A body that ends early is not taken for a whole one, wherever it ends.
func TestMultipartCutShort(t *testing.T) {
	for cut := range len(aBody) - len("\r\n") {
		for way, m := range map[string]*payload.Multipart{
			"whole":     payload.ReadMultipart([]byte(aBody[:cut]), "b", payload.DefaultPartLimits()),
			"in pieces": payload.StreamMultipart(strings.NewReader(aBody[:cut]), "b", payload.DefaultPartLimits()),
		} {
			if got, err := readParts(m); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: the first %d bytes: %v, %s", way, cut, err, said(got.parts))
			}
		}
	}
	// A reader that was cut off says so by the same error, behind all parts, too.
	m := payload.StreamMultipart(io.MultiReader(strings.NewReader(aBody), iotest.ErrReader(io.ErrUnexpectedEOF)), "b", payload.DefaultPartLimits())
	if _, err := readParts(m); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut off behind the last part: %v", err)
	}
	broken := errors.New("the line is down")
	m = payload.StreamMultipart(io.MultiReader(strings.NewReader(aBody[:20]), iotest.ErrReader(broken)), "b", payload.DefaultPartLimits())
	for range 2 {
		if _, err := m.Next(); !errors.Is(err, broken) {
			t.Errorf("a broken line: %v", err)
		}
	}
}

// As many parts as are let through are, and a part that nobody reads is skipped.
func TestMultipartSkips(t *testing.T) {
	m := payload.StreamMultipart(strings.NewReader(manyParts(100)), "b", payload.DefaultPartLimits())
	parts := 0
	for {
		part, err := m.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		parts++
		if parts > 1 {
			continue
		}
		if _, err := part.Chunk(); err != nil {
			t.Fatal(err)
		}
	}
	if parts != 100 || string(m.Tail()) != "\r\n--b--\r\n" {
		t.Errorf("%d parts, then %q", parts, m.Tail())
	}
}

// A parameter is text in UTF-8, whatever its part says; a part that says otherwise
// is refused.
func TestPartField(t *testing.T) {
	for _, test := range []struct{ headers, content, reason string }{
		{"", "grüße", ""},
		{"Content-Type: text/plain; charset=utf-8", "grüße", ""},
		{"Content-Type: text/plain; charset=ISO-8859-1", "gruss", ""},
		{"Content-Type: application/json", "{}", ""},
		{"Content-Type: text/plain; charset=ISO-8859-1", "grüße", payload.ReasonInvalidUTF8},
		{"Content-Type: text/plain; charset=utf-7", "+ADEAMQAx-", payload.ReasonInvalidUTF8},
		{"Content-Type: text/plain; charset=utf-16", "1\x001\x00", payload.ReasonInvalidUTF8},
		{"", "\xff", payload.ReasonInvalidUTF8},
		{"", "1\x001", payload.ReasonInvalidUTF8},
		{"Content-Type: image/png", "x", payload.ReasonPartEncoding},
		{"", strings.Repeat("x", 1<<20+1), payload.ReasonStringTooLong},
	} {
		lines := "Content-Disposition: form-data; name=\"x\""
		if test.headers != "" {
			lines += "\r\n" + test.headers
		}
		raw := "--b\r\n" + lines + "\r\n\r\n" + test.content + "\r\n--b--\r\n"
		part, err := payload.ReadMultipart([]byte(raw), "b", payload.DefaultPartLimits()).Next()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		field, err := part.Field(content, 0)
		if test.reason != "" {
			wantReason(t, test.headers, err, test.reason)
			continue
		}
		if err != nil || field.Name != "x" || field.Value != test.content {
			t.Fatalf("%s: %v, %+v", test.headers, err, field)
		}
		edited, err := payload.Splice([]byte(raw), []payload.Edit{{Codecs: []payload.Codec{field.Scope()}, Start: 0, End: len(field.Value), Text: "ü"}})
		if err != nil || string(edited) != strings.Replace(raw, test.content, "ü", 1) {
			t.Errorf("%s: %v, edited to %q", test.headers, err, edited)
		}
	}
	part, err := payload.ReadMultipart([]byte(header(`Content-Disposition: form-data; name="_charset_"`)), "b", payload.DefaultPartLimits()).Next()
	if err != nil {
		t.Fatal(err)
	}
	_, err = part.Field([]byte("utf-16"), 0)
	wantReason(t, "_charset_", err, payload.ReasonPartEncoding)
}

// Edits of a part's lead leave a body that is read as what was meant.
func TestPartEdits(t *testing.T) {
	for _, test := range []struct{ disposition, name, want string }{
		{`form-data; name="f"; filename="a.png"`, `ü "1".png`, `form-data; name="f"; filename="ü %221%22.png"`},
		{`form-data; name=f; filename=a.png; filename*=utf-8''a.png`, "b.png", `form-data; name=f; filename="b.png"`},
		{`form-data; filename*=utf-8''a.png; name=f; filename=a.png`, "x/\\\r\n.png", `form-data; name=f; filename="x__%0D%0A.png"`},
	} {
		raw := "--b\r\nContent-Disposition: " + test.disposition + "\r\nContent-Length: 1\r\n\r\n1\r\n--b--\r\n"
		part, err := payload.ReadMultipart([]byte(raw), "b", payload.DefaultPartLimits()).Next()
		if err != nil {
			t.Fatal(err)
		}
		edits := append(part.Rename(0, test.name), part.Resize(0, 22)...)
		edits = append(edits, payload.Edit{Start: len(part.Lead), End: len(part.Lead) + 1, Text: strings.Repeat("2", 22)})
		edited, err := payload.Splice([]byte(raw), edits)
		want := "--b\r\nContent-Disposition: " + test.want + "\r\nContent-Length: 22\r\n\r\n" + strings.Repeat("2", 22) + "\r\n--b--\r\n"
		if err != nil || string(edited) != want {
			t.Errorf("%s: %v, %q", test.disposition, err, edited)
		}
		if _, err := readParts(payload.ReadMultipart(edited, "b", payload.DefaultPartLimits())); err != nil {
			t.Errorf("%s: what was edited is not read: %v", test.disposition, err)
		}
	}
	part, err := payload.ReadMultipart([]byte(aBody), "b", payload.DefaultPartLimits()).Next()
	if err != nil || part.Resize(0, 5) != nil || part.Unsize(0) != nil {
		t.Errorf("a part without a length: %v, %v", err, part.Resize(0, 5))
	}
	raw := header("Content-Length: 1\r\nContent-Disposition: form-data; name=x")
	if part, err = payload.ReadMultipart([]byte(raw), "b", payload.DefaultPartLimits()).Next(); err != nil {
		t.Fatal(err)
	}
	edited, err := payload.Splice([]byte(raw), part.Unsize(0))
	if want := header("Content-Disposition: form-data; name=x"); err != nil || string(edited) != want {
		t.Errorf("without its length: %v, %q", err, edited)
	}
}
