package rig

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"testing"
	"time"
)

var quiet = log.New(io.Discard, "", 0)

// Reply is what came back from piiproxy.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	Took   time.Duration
	Err    error // no answer at all
}

// Deliver signs body for app and posts it to a webhook, once.
func (p *Platform) Deliver(ctx context.Context, webhook string, app App, body []byte) Reply {
	header := http.Header{}
	app.Sign(body, header)
	return p.Post(ctx, webhook, body, header)
}

// Post posts body to a webhook with the given headers besides Meta's usual
// ones, once.
func (p *Platform) Post(ctx context.Context, webhook string, body []byte, header http.Header) Reply {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, webhook, bytes.NewReader(body))
	if err != nil {
		return Reply{Err: err}
	}
	request.Header = header.Clone()
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "facebookexternalua")
	request.Header.Set("Accept", "*/*")
	return Do(p.client, request)
}

// Do sends a request and reads the whole answer.
func Do(client *http.Client, request *http.Request) Reply {
	start := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return Reply{Err: err, Took: time.Since(start)}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return Reply{Status: response.StatusCode, Header: response.Header, Body: body, Took: time.Since(start), Err: err}
}

// MustDeliver delivers body once and fails the test unless it is taken.
func (p *Platform) MustDeliver(t testing.TB, webhook string, app App, body []byte) Reply {
	t.Helper()
	reply := p.Deliver(t.Context(), webhook, app, body)
	if reply.Err != nil || reply.Status != http.StatusOK {
		t.Fatalf("webhook: want 200, got %d %s (error: %v)", reply.Status, reply.Body, reply.Err)
	}
	return reply
}

// Insist delivers body again and again, as Meta does, until it is taken or
// the context ends. It reports whether it was taken and how often it tried.
func (p *Platform) Insist(ctx context.Context, webhook string, app App, body []byte) (taken bool, tries int) {
	return p.InsistAt(ctx, func() string { return webhook }, app, body)
}

// InsistAt is Insist with an address for each try, as a load balancer would have
// it.
func (p *Platform) InsistAt(ctx context.Context, webhook func() string, app App, body []byte) (taken bool, tries int) {
	for pause := 50 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, 500*time.Millisecond) {
		tries++
		if reply := p.Deliver(ctx, webhook(), app, body); reply.Err == nil && reply.Status == http.StatusOK {
			return true, tries
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return false, tries
}
