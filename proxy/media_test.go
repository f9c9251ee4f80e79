package proxy_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
)

const multipartType = "multipart/form-data; boundary=b"

// tinyGIF is a picture of one pixel. What stands behind its end is nobody's
// metadata: the format is passed on as it is.
const tinyGIF = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// inspected bounds what is held of a body.
func inspected(size int) func(*plan) {
	return func(p *plan) { p.limits.Payload.Bytes = size }
}

// chunked posts a body of which nobody says how long it is, as form-data of npm
// does.
func (r *rig) chunked(target, contentType string, body io.Reader, headers ...string) reply {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), "POST", "http://"+r.address["bot"]+target, io.MultiReader(body))
	r.must(err)
	request.Header.Set("Content-Type", contentType)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Add(name, value)
	}
	response, err := client.Do(request)
	r.must(err)
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	r.must(err)
	return reply{response.StatusCode, string(got), response.Header}
}

// multipartFile is a media upload as WhatsApp wants it.
func multipartFile(content string) string {
	return "--b\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content + "\r\n--b--\r\n"
}

// media is a policy for both directions.
func media(inbound, outbound map[string]string) func(*plan) {
	return func(p *plan) { p.media = proxy.Media{Inbound: inbound, Outbound: outbound} }
}

// Files go out where policy lets them, byte for byte. What kind a resumable upload
// holds is not looked at, so a kind that is blocked blocks it.
func TestMediaUpload(t *testing.T) {
	file := multipartFile(tinyPNG())
	for _, test := range []struct {
		name              string
		policy            map[string]string
		passes, resumable bool
	}{
		{"pass", map[string]string{"default": "pass"}, true, true},
		{"block", map[string]string{"default": "block"}, false, false},
		{"nothing said", map[string]string{}, false, false},
		{"images blocked", map[string]string{"image": "block", "default": "pass"}, false, false},
		{"images passed", map[string]string{"image": "pass", "default": "block"}, true, false},
		{"others blocked", map[string]string{"file": "block", "default": "pass"}, true, false},
	} {
		r := newRig(t, media(map[string]string{"default": "pass"}, test.policy))
		for name, upload := range map[string][2]string{
			"media":      {"/" + lineID + "/media", multipartType},
			"attachment": {"/shop/v23.0/me/message_attachments", multipartType},
			"resumable":  {"/shop/v23.0/upload:MTphdHRhY2htZW50", "application/octet-stream"},
		} {
			before := len(r.platform.requests())
			got := r.ask("bot", "POST", upload[0], file, "Content-Type: "+upload[1], "Authorization: Bearer "+shopToken)
			if name == "resumable" && !test.resumable || !test.passes {
				r.refused(test.name+", "+name, got, http.StatusForbidden, "media_blocked")
				continue
			}
			if got.status != http.StatusOK {
				t.Errorf("%s, %s: answered %d %s", test.name, name, got.status, got.body)
			} else if sent := r.platform.requests()[before]; sent.body != file || sent.header.Get("Content-Type") != upload[1] {
				t.Errorf("%s, %s: the file changed on its way", test.name, name)
			}
		}
	}
}

// What an upload carries in its query is judged like any other call's.
func TestMediaUploadQuery(t *testing.T) {
	r := newRig(t)
	for query, reason := range map[string]string{"method=delete": "method_parameter", "note=" + digits: "unlisted_value"} {
		got := r.ask("bot", "POST", "/"+lineID+"/media?"+query, multipartFile("x"), "Content-Type: "+multipartType)
		r.refused(query, got, http.StatusBadRequest, reason)
	}
	r.nothing(r.platform)
}

// A large upload is streamed: its head arrives while its end is not yet sent.
func TestMediaUploadIsStreamed(t *testing.T) {
	r := newRig(t, inspected(64<<10))
	first := make(chan []byte, 1)
	platform := newUpstreamHandler(t, func(w http.ResponseWriter, q *http.Request) {
		begin := make([]byte, 4)
		_, _ = io.ReadFull(q.Body, begin)
		first <- begin
		_, _ = io.Copy(io.Discard, q.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"1"}`)
	})
	r.plan.graph = platform
	r.restart()
	from, to := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+r.address["bot"]+"/"+lineID+"/media", from)
	r.must(err)
	request.Header.Set("Content-Type", multipartType)
	answered := make(chan int, 1)
	go func() {
		response, err := client.Do(request)
		if err != nil {
			answered <- 0
			return
		}
		_ = response.Body.Close()
		answered <- response.StatusCode
	}()
	head, tail, _ := strings.Cut(multipartFile(tinyGIF+"|"), "|")
	_, err = io.WriteString(to, head+strings.Repeat("a", 256<<10))
	r.must(err)
	select {
	case got := <-first:
		if string(got) != "--b\r" {
			t.Errorf("the platform got %q first", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("the upload is held back until it is whole")
	}
	_, err = io.WriteString(to, tail)
	r.must(err)
	r.must(to.Close())
	if got := <-answered; got != http.StatusOK {
		t.Errorf("answered %d", got)
	}
}

// A file over the bound is refused, and one that turns out to be is cut.
func TestMediaUploadSize(t *testing.T) {
	platform := newUpstream(t) // before the rig, whose idle connections it waits for
	r := newRig(t, inspected(4<<10), func(p *plan) { p.limits.Media, p.graph = 20_000, platform.url })
	upload := func(size int, headers ...string) reply {
		headers = append(headers, "Content-Type: "+multipartType)
		return r.ask("bot", "POST", "/"+lineID+"/media", multipartFile(tinyGIF+strings.Repeat("a", size)), headers...)
	}
	r.refused("told", upload(25_000), http.StatusRequestEntityTooLarge, "media_too_large")
	r.refused("told, and the file is too large", upload(20_000), http.StatusRequestEntityTooLarge, "media_too_large")
	for _, size := range []int{20_000, 60_000} {
		stream := r.chunked("/"+lineID+"/media", multipartType, strings.NewReader(multipartFile(tinyGIF+strings.Repeat("a", size))))
		r.refused("in chunks", stream, http.StatusRequestEntityTooLarge, "media_too_large")
	}
	r.refused("a piece", r.ask("bot", "POST", "/shop/upload:MTph", strings.Repeat("a", 20_001), "Content-Type: application/octet-stream"), http.StatusRequestEntityTooLarge, "media_too_large")
	if whole, _ := platform.take(); len(whole) != 0 {
		t.Errorf("the platform got %d whole requests", len(whole))
	}
	if got := upload(19_000); got.status != http.StatusOK {
		t.Errorf("one within the bound: %d %s", got.status, got.body)
	}
}
