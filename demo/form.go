package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/demo/platform"
)

// byProxy is how the proxy's own messages name who sent them.
const byProxy = "piiproxy"

var (
	errNoForm  = errors.New("no button leads to a form")
	errForm    = errors.New("the form does not answer as a form does")
	proofIn    = regexp.MustCompile(`name="proof" value="([^"]+)"`)
	inputIn    = regexp.MustCompile(`<input[^>]*\bname="([a-z0-9_]+)"`)
	longestWeb = int64(1 << 20)
)

// formLink is the address behind a message's button to a form; empty when it has
// none.
func (s *stage) formLink(record platform.Record) string {
	for _, button := range record.Buttons {
		if button.Kind == "url" && strings.HasPrefix(button.ID, s.settings.PublicURL+"/c/") {
			return button.ID
		}
	}
	return ""
}

// newestLink is the form that the chat asked for last.
func (s *stage) newestLink(channel string) string {
	for _, record := range slices.Backward(s.platform.Records(s.person(channel).ID)) {
		if link := s.formLink(record); link != "" {
			return link
		}
	}
	return ""
}

// fillIn does what a person with a browser does with the newest form of a chat:
// opens it, types those of the values that it asks for, and sends them. It
// returns what was typed. The link must be over then.
func (s *stage) fillIn(ctx context.Context, channel string, values []value) ([]value, error) {
	link := s.newestLink(channel)
	if link == "" {
		return nil, errNoForm
	}
	browser := &http.Client{Transport: &http.Transport{Proxy: nil}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer browser.CloseIdleConnections()
	page, err := visit(ctx, browser, http.MethodGet, link, nil)
	if err != nil {
		return nil, err
	}
	proof := proofIn.FindStringSubmatch(page.body)
	if page.status != http.StatusOK || proof == nil {
		return nil, errForm
	}
	asked := map[string]bool{}
	for _, input := range inputIn.FindAllStringSubmatch(page.body, -1) {
		asked[input[1]] = true
	}
	fields := url.Values{"proof": {proof[1]}}
	var typed []value
	for _, v := range values {
		if asked[v.kind] {
			typed = append(typed, v)
			fields.Set(v.kind, v.text)
		}
	}
	header := http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Cookie": {page.cookie},
		"Origin": {s.settings.PublicURL}, "Sec-Fetch-Site": {"same-origin"},
	}
	sent, err := visit(ctx, browser, http.MethodPost, link, header, fields.Encode())
	if err != nil || sent.status != http.StatusSeeOther {
		return typed, errors.Join(errForm, err)
	}
	again, err := visit(ctx, browser, http.MethodGet, link, nil)
	if err != nil || again.status != http.StatusGone {
		return typed, errors.Join(errors.New("the link of a form that was filled in opens again"), err)
	}
	return typed, nil
}

// webPage is what a browser got.
type webPage struct {
	status       int
	body, cookie string
}

func visit(ctx context.Context, browser *http.Client, method, link string, header http.Header, body ...string) (webPage, error) {
	request, err := http.NewRequestWithContext(ctx, method, link, strings.NewReader(strings.Join(body, "")))
	if err != nil {
		return webPage{}, errForm
	}
	if header != nil {
		request.Header = header
	}
	answer, err := browser.Do(request)
	if err != nil {
		return webPage{}, fmt.Errorf("opening a form: %w", errForm) // the cause quotes the link
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, longestWeb))
	if err != nil {
		return webPage{}, errForm
	}
	cookie, _, _ := strings.Cut(answer.Header.Get("Set-Cookie"), ";")
	return webPage{answer.StatusCode, string(text), cookie}, nil
}

// resumed lists what reached the bot in a person's name and was never on the
// platform, oldest first: the turns that forms made.
func (s *stage) resumed(person platform.Person) []arrival {
	known := map[string]bool{}
	for _, record := range s.platform.Records(person.ID) {
		known[record.ID] = true
	}
	var found []arrival
	exchanges := s.hooks.list()
	got := arrivalsIn(exchanges)
	for _, e := range exchanges {
		for _, message := range e.got {
			if message.echo || message.from != person.ID || known[message.id] {
				continue
			}
			known[message.id] = true
			found = append(found, got[message.id])
		}
	}
	return found
}
