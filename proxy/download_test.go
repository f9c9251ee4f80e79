package proxy_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	files "github.com/piiproxy/piiproxy/media"
	"github.com/piiproxy/piiproxy/rules"
)

const picturePath = "/shop/v23.0/1234567/picture"

// Files of a few kinds, as far as they need to be to be known.
const (
	mp4  = "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42\x00\x00\x00\x08free"
	ogg  = "OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x13OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"
	pdf  = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
	gif  = "GIF89a\x01\x00\x01\x00\x00\x00\x00"
	webp = "RIFF\x14\x00\x00\x00WEBPVP8L\x07\x00\x00\x00\x2f\x00\x00\x00\x00\x00\x00\x00"
)

// anyPicture has the structure of a JPEG picture, and nothing in it.
const anyPicture = "\xff\xd8\xff\xe0\x00\x02\xff\xd9"

// photograph is a JPEG picture that says who took it.
func photograph(t *testing.T, says string) string {
	t.Helper()
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 64)), nil); err != nil {
		t.Fatal(err)
	}
	file := picture.String()
	return file[:2] + "\xff\xfe\x00" + string(byte(len(says)+2)) + says + file[2:]
}

// Files come in where policy lets them, byte for byte.
func TestMediaDownload(t *testing.T) {
	more := strings.Repeat("\xff\x00", 5000)
	jpg := photograph(t, "")
	for _, test := range []struct {
		contentType, file string
		policy            map[string]string
		passes            bool
	}{
		{"image/jpeg", jpg, map[string]string{"default": "pass"}, true},
		{"image/jpeg", jpg, map[string]string{"image": "block", "default": "pass"}, false},
		{"Image/JPEG", jpg, map[string]string{"image": "block", "default": "pass"}, false},
		{"application/octet-stream", jpg, map[string]string{"image": "block", "default": "pass"}, false},
		{"application/octet-stream", jpg, map[string]string{"file": "block", "default": "pass"}, true},
		{"image/webp", webp, map[string]string{"sticker": "block", "default": "pass"}, false},
		{"image/webp", webp, map[string]string{"sticker": "pass", "image": "pass", "default": "block"}, true},
		{"image/gif", gif + more, map[string]string{"sticker": "block", "default": "pass"}, true},
		{"audio/ogg; codecs=opus", ogg + more, map[string]string{"audio": "pass", "default": "block"}, true},
		{"video/mp4", mp4 + more, map[string]string{"default": "block"}, false},
		{"audio/mp4", mp4 + more, map[string]string{"video": "block", "default": "pass"}, false},
		{"video/mp4", mp4 + more, map[string]string{"default": "pass"}, true},
		{"application/pdf", pdf + more, map[string]string{"file": "block", "default": "pass"}, false},
		{"application/pdf", pdf + more, map[string]string{"file": "pass", "default": "block"}, true},
		{"application/octet-stream", more, map[string]string{"file": "block", "default": "pass"}, false},
		{"application/octet-stream", more, map[string]string{"file": "pass", "default": "block"}, true},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PK\x03\x04" + more, map[string]string{"default": "pass"}, true},
		{"text/plain", "hello", map[string]string{"file": "block", "default": "pass"}, false},
		{"text/plain", "hello", map[string]string{"file": "pass", "default": "block"}, true},
	} {
		r := newRig(t, media(test.policy, nil))
		r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", test.contentType)
			w.Header().Set("Content-Length", fmt.Sprint(len(test.file)))
			_, _ = io.WriteString(w, test.file)
		})
		got := r.ask("bot", "GET", picturePath, "")
		switch {
		case !test.passes:
			r.refused(test.contentType, got, http.StatusForbidden, "media_blocked")
		case got.status != http.StatusOK || got.body != test.file || got.header.Get("Content-Type") != test.contentType:
			t.Errorf("%s, %v: answered %d, %d bytes", test.contentType, test.policy, got.status, len(got.body))
		case got.header.Get("Content-Length") != fmt.Sprint(len(test.file)):
			t.Errorf("%s: its length is not said", test.contentType)
		}
	}
}

