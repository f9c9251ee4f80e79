package proxy_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// field and fileOf are parts of a body with the boundary b.
func field(name, value string) string {
	return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
}

func fileOf(name, contentType, content string) string {
	return "--b\r\nContent-Disposition: form-data; name=\"filedata\"; filename=\"" + name + "\"\r\nContent-Type: " + contentType + "\r\n\r\n" + content + "\r\n"
}

const lastPart = "--b--\r\n"

// post sends a multipart call of the shop's bot.
func (r *rig) post(body string, headers ...string) reply {
	r.t.Helper()
	return r.ask("bot", "POST", "/shop/v23.0/me/messages", body, append(headers, "Content-Type: "+multipartType)...)
}

// A message in parts is one like any other: redacted in place, with its tokens
// restored, its question swapped and its webhook registered here.
func TestMultipartCall(t *testing.T) {
	r := newRig(t)
	r.hook(page(entry(shopID, text(shopID, anna, "I am "+email))))
	token := tokenIn.FindString(r.bots["bot"].bodies()[0])
	to := field("recipient", `{"id":"`+anna+`"}`)
	for name, test := range map[string][2]string{
		"nothing":      {to + field("message", `{"text":"hello"}`) + lastPart, to + field("message", `{"text":"hello"}`) + lastPart},
		"no last line": {to + field("message", `{"text":"hello"}`) + "--b--", to + field("message", `{"text":"hello"}`) + "--b--"},
		"a card":       {field("message", `{"text":"card `+card+`"}`) + to + lastPart, field("message", `{"text":"card ***1111"}`) + to + lastPart},
		"a token":      {to + field("message", `{"text":"to `+token+`"}`) + lastPart, to + field("message", `{"text":"to jane.doe\u0040corp.example"}`) + lastPart},
		"relaxed JSON": {to + field("message", `{'text':'card `+digits+`'}`) + lastPart, to + field("message", `{"text":"card ***1111"}`) + lastPart},
		"a length": {
			to + strings.Replace(field("message", `{"text":"`+digits+`!"}`), "\r\n\r\n", "\r\nContent-Length: 28\r\n\r\n", 1) + lastPart,
			to + field("message", `{"text":"***1111!"}`) + lastPart,
		},
	} {
		before := len(r.platform.requests())
		if got := r.post(test[0]); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
			continue
		}
		if sent := r.platform.requests()[before]; sent.body != test[1] || sent.chunked {
			t.Errorf("%s: the platform got\n%s\nwant\n%s", name, sent.body, test[1])
		}
	}
	before := len(r.platform.requests())
	if got := r.post(to + field("message", `{"text":"Please type your card number"}`) + lastPart); got.status != http.StatusOK {
		t.Fatalf("a question: answered %d %s", got.status, got.body)
	}
	if sent := r.platform.bodies()[before]; !strings.Contains(sent, "chat.example.com") || !strings.HasSuffix(sent, "\r\n--b--\r\n") {
		t.Errorf("a question became %s", sent)
	}
	got := r.ask("bot", "POST", "/shop/1/subscriptions", field("callback_url", "https://elsewhere.example")+field("verify_token", "x")+lastPart, "Content-Type: "+multipartType)
	if sent := r.platform.bodies()[before+1]; got.status != http.StatusOK || strings.Contains(sent, "elsewhere") || !strings.Contains(sent, "https://chat.example.com/webhook/main") {
		t.Errorf("a registration: %d, became %s", got.status, sent)
	}
}

// The account is found by a token in a part; the query may hold the rest.
func TestMultipartToken(t *testing.T) {
	r := newRig(t)
	body := field("access_token", lineToken) + fileOf("a.gif", "image/gif", tinyGIF) + lastPart
	got := r.ask("bot", "POST", "/media?messaging_product=whatsapp", body, "Content-Type: "+multipartType)
	if got.status != http.StatusOK || r.only(r.platform).body != body {
		t.Errorf("answered %d %s", got.status, got.body)
	}
}

