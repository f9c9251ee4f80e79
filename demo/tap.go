package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"
)

// longestTapped bounds one body; Meta's webhooks stay below 3 MB.
const longestTapped = 8 << 20

// exchange is one request through a tap and its answer.
type exchange struct {
	at       time.Time
	method   string
	target   string // path and query; the access token is cut out
	request  []byte
	response []byte
	status   int
	got      []seen // messages of a delivery
	sentID   string // of a send, given by the platform
	sentText string
}

// tap is a wire tap: it passes HTTP on to one target as it comes and keeps the
// bytes. One stands before the bot's door and one before its way out, so that
// the demo can show what any bot sees, also one that it did not write.
type tap struct {
	url     string
	server  *http.Server
	direct  *http.Transport
	serving sync.WaitGroup
	changed func()

	mu        sync.Mutex
	exchanges []exchange
	refusals  int // how many of the next requests get 503 instead
}

func openTap(address, target string, changed func()) (*tap, error) {
	base, err := url.Parse(target)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, errors.New("not an absolute http or https URL; write it like http://127.0.0.1:3000/webhook")
	}
	listener, err := listen(address)
	if err != nil {
		return nil, err
	}
	t := &tap{url: "http://" + listener.Addr().String(), direct: &http.Transport{Proxy: nil, DisableCompression: true}, changed: changed}
	reverse := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(base) },
		Transport:      t.direct,
		ModifyResponse: t.keep,
		ErrorHandler:   t.fail,
		ErrorLog:       log.New(io.Discard, "", 0),
	}
	t.server = &http.Server{Handler: t.handler(reverse), ReadHeaderTimeout: 5 * time.Second}
	t.serving.Go(func() { _ = t.server.Serve(listener) })
	return t, nil
}

// listen takes a free port when the wished one is in use.
func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err == nil {
		return listener, nil
	}
	host, _, splitErr := net.SplitHostPort(address)
	if splitErr != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	listener, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return listener, nil
}

func (t *tap) Close() error {
	err := t.server.Close()
	t.serving.Wait()
	t.direct.CloseIdleConnections()
	return err
}

// list returns all exchanges so far, oldest first.
func (t *tap) list() []exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.exchanges)
}

// refuse lets the next requests fail, as a bot that restarts would.
func (t *tap) refuse(requests int) {
	t.mu.Lock()
	t.refusals += requests
	t.mu.Unlock()
}

type tapped struct{}

func (t *tap) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestTapped))
		if err != nil {
			http.Error(w, "unreadable body", http.StatusBadRequest)
			return
		}
		e := exchange{at: time.Now(), method: r.Method, target: withoutToken(r.URL), request: body}
		if t.refused() {
			e.status = http.StatusServiceUnavailable
			t.add(e)
			http.Error(w, "the bot restarts", e.status)
			return
		}
		r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tapped{}, e)))
	})
}

func (t *tap) refused() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refusals == 0 {
		return false
	}
	t.refusals--
	return true
}

func (t *tap) keep(response *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, longestTapped))
	_ = response.Body.Close()
	if err != nil {
		return fmt.Errorf("reading an answer: %w", err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	e, _ := response.Request.Context().Value(tapped{}).(exchange)
	e.response, e.status = body, response.StatusCode
	t.add(e)
	return nil
}

func (t *tap) fail(w http.ResponseWriter, r *http.Request, _ error) {
	e, _ := r.Context().Value(tapped{}).(exchange)
	e.status = http.StatusBadGateway
	t.add(e)
	w.WriteHeader(e.status)
}

func (t *tap) add(e exchange) {
	e.got = messagesIn(e.request)
	e.sentID, e.sentText = sentIn(e)
	t.mu.Lock()
	if len(t.exchanges) >= 4000 {
		t.exchanges = slices.Clone(t.exchanges[2000:])
	}
	t.exchanges = append(t.exchanges, e)
	t.mu.Unlock()
	t.changed()
}

func withoutToken(target *url.URL) string {
	query := target.Query()
	if !query.Has("access_token") {
		return target.RequestURI()
	}
	query.Del("access_token")
	shown := url.URL{Path: target.Path, RawPath: target.RawPath, RawQuery: query.Encode()}
	return shown.RequestURI()
}