// A file that is declared as another thing than it is, and what is no file, is
// refused.
func TestMediaDownloadMismatch(t *testing.T) {
	r := newRig(t)
	for declared, file := range map[string]string{
		"image/jpeg": "<html>" + card + "</html>", "image/png": photograph(t, ""), "video/mp4": "\x00\x01", "application/pdf": "PK\x03\x04",
		"text/plain": "\x00\x01" + digits, "audio/ogg": mp4, "application/x-www-form-urlencoded": "card=" + digits,
	} {
		want, status := "media_mismatch", http.StatusUnsupportedMediaType
		if declared == "application/x-www-form-urlencoded" {
			want, status = "answer_unreadable", http.StatusBadGateway
		}
		r.platform.says(http.StatusOK, declared, file)
		r.refused(declared, r.ask("bot", "GET", picturePath, ""), status, want)
	}
	for contentType, status := range map[string]int{
		"image/svg+xml": 200, "text/html": 200, "application/xml": 200, "multipart/mixed": 200, "text/plain; charset=utf-16": 200, "image/jpeg": 404,
	} {
		r.platform.says(status, contentType, "x")
		r.refused(contentType, r.ask("bot", "GET", picturePath, ""), http.StatusBadGateway, "answer_unreadable")
	}
	r.plan.limits.Media = 100
	r.restart()
	r.platform.says(http.StatusOK, "image/jpeg", strings.Repeat("x", 101))
	r.refused("too large", r.ask("bot", "GET", picturePath, ""), http.StatusBadGateway, "answer_media_too_large")
}

// A file that breaks off, turns out too large, or turns out to be no picture, must
// not look complete.
func TestMediaDownloadBreaksOff(t *testing.T) {
	r := newRig(t, func(p *plan) { p.limits.Media = 100_000 })
	head := func(kind string) string { return "HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\n" }
	film := mp4 + strings.Repeat("x", 50_000-len(mp4))
	picture := "\xff\xd8" + strings.Repeat("\xff\xfe\x10\x00"+strings.Repeat("x", 4094), 5) + "and no picture"
	for name, answer := range map[string]string{
		"cut":        head("video/mp4") + "Content-Length: 50001\r\n\r\n" + film,
		"too large":  head("video/mp4") + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("c350\r\n"+film+"\r\n", 3) + "0\r\n\r\n",
		"no picture": head("image/jpeg") + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(picture)) + picture,
	} {
		r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(connection, answer)
				_ = connection.Close()
			}
		})
		response, err := client.Get("http://" + r.address["bot"] + picturePath)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: the bot took it for complete", name)
		}
	}
}

// Pictures say nothing beside the picture, as long as policy does not keep it;
// their length stays. A picture that is none is refused.
func TestMediaDownloadStripsMetadata(t *testing.T) {
	file := photograph(t, "taken by Canary")
	hidden := strings.Replace(file, "taken by Canary", strings.Repeat("\x00", len("taken by Canary")), 1)
	for name, test := range map[string]struct {
		change func(*plan)
		want   string
	}{
		"strip":  {func(*plan) {}, hidden},
		"keep":   {func(p *plan) { p.media.KeepMetadata = true }, file},
		"shadow": {func(p *plan) { p.accounts[0].mode = rules.Shadow }, file},
		"off":    {func(p *plan) { p.accounts[0].mode = rules.Off }, file},
	} {
		r := newRig(t, test.change)
		r.platform.says(http.StatusOK, "image/jpeg", file)
		got := r.ask("bot", "GET", picturePath, "")
		if got.status != http.StatusOK || got.body != test.want || got.header.Get("Content-Length") != fmt.Sprint(len(file)) {
			t.Errorf("%s: answered %d, %d bytes of %d, canary %v", name, got.status, len(got.body), len(file), strings.Contains(got.body, "Canary"))
		}
	}
	r := newRig(t)
	r.platform.says(http.StatusOK, "image/jpeg", file[:len(file)-20])
	r.refused("cut off", r.ask("bot", "GET", picturePath, ""), http.StatusUnsupportedMediaType, "media_unreadable")
	r.platform.says(http.StatusOK, "image/jpeg", "\xff\xd8\xff\x01"+card)
	r.refused("no picture", r.ask("bot", "GET", picturePath, ""), http.StatusUnsupportedMediaType, "media_unreadable")
}

