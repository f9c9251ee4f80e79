package proxy_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
)

const multipartType = "multipart/form-data; boundary=b"

// multipartFile is a media upload as WhatsApp wants it.
func multipartFile(content string) string {
	return "--b\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n" + content + "\r\n--b--\r\n"
}

// media is a policy for both directions.
func media(inbound, outbound map[string]string) func(*plan) {
	return func(p *plan) { p.media = proxy.Media{Inbound: inbound, Outbound: outbound} }
}

// Files go out where policy lets them, byte for byte; a kind that is blocked
// blocks what cannot be told from it.
func TestMediaUpload(t *testing.T) {
	file := multipartFile("\x89PNG\r\n\x1a\n\x00\x01" + strings.Repeat("\xff\x00", 1000))
	for _, test := range []struct {
		name   string
		policy map[string]string
		passes bool
	}{
		{"pass", map[string]string{"default": "pass"}, true},
		{"block", map[string]string{"default": "block"}, false},
		{"nothing said", map[string]string{}, false},
		{"images blocked", map[string]string{"image": "block", "default": "pass"}, false},
		{"images passed", map[string]string{"image": "pass", "default": "block"}, false},
	} {
		r := newRig(t, media(map[string]string{"default": "pass"}, test.policy))
		for name, upload := range map[string][2]string{
			"media":      {"/" + lineID + "/media", multipartType},
			"attachment": {"/shop/v23.0/me/message_attachments", multipartType},
			"resumable":  {"/shop/v23.0/upload:MTphdHRhY2htZW50", "application/octet-stream"},
		} {
			before := len(r.platform.requests())
			got := r.ask("bot", "POST", upload[0], file, "Content-Type: "+upload[1], "Authorization: Bearer "+shopToken)
			if !test.passes {
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
	for query, reason := range map[string]string{"method=delete": "method_parameter", "message=hi": "query", "note=" + digits: "value_in_query"} {
		got := r.ask("bot", "POST", "/"+lineID+"/media?"+query, multipartFile("x"), "Content-Type: "+multipartType)
		r.refused(query, got, http.StatusBadRequest, reason)
	}
	r.nothing(r.platform)
}

// An upload is streamed: its head arrives while its end is not yet sent.
func TestMediaUploadIsStreamed(t *testing.T) {
	r := newRig(t)
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
	_, err = to.Write(bytes.Repeat([]byte("a"), 64<<10))
	r.must(err)
	select {
	case got := <-first:
		if string(got) != "aaaa" {
			t.Errorf("the platform got %q first", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("the upload is held back until it is whole")
	}
	r.must(to.Close())
	if got := <-answered; got != http.StatusOK {
		t.Errorf("answered %d", got)
	}
}

// An upload over the bound is refused, and one that turns out to be is cut.
func TestMediaUploadSize(t *testing.T) {
	r := newRig(t, func(p *plan) { p.limits.Media = 10_000 })
	got := r.ask("bot", "POST", "/"+lineID+"/media", strings.Repeat("a", 10_001), "Content-Type: "+multipartType)
	r.refused("told", got, http.StatusRequestEntityTooLarge, "media_too_large")
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 4000, strings.Repeat("a", 4000))
	stream := request("POST /shop/"+lineID+"/media HTTP/1.1", strings.Repeat(chunk, 5)+"0\r\n\r\n", "Transfer-Encoding: chunked")
	stream = strings.Replace(stream, "application/json", multipartType, 1)
	if got := r.wire("bot", stream); len(got) != 1 || strings.HasPrefix(got[0], "2") {
		t.Errorf("in chunks: answered %v", got)
	}
	r.nothing(r.platform)
}