// What stands behind a file counts like what stands before it, where all of it can
// be held, whoever says how long it is.
func TestMultipartBehindAFile(t *testing.T) {
	r := newRig(t)
	file := fileOf("a.gif", "image/gif", tinyGIF)
	body := file + field("recipient", `{"id":"`+anna+`"}`) + field("message", `{"text":"card `+card+`"}`) + lastPart
	want := strings.Replace(body, card, "***1111", 1)
	for n, got := range []reply{r.post(body), r.chunked("/shop/v23.0/me/messages", multipartType, strings.NewReader(body))} {
		if got.status != http.StatusOK || r.platform.bodies()[n] != want || r.platform.requests()[n].chunked {
			t.Errorf("%d: answered %d, the platform got %v", n, got.status, r.platform.bodies())
		}
	}
}

// A large body goes on while it comes: with its length where that was announced,
// edited before the file, and with nothing but structure behind it.
func TestMultipartLarge(t *testing.T) {
	r := newRig(t, inspected(16<<10))
	to, file := field("recipient", `{"id":"`+anna+`"}`), fileOf("a.gif", "image/gif", tinyGIF+strings.Repeat("a", 100<<10))
	more := fileOf("b.gif", "image/gif", tinyGIF+strings.Repeat("b", 40<<10))
	more = strings.Replace(more, `"filedata"`, `"other"`, 1)
	for name, test := range map[string][2]string{
		"nothing":   {to + field("message", "{}") + file + lastPart, ""},
		"a card":    {to + field("message", `{"text":"card `+email+`"}`) + file + lastPart, `{"text":"card j***\u0040corp.example"}`},
		"structure": {to + file + field("messaging_type", "RESPONSE") + field("tag", "HUMAN_AGENT") + lastPart, ""},
		"two files": {to + file + more + lastPart, ""},
	} {
		want := test[0]
		if test[1] != "" {
			want = strings.Replace(want, `{"text":"card `+email+`"}`, test[1], 1)
		}
		for _, chunked := range []bool{false, true} {
			before := len(r.platform.requests())
			var got reply
			if chunked {
				got = r.chunked("/shop/v23.0/me/messages", multipartType, strings.NewReader(test[0]))
			} else {
				got = r.post(test[0])
			}
			if got.status != http.StatusOK {
				t.Errorf("%s: answered %d %s", name, got.status, got.body)
				continue
			}
			if sent := r.platform.requests()[before]; sent.body != want || sent.chunked != chunked {
				t.Errorf("%s: chunked: %v, %d bytes of %d, chunked: %v", name, chunked, len(sent.body), len(want), sent.chunked)
			}
		}
	}
}

// tearing are large bodies that are refused when a part of them is on its way.
func tearing() map[string][2]string {
	head := field("recipient", `{"id":"`+anna+`"}`) + fileOf("a.gif", "image/gif", tinyGIF+strings.Repeat("a", 100<<10))
	picture := field("recipient", `{"id":"`+anna+`"}`) + fileOf("a.png", "image/png", tinyPNG()[:33]+strings.Repeat("a", 100<<10))
	return map[string][2]string{
		"words":             {head + field("message", `{"text":"hello"}`) + lastPart, "part_behind_file"},
		"a recipient":       {head + field("to", "1") + lastPart, "part_behind_file"},
		"nobody's":          {head + field("note", "x") + lastPart, "part_behind_file"},
		"a value":           {head + field("tag", digits) + lastPart, "part_behind_file"},
		"a document":        {head + field("tag", `{"a":1}`) + lastPart, "part_behind_file"},
		"a method":          {head + field("method", "DELETE") + lastPart, "part_behind_file"},
		"a name twice":      {head + field("recipient", "{}") + lastPart, "parse_duplicate_key"},
		"a text":            {head + strings.Replace(fileOf("a.txt", "text/plain", "hello"), "filedata", "x", 1) + lastPart, "part_behind_file"},
		"a file's name":     {head + strings.Replace(fileOf(digits+".gif", "image/gif", tinyGIF), "filedata", "x", 1) + lastPart, "part_behind_file"},
		"another file":      {head + strings.Replace(fileOf("a.gif", "image/png", tinyGIF), "filedata", "x", 1) + lastPart, "media_mismatch"},
		"no end":            {head, "body_incomplete"},
		"an epilogue":       {head + lastPart + "x", "parse_part_framing"},
		"a broken delim":    {head[:len(head)-2] + "\n" + lastPart, "parse_part_framing"},
		"a header":          {head + "--b\r\nX: " + digits + "\r\n\r\n\r\n" + lastPart, "parse_part_header"},
		"a broken picture":  {picture + lastPart, "media_unreadable"},
		"a method, twice":   {head + field("tag", "x") + field("tag", "y") + lastPart, "parse_duplicate_key"},
		"a part of a query": {head + field("access_token", "x") + lastPart, "part_behind_file"},
	}
}