// Files of text are redacted like a message, whatever they are declared as.
func TestMediaDownloadRedactsText(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("the order is on its way\n", 2000)
	portrait := "PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgoAAAANSUhEUg" + strings.Repeat("\r\n "+strings.Repeat("AUA9TXL0Y4OHw7A", 5), 2000) // as telephones export
	for name, test := range map[string]struct{ declared, file, want string }{
		"plain":       {"text/plain; charset=utf-8", "my card is " + card + ".\n", "my card is [CREDIT_CARD].\n"},
		"undeclared":  {"application/octet-stream", "my card is " + card + ".\n", "my card is [CREDIT_CARD].\n"},
		"clean":       {"text/plain", long, long},
		"at its end":  {"text/plain", long + "card " + card + "\n", long + "card [CREDIT_CARD]\n"},
		"table":       {"text/csv", "name,card\nann," + card + "\nbob,none\n", "name,card\nann,[CREDIT_CARD]\nbob,none\n"},
		"JSON":        {"application/octet-stream", `{"note":"card \u0034111 1111 1111 1111"}`, `{"note":"card [CREDIT_CARD]"}`},
		"JSON, lines": {"application/octet-stream", "{\"note\":\"" + card + "\"}\n{\"note\":\"\"}\n", "{\"note\":\"[CREDIT_CARD]\"}\n{\"note\":\"\"}\n"},
		"contact":     {"text/vcard", "BEGIN:VCARD\nVERSION:3.0\nNOTE:" + card + "\nEND:VCARD\n", "BEGIN:VCARD\nVERSION:3.0\nNOTE:[CREDIT_CARD]\nEND:VCARD\n"},
		"portrait":    {"text/vcard", "\ufeffBEGIN:VCARD\r\nNOTE:" + card + "\r\n" + portrait + "\r\nEND:VCARD\r\n", "\ufeffBEGIN:VCARD\r\nNOTE:[CREDIT_CARD]\r\n" + portrait + "\r\nEND:VCARD\r\n"},
		"drawing":     {"application/octet-stream", `<svg xmlns="http://www.w3.org/2000/svg"><text>` + card + `</text></svg>`, `<svg xmlns="http://www.w3.org/2000/svg"><text>[CREDIT_CARD]</text></svg>`},
	} {
		r.platform.says(http.StatusOK, test.declared, test.file)
		got := r.ask("bot", "GET", picturePath, "")
		if got.status != http.StatusOK || got.body != test.want || got.header.Get("Content-Length") != fmt.Sprint(len(got.body)) {
			t.Errorf("%s: answered %d, length %s: %.200q", name, got.status, got.header.Get("Content-Length"), got.body)
		}
	}
	for name, test := range map[string]struct{ file, reason string }{
		"Latin-1":        {"M\xfcnchen " + card, "media_unreadable"},
		"UTF-16":         {"\xff\xfeh\x00i\x00", "media_unreadable"},
		"binary behind":  {strings.Repeat("hello\n", 1000) + "\xff\xfe", "media_unreadable"},
		"value as count": {`{"card":` + digits + `}`, "media_value"},
	} {
		r.platform.says(http.StatusOK, "application/octet-stream", test.file)
		got := r.ask("bot", "GET", picturePath, "")
		status := http.StatusUnsupportedMediaType
		if test.reason == "media_value" {
			status = http.StatusForbidden
		}
		r.refused(name, got, status, test.reason)
	}
	r.plan.limits.Payload.Bytes = 10_000
	r.restart()
	r.platform.says(http.StatusOK, "text/plain", strings.Repeat("hello\n", 2000))
	r.refused("too long", r.ask("bot", "GET", picturePath, ""), http.StatusUnsupportedMediaType, "media_unreadable")
}

// In shadow mode a text passes as it is, and what would be hidden is counted; a
// policy that blocks a kind blocks the file.
func TestMediaDownloadTextByPolicy(t *testing.T) {
	text := "my card is " + card + ".\n"
	r := newRig(t, func(p *plan) { p.accounts[0].mode = rules.Shadow })
	r.platform.says(http.StatusOK, "text/plain", text)
	if got := r.ask("bot", "GET", picturePath, ""); got.body != text {
		t.Errorf("shadow: %q", got.body)
	}
	blocks := newRig(t, func(p *plan) { p.policy.Inbound["credit_card"] = "block" })
	blocks.platform.says(http.StatusOK, "text/plain", text)
	blocks.refused("block", blocks.ask("bot", "GET", picturePath, ""), http.StatusForbidden, "media_value")
}

// reader is an extractor that prints what a script of the shell makes of a file.
func reader(script string) *files.Extractor {
	return files.NewExtractor(files.Program{
		Command: []string{"/bin/sh", "-c", script}, Types: []string{"application/pdf", "image/*"},
		Timeout: 10 * time.Second, Input: 1 << 20, Output: 1 << 16, Slots: 1,
	})
}

