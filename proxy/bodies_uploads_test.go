package proxy_test

import (
	"net/http"
	"net/url"
	"testing"
)

// TestUploadIsNoRoad: what begins a resumable upload has parameters, and no file;
// only a call of one session has a body that is not read.
func TestUploadIsNoRoad(t *testing.T) {
	r := newRig(t)
	form := "Content-Type: application/x-www-form-urlencoded"
	words := "file_name=" + url.QueryEscape(wordsWithCard)
	batch := "batch=" + url.QueryEscape(`[{"method":"POST","relative_url":"me/messages","body":"recipient=%7B%22id%22%3A%22`+anna+`%22%7D&message=`+url.QueryEscape(says(wordsWithCard))+`"}]`)
	for name, body := range map[string]string{"words": words, "a batch": batch, "a registration": "callback_url=https%3A%2F%2Fbot.example%2F"} {
		for _, target := range []string{"/shop/v23.0/445566/uploads", "/shop/v23.0/upload:abc/media", "/shop/v23.0/me/messages/uploads"} {
			before := len(r.platform.requests())
			got := r.ask("bot", "POST", target, body, form)
			if got.status == http.StatusServiceUnavailable {
				t.Errorf("%s at %s: %d %s", name, target, got.status, got.body)
			}
			for _, a := range r.platform.requests()[before:] {
				if shows(a.body) || a.body == body {
					t.Errorf("%s at %s: the platform got %q", name, target, a.body)
				}
			}
		}
	}
	before := len(r.platform.requests())
	if got := r.ask("bot", "POST", "/shop/v23.0/445566/uploads", "file_name=a.png&file_length=3&file_type=image%2Fpng", form); got.status != http.StatusOK {
		t.Errorf("a form that begins an upload: %d %s", got.status, got.body)
	}
	if got := r.ask("bot", "POST", "/shop/v23.0/upload:abc", "\x89PNG\r\n", form, "File_Offset: 0"); got.status != http.StatusOK {
		t.Errorf("a file as curl sends it: %d %s", got.status, got.body)
	}
	if a := r.platform.requests()[before:]; len(a) != 2 || a[1].body != "\x89PNG\r\n" || a[1].header.Get("File_offset") != "0" || a[1].header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("the platform got %v", a)
	}
}