// What is refused behind a file leaves the platform without a whole body, over
// HTTP/1.1 and HTTP/2, with a length and without one.
func TestMultipartTorn(t *testing.T) {
	plain, secure := newUpstream(t), securePlatform(t, func(*x509.Certificate) {}, &tls.Config{NextProtos: []string{"h2", "http/1.1"}})
	for platform, at := range map[string]string{"HTTP/1.1": plain.url, "HTTP/2": secure.url} {
		r := newRig(t, inspected(16<<10), func(p *plan) { p.graph = at })
		for name, test := range tearing() {
			name += ", " + platform
			status := map[string]int{"media_mismatch": 415, "media_unreadable": 415}[test[1]]
			if status == 0 {
				status = http.StatusBadRequest
			}
			r.refused(name, r.post(test[0]), status, test[1])
			r.refused(name+", in chunks", r.chunked("/shop/v23.0/me/messages", multipartType, strings.NewReader(test[0])), status, test[1])
		}
	}
	whole, torn := plain.take()
	if len(whole) != 0 || len(torn) == 0 {
		t.Errorf("the platform got %d whole requests and %d torn ones", len(whole), len(torn))
	}
	if got := secure.requests(); len(got) != 0 {
		t.Errorf("the platform got %d whole requests over HTTP/2", len(got))
	}
}

// A bot that hangs up in the middle leaves the platform without a whole body.
func TestMultipartHangsUp(t *testing.T) {
	platform := newUpstream(t)
	r := newRig(t, inspected(16<<10), func(p *plan) { p.graph = platform.url })
	body := field("recipient", `{"id":"`+anna+`"}`) + fileOf("a.gif", "image/gif", tinyGIF+strings.Repeat("a", 100<<10)) + lastPart
	for _, head := range []string{fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body[:len(body)-20]), fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(body), body)} {
		connection, err := net.Dial("tcp", r.address["bot"])
		r.must(err)
		_, err = io.WriteString(connection, "POST /shop/me/messages HTTP/1.1\r\nHost: x\r\nContent-Type: "+multipartType+"\r\n"+head)
		r.must(err)
		r.must(connection.Close())
	}
	r.until("both are over", func() bool { return strings.Count(r.reasons(), "call:") == 2 })
	if got := r.reasons(); got != "call:body_incomplete call:body_incomplete" {
		t.Errorf("logged %s", got)
	}
	if whole, torn := platform.take(); len(whole) != 0 {
		t.Errorf("%d whole requests, %d torn", len(whole), len(torn))
	}
}

