package payload_test

import (
	"io"
	"testing"

	"github.com/piiproxy/piiproxy/payload"
)

// The parameters of a multipart body are edited in place; one that goes takes its
// part with it, and one that comes gets a part.
func TestMultipartParameters(t *testing.T) {
	const head = "Content-Disposition: form-data; name="
	body := "--b\r\n" + head + "\"recipient\"\r\n\r\n{\"id\":\"1\"}\r\n--b\r\n" + head + "\"message\"\r\n\r\n{'text':'a card'}\r\n" +
		"--b\r\n" + head + "\"tag\"\r\n\r\nX\r\n--b\r\n" + head + "\"f\"; filename=\"a\"\r\n\r\nfile\r\n--b--\r\n"
	for _, test := range []struct{ name, edited, want string }{
		{
			"nothing", `{"recipient":{"id":"1"},"message":{"text":"a card"},"tag":"X"}`,
			"--b\r\n" + head + "\"recipient\"\r\n\r\n{\"id\":\"1\"}\r\n--b\r\n" + head + "\"message\"\r\n\r\n{\"text\":\"a card\"}\r\n" +
				"--b\r\n" + head + "\"tag\"\r\n\r\nX\r\n--b\r\n" + head + "\"f\"; filename=\"a\"\r\n\r\nfile\r\n--b--\r\n",
		},
		{
			"one goes, one changes", `{"message":{"text":"a card"},"tag":"Y"}`,
			"--b\r\n" + head + "\"message\"\r\n\r\n{\"text\":\"a card\"}\r\n" +
				"--b\r\n" + head + "\"tag\"\r\n\r\nY\r\n--b\r\n" + head + "\"f\"; filename=\"a\"\r\n\r\nfile\r\n--b--\r\n",
		},
		{
			"one comes", `{"recipient":{"id":"1"},"message":{"text":"a card"},"tag":"X","new":{"a":1}}`,
			"--b\r\n" + head + "\"recipient\"\r\n\r\n{\"id\":\"1\"}\r\n--b\r\n" + head + "\"message\"\r\n\r\n{\"text\":\"a card\"}\r\n" +
				"--b\r\n" + head + "\"tag\"\r\n\r\nX\r\n--b\r\n" + head + "\"new\"\r\n\r\n{\"a\":1}\r\n" +
				"--b\r\n" + head + "\"f\"; filename=\"a\"\r\n\r\nfile\r\n--b--\r\n",
		},
	} {
		parameters, err := payload.Assemble(payload.DefaultLimits(), fieldsOf(t, body))
		if err != nil {
			t.Fatal(err)
		}
		edits, err := parameters.Edits([]byte(test.edited))
		if err != nil {
			t.Fatal(err)
		}
		got, err := payload.Splice([]byte(body), edits[0])
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %v, %q", test.name, err, got)
		}
	}
}

// fieldsOf are the parameters of a body.
func fieldsOf(t *testing.T, body string) (fields []payload.Field) {
	t.Helper()
	m := payload.ReadMultipart([]byte(body), "b", payload.DefaultPartLimits())
	for {
		part, err := m.Next()
		if err == io.EOF {
			return fields
		}
		if err != nil {
			t.Fatal(err)
		}
		if part.File {
			continue
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		field, err := part.Field(content, part.At)
		if err != nil {
			t.Fatal(err)
		}
		fields = append(fields, field)
	}
}