// What an extractor reads decides about a file, which passes as it is or not at
// all; what it cannot read does not pass.
func TestMediaDownloadExtracted(t *testing.T) {
	letter, picture := pdf+strings.Repeat("\xff\x00", 5000), photograph(t, "taken by Canary")
	for name, test := range map[string]struct {
		script, declared, file, reason string
		change                         func(*plan)
	}{
		"clean":          {script: "echo hello", declared: "application/pdf", file: letter},
		"no words":       {script: "true", declared: "application/pdf", file: letter},
		"a value":        {script: "echo " + card, declared: "application/pdf", file: letter, reason: "media_value"},
		"in the file":    {script: "cat", declared: "image/jpeg", file: photograph(t, "card "+card), reason: "media_unreadable"}, // no text
		"fails":          {script: "exit 1", declared: "application/pdf", file: letter, reason: "media_unreadable"},
		"not its type":   {script: "exit 1", declared: "video/mp4", file: mp4},
		"by its content": {script: "echo " + card, declared: "application/octet-stream", file: letter, reason: "media_value"},
		"a picture":      {script: "strings | grep -c Canary", declared: "image/jpeg", file: picture},
		"shadow": {script: "echo " + card, declared: "application/pdf", file: letter, change: func(p *plan) {
			p.accounts[0].mode = rules.Shadow
		}},
		"allowed": {script: "echo " + card, declared: "application/pdf", file: letter, change: func(p *plan) {
			p.policy.Inbound["credit_card"] = "report"
		}},
	} {
		r := newRig(t, func(p *plan) {
			p.extractor = reader(test.script)
			if test.change != nil {
				test.change(p)
			}
		})
		r.platform.says(http.StatusOK, test.declared, test.file)
		for range 2 { // a slot is free again
			got := r.ask("bot", "GET", picturePath, "")
			want := strings.Replace(test.file, "taken by Canary", strings.Repeat("\x00", len("taken by Canary")), 1)
			switch {
			case test.reason == "media_value":
				r.refused(name, got, http.StatusForbidden, test.reason)
			case test.reason != "":
				r.refused(name, got, http.StatusUnsupportedMediaType, test.reason)
			case got.status != http.StatusOK || got.body != want:
				t.Errorf("%s: answered %d, %d bytes of %d", name, got.status, len(got.body), len(test.file))
			}
		}
	}
}

// Whatever ends a file that the extractor has read, its slot is free again.
func TestExtractorSlotIsGivenBack(t *testing.T) {
	r := newRig(t, func(p *plan) {
		p.extractor = reader("true")
		p.policy.Inbound["credit_card"] = "block"
	})
	picture := "\xff\xd8" + strings.Repeat("\xff\xfe\x10\x00"+strings.Repeat("x", 4094), 5) + "and no picture"
	for range 3 {
		r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = io.WriteString(w, picture)
		})
		if response, err := client.Get("http://" + r.address["bot"] + picturePath); err == nil {
			if _, err = io.Copy(io.Discard, response.Body); err == nil {
				t.Error("a picture that breaks off looks whole")
			}
			_ = response.Body.Close()
		}
		r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			w.Header().Set("Www-Authenticate", "card "+card)
			_, _ = io.WriteString(w, pdf)
		})
		r.refused("a header", r.ask("bot", "GET", picturePath, ""), http.StatusBadGateway, "answer_unreadable")
	}
	r.platform.says(http.StatusOK, "application/pdf", pdf)
	if got := r.ask("bot", "GET", picturePath, ""); got.status != http.StatusOK || got.body != pdf {
		t.Errorf("answered %d %s", got.status, got.body)
	}
}

// A file of a person's may be JSON: it is read as a file, not as an answer.
func TestFetchedJSON(t *testing.T) {
	r, hosts := withFiles(t)
	r.platform.says(200, "application/json", `{"url":"`+hosts.url+`/a?ext=2","mime_type":"application/json","id":"77"}`)
	link := stringAt(t, r.ask("bot", "GET", "/line/v23.0/77", "", "Authorization: Bearer "+lineToken).body, "url")
	for file, want := range map[string]string{
		`{"to": "` + card + `"}`:             `{"to": "[CREDIT_CARD]"}`,
		`{"a":1}` + "\n" + `{"a":"hello"}`:   `{"a":1}` + "\n" + `{"a":"hello"}`,
		`{"url":"https://example.com/next"}`: `{"url":"https://example.com/next"}`,
	} {
		hosts.says(200, "application/json", file)
		if got := r.follow(link, "Authorization: Bearer "+lineToken); got.status != 200 || got.body != want {
			t.Errorf("%s: answered %d %s", file, got.status, got.body)
		}
	}
}
