package capture_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/capture"
)

func (b *bench) codes(remember time.Duration) {
	account := b.accounts["shop"]
	account.StepUp = capture.Requirement{Method: capture.ChatCode, Remember: remember}
	b.accounts["shop"] = account
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code is the last one that was sent into the chat.
func (b *bench) code() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if len(b.said) == 0 {
		return ""
	}
	return sixDigits.FindString(b.said[len(b.said)-1].text)
}

// other is a code that is not this one.
func other(code string) string {
	return fmt.Sprintf("%06d", (int(code[5]-'0')+1)%10)
}

// TestChatCode: looking sends no code; asking does, once it works, wrong ones
// count, and the form is behind it.
func TestChatCode(t *testing.T) {
	b := newBench(t)
	b.codes(0)
	s := b.site()
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card")).ID
	w := s.browser()
	first := w.get(path)
	first.want(t, "opening", http.StatusOK, "First, a code")
	if len(b.said) != 0 {
		t.Fatal("looking sent something")
	}
	asked := w.post(first, path, "again", "yes")
	asked.want(t, "asking for the code", http.StatusOK, `name="code"`)
	code := b.code()
	wrong := w.post(asked, path, "code", other(code))
	wrong.want(t, "a wrong code", http.StatusUnprocessableEntity, "This code is not right")
	w.post(asked, path, "credit_card", visa).want(t, "no code", http.StatusForbidden, `name="code"`)
	formed := w.post(wrong, path, "code", " "+code[:3]+" "+code[3:])
	formed.want(t, "the code", http.StatusOK, `name="credit_card"`)
	thief := s.browser()
	thief.post(thief.get(path), path, "code", code).want(t, "the code again", http.StatusUnprocessableEntity, "This code is not right")
	next := "/c/" + b.issue(s.book, order(b.person("psid:2"), "credit_card")).ID
	thief.take(thief.get(next).header.Get("Set-Cookie"), w.cookie(path))
	thief.get(next).want(t, "what was proved for another link", http.StatusOK, "First, a code")
	w.post(formed, path, "credit_card", visa).want(t, "filling in", http.StatusOK, sayDone)
	b.one("psid:1")
	if b.count("step_up") != 1 || b.count("step_up_failed") != 2 {
		t.Errorf("counted %v", b.events)
	}
}

// cookie is the session that a browser has for a link, as a header would set it.
func (w *browser) cookie(path string) string {
	at, _ := url.Parse(w.site.URL + path)
	for _, cookie := range w.client.Jar.Cookies(at) {
		if strings.HasPrefix(cookie.Name, "__Host-form-") {
			return cookie.String()
		}
	}
	return ""
}

// TestChatCodeLimits: ten minutes, five failures whatever the code, one winner.
func TestChatCodeLimits(t *testing.T) {
	b := newBench(t)
	b.codes(0)
	s := b.site()
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card")).ID
	w := s.browser()
	asked := w.post(w.get(path), path, "again", "yes")
	old := b.code()
	b.move(10 * time.Minute)
	w.post(asked, path, "code", old).want(t, "ten minutes later", http.StatusUnprocessableEntity, "not right")
	w.post(asked, path, "again", "yes").want(t, "a new code", http.StatusOK, `name="code"`)
	for range 3 {
		w.post(asked, path, "code", other(b.code())).want(t, "a wrong code", http.StatusUnprocessableEntity, "not right")
	}
	w.post(asked, path, "again", "yes")
	w.post(asked, path, "code", other(b.code())).want(t, "the fifth failure", http.StatusGone, sayLocked)
	w.post(asked, path, "code", b.code()).want(t, "the right one after it", http.StatusGone, sayLate)

	next := "/c/" + b.issue(s.book, order(b.person("psid:2"), "credit_card")).ID
	asked = w.post(w.get(next), next, "again", "yes")
	code, won := b.code(), 0
	var mutex sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			got := w.post(asked, next, "code", code)
			mutex.Lock()
			defer mutex.Unlock()
			if strings.Contains(got.body, `name="credit_card"`) {
				won++
			}
		})
	}
	all.Wait()
	if b.count("step_up") != 1 {
		t.Errorf("one code let %d in", b.count("step_up"))
	}
}

// TestRemembered: a device that was remembered needs no code, in this
// conversation, for as long as the configuration says.
func TestRemembered(t *testing.T) {
	b := newBench(t)
	b.codes(48 * time.Hour)
	s := b.site()
	w := s.browser()
	let := func(alias, kind string, remember ...string) page {
		path := "/c/" + b.issue(s.book, order(b.person(alias), kind)).ID
		got := w.get(path)
		if strings.Contains(got.body, "First, a code") {
			asked := w.post(got, path, "again", "yes")
			asked.want(t, "the code page", http.StatusOK, `name="remember"`)
			w.post(asked, path, append(remember, "code", b.code())...).want(t, "the code", http.StatusOK, "<form")
		}
		return got
	}
	let("psid:1", "email").want(t, "before", http.StatusOK, "First, a code")
	let("psid:1", "iban", "remember", "yes").want(t, "not remembered", http.StatusOK, "First, a code")
	let("psid:1", "phone").want(t, "remembered", http.StatusOK, `name="phone"`)
	let("psid:2", "phone").want(t, "another person", http.StatusOK, "First, a code")
	b.codes(24 * time.Hour)
	let("psid:1", "ssn").want(t, "a shorter time", http.StatusOK, "First, a code")
	b.codes(48 * time.Hour)
	b.move(48 * time.Hour)
	let("psid:1", "email").want(t, "two days later", http.StatusOK, "First, a code")
}