// A bot that waits for 100 Continue is told no before it sends a file.
func TestMultipartExpect(t *testing.T) {
	r := newRig(t, media(nil, map[string]string{"default": "block"}), inspected(16<<10))
	head := "POST /shop/upload:MTph HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n"
	if got := r.wire("bot", head); len(got) == 0 || !strings.HasPrefix(got[0], "403") {
		t.Errorf("answered %v", got)
	}
	file := field("tag", "x") + fileOf("a.gif", "image/gif", tinyGIF) + lastPart
	head = fmt.Sprintf("POST /shop/me/messages HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nExpect: 100-continue\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", multipartType, len(file), file)
	if got := r.wire("bot", head); len(got) != 2 || !strings.HasPrefix(got[0], "100") || !strings.HasPrefix(got[1], "403") {
		t.Errorf("answered %v", got)
	}
}

// Metadata go from a picture that streams, too, and its length stays.
func TestMultipartScrubbed(t *testing.T) {
	r := newRig(t, inspected(16<<10))
	picture := jpegWith(0xe1, "Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"+digits)
	picture = picture[:2] + "\xff\xfe\xff\xff" + strings.Repeat("c", 65533) + picture[2:]
	body := field("tag", "x") + fileOf("a.jpg", "image/jpeg", picture) + lastPart
	got := r.post(body)
	if sent := r.only(r.platform).body; got.status != http.StatusOK || len(sent) != len(body) || strings.Contains(sent, "4111") || strings.Contains(sent, "cc") {
		t.Errorf("answered %d, the platform got %d bytes of %d", got.status, len(sent), len(body))
	}
	r.plan.media.KeepMetadata = true
	r.restart()
	if got := r.post(body); got.status != http.StatusOK || r.platform.bodies()[1] != body {
		t.Errorf("metadata are kept: answered %d", got.status)
	}
}

// Documents of words are redacted, and their parts say how long they are then.
func TestMultipartDocuments(t *testing.T) {
	r := newRig(t)
	for name, test := range map[string]struct{ contentType, content, want string }{
		"text":  {"text/plain", "mail " + email + "\n", "mail j***@corp.example\n"},
		"CSV":   {"text/csv; charset=utf-8", "name;mail\nAnna;" + email + "\n", "name;mail\nAnna;j***@corp.example\n"},
		"JSON":  {"application/json", `{"mail":"` + email + `"}`, `{"mail":"j***\u0040corp.example"}`},
		"clean": {"text/plain", "hello\n", "hello\n"},
	} {
		part := fileOf("a.txt", test.contentType, test.content)
		body := strings.Replace(part, "\r\n\r\n", fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n", len(test.content)), 1) + lastPart
		want := strings.Replace(fileOf("a.txt", test.contentType, test.want), "\r\n\r\n", fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n", len(test.want)), 1) + lastPart
		before := len(r.platform.requests())
		if got := r.post(body); got.status != http.StatusOK || r.platform.bodies()[before] != want {
			t.Errorf("%s: answered %d %s, the platform got\n%s\nwant\n%s", name, got.status, got.body, r.platform.bodies()[before:], want)
		}
	}
	r.refused("another charset", r.post(fileOf("a.txt", "text/plain; charset=utf-7", "+ADQAMQAx-")+lastPart), 415, "media_unreadable")
}

// Canaries in every place of a multipart body: nothing of them is logged, and
// nothing of a body is written to a file.
func TestMultipartNoLeak(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	r := newRig(t, inspected(16<<10))
	const canary = "canaryparts77"
	for _, test := range tearing() {
		body := strings.NewReplacer("a.gif", canary+".gif", "hello", canary+" "+card).Replace(test[0])
		r.post(body)
		r.chunked("/shop/v23.0/me/messages?access_token="+canary, multipartType, strings.NewReader(body), "Authorization: Bearer "+canary)
	}
	for _, body := range []string{
		field("message", `{"text":"`+canary+" "+card+`"}`) + lastPart,
		field(canary, card) + lastPart, field("x", canary+card), canary, "--b\r\n" + canary + ": " + canary + "\r\n\r\n" + lastPart,
		fileOf(canary+" "+digits+".txt", "text/plain", canary+" "+card) + lastPart,
		fileOf(canary+".png", "image/png", canary) + lastPart,
		field("method", canary) + lastPart,
	} {
		for _, contentType := range []string{multipartType, "multipart/form-data; boundary=" + canary, "multipart/" + canary} {
			got := r.ask("bot", "POST", "/shop/me/messages", body, "Content-Type: "+contentType)
			if got.status != http.StatusOK && strings.Contains(got.body, canary) {
				t.Errorf("the answer quotes the body: %s", got.body)
			}
		}
	}
	for _, secret := range []string{canary, digits, card, url.QueryEscape(card), anna} {
		if strings.Contains(r.logged.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 0 {
		t.Errorf("%d files were written: %v", len(files), err)
	}
}

// ceaseless is a body without an end, up to some bytes.
func ceaseless(head, again string, size int) io.Reader {
	return io.MultiReader(strings.NewReader(head), io.LimitReader(&repeated{text: []byte(again)}, int64(size)))
}

type repeated struct {
	text []byte
	at   int
}

// Read implements io.Reader.
func (r *repeated) Read(to []byte) (int, error) {
	for n := range to {
		to[n] = r.text[r.at]
		r.at = (r.at + 1) % len(r.text)
	}
	return len(to), nil
}

// Bodies made to cost much are refused for what they are, and cost little.
func TestMultipartHostile(t *testing.T) {
	platform := newUpstreamHandler(t, func(_ http.ResponseWriter, q *http.Request) {
		if _, err := io.Copy(io.Discard, q.Body); err == nil {
			t.Error("the platform got a whole body")
		}
	})
	r := newRig(t, func(p *plan) { p.limits.Media, p.graph, p.limits.Upstream.Total = 20<<20, platform, time.Minute })
	begun := field("recipient", `{"id":"`+anna+`"}`) + "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.gif\"\r\nContent-Type: image/gif\r\n\r\n" + tinyGIF
	var many bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&many, "--b\r\nContent-Disposition: form-data; name=\"x%d\"\r\n\r\n1\r\n", i)
	}
	for name, test := range map[string]struct {
		body   io.Reader
		reason string
	}{
		"a hundred thousand parts": {&many, "parts"},
		"a header without end":     {ceaseless("--b\r\nContent-Disposition: form-data; name=\"", "x", 300<<20), "part_header"},
		"a part without end":       {ceaseless(begun, "a", 80<<20), "media_too_large"},
		"a text without end":       {ceaseless(strings.Replace(begun, "; filename=\"a.gif\"", "", 1), "a", 50<<20), ""},
		"a boundary, nearly":       {ceaseless(begun, "\r\n--\r\n-", 15<<20), "body_incomplete"},
		"a boundary, and more":     {ceaseless(begun, "\r\n--bb", 50<<20), "parse_part_framing"},
	} {
		most := r.memory(func() {
			request, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+r.address["bot"]+"/shop/me/messages", io.MultiReader(test.body))
			r.must(err)
			request.Header.Set("Content-Type", multipartType)
			response, err := client.Do(request)
			if err != nil {
				return // it was refused before all of it was sent
			}
			defer response.Body.Close()
			got, err := io.ReadAll(response.Body)
			r.must(err)
			if response.StatusCode < 400 || !strings.Contains(string(got), "("+test.reason) {
				t.Errorf("%s: answered %d %s, want %s", name, response.StatusCode, got, test.reason)
			}
		})
		if most > 64<<20 {
			t.Errorf("%s: %d MiB", name, most>>20)
		}
		if !strings.Contains(r.reasons(), "call:"+test.reason) {
			t.Errorf("%s: not refused for %s: %s", name, test.reason, r.reasons())
		}
	}
}

// memory is by how much the heap grew at most while something was done.
func (r *rig) memory(do func()) uint64 {
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	most := before.HeapInuse
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapInuse)
		select {
		case <-done:
			return most - before.HeapInuse
		case <-tick.C:
		}
	}
}
