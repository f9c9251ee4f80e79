// Package client calls piiproxy's admin API as a caller that the configuration
// names: Reveal asks what tokens stand for, CreateLink, Link and Fill make and use
// links to forms, Restore turns the tokens of a bot's own data back into values.
//
// It is for whoever stands behind a bot, and uses the standard library alone. No
// error of it holds a value, a token or the id of a link. It asks again only where
// piiproxy says when (429 and 503 with Retry-After), follows no redirect, uses no
// proxy of the environment, and speaks plain HTTP to loopback only.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// timeout is for one request. A batch of 1,000 tokens takes far less.
	timeout = time.Minute
	// defaultPatience is how long a call waits in all for its turn.
	defaultPatience = time.Minute
	// longest is what a Retry-After is read as at most, in seconds: some 68 years. One
	// that overflows would be no wait at all.
	longest = 1<<31 - 1
	// maxAnswer bounds an answer: 1,000 values of the longest texts are less.
	maxAnswer = 64 << 20
)

// Config says whom to call, and as whom.
type Config struct {
	// URL of the admin listener, without a path: https://piiproxy.internal:8082, or
	// http on loopback.
	URL string
	// Token of the caller; empty for one that has a client certificate only.
	Token string
	// Second is the token of a second caller, for Restore.
	Second string
	// TLS has the authorities to trust and a client certificate; nil for the
	// system's authorities and none.
	TLS *tls.Config
	// Patience is how long a call waits in all where piiproxy says to ask again;
	// zero is a minute, less than zero is not at all.
	Patience time.Duration
}

// Client calls one piiproxy, for many goroutines.
type Client struct {
	config Config
	base   *url.URL
	http   *http.Client
}

// New makes a client. It calls nobody yet. An error says which part of the
// configuration is wrong.
func New(config Config) (*Client, error) {
	base, err := url.Parse(config.URL)
	if err != nil || base.Host == "" || base.RawQuery != "" || strings.Trim(base.Path, "/") != "" || base.User != nil {
		return nil, errors.New("config.URL must be scheme and host only, for example https://piiproxy.internal:8082")
	}
	switch {
	case base.Scheme == "http" && !loopback(base.Hostname()):
		return nil, errors.New("config.URL must be https: plain http is for loopback only")
	case base.Scheme != "http" && base.Scheme != "https":
		return nil, errors.New("config.URL must begin with https://")
	case config.Token == "" && (config.TLS == nil || len(config.TLS.Certificates) == 0 && config.TLS.GetClientCertificate == nil):
		return nil, errors.New("config.Token is empty, and there is no client certificate in config.TLS: a caller has one of them")
	}
	if config.Patience == 0 {
		config.Patience = defaultPatience
	}
	transport := &http.Transport{Proxy: nil, TLSClientConfig: config.TLS, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 30 * time.Second}
	return &Client{config: config, base: base, http: &http.Client{
		Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close lets go of connections that wait for the next call.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Error is an answer of piiproxy that is not 200.
type Error struct {
	// Status is that of HTTP. 401: the token is not known. 403: it is for something
	// else. 404: no such link or person for this caller. 409: too many open links.
	// 410: the link was used or has expired. 422: look at Message. 429: the rate. 503:
	// nothing was done, it may pass.
	Status int
	// Message says what to do; it holds no value.
	Message string
	// Problems says of single values of a form what is wrong, by the field's name;
	// Texts says it to the person, in the language of the link; Tries are left.
	Problems map[string]string
	Texts    map[string]string
	Tries    int
	// RetryAfter is how long to wait; zero when piiproxy does not say.
	RetryAfter time.Duration
}

// Error has status and message.
func (e *Error) Error() string { return fmt.Sprintf("piiproxy answered %d: %s", e.Status, e.Message) }

// call sends an order and decodes the answer, again and again as long as piiproxy
// says when and there is patience left.
func (c *Client) call(ctx context.Context, method, path string, order, answer any) error {
	body, err := json.Marshal(order)
	if err != nil {
		return errors.New("encoding the order")
	}
	for patience := c.config.Patience; ; {
		err := c.once(ctx, method, path, body, answer)
		var refused *Error
		if !errors.As(err, &refused) || refused.RetryAfter == 0 || refused.RetryAfter > patience {
			return err
		}
		patience -= refused.RetryAfter
		wait := time.NewTimer(refused.RetryAfter)
		select {
		case <-ctx.Done():
			wait.Stop()
			return fmt.Errorf("waiting for piiproxy: %w", ctx.Err())
		case <-wait.C:
		}
	}
}

func (c *Client) once(ctx context.Context, method, path string, body []byte, answer any) error {
	target := *c.base
	target.Path = path
	request, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return errors.New("preparing the request")
	}
	if method != http.MethodGet {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.config.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.config.Token)
	}
	if c.config.Second != "" {
		request.Header.Set("Piiproxy-Approval", "Bearer "+c.config.Second)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("calling piiproxy: %w", withoutURL(err))
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading piiproxy's answer: %w", withoutURL(err))
	}
	if response.StatusCode != http.StatusOK {
		return refusedBy(response, content)
	}
	if json.Unmarshal(content, answer) != nil { // its error may quote
		return errors.New("reading piiproxy's answer: it is not what this version of the client expects")
	}
	return nil
}

// withoutURL takes the URL away, which may hold the id of a link.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func refusedBy(response *http.Response, content []byte) error {
	var problem struct {
		Error    string            `json:"error"`
		Problems map[string]string `json:"problems"`
		Texts    map[string]string `json:"texts"`
		Tries    int               `json:"tries"`
	}
	if json.Unmarshal(content, &problem) != nil || problem.Error == "" {
		problem.Error = "and its body is not piiproxy's: is config.URL the admin listener?"
	}
	refused := &Error{Status: response.StatusCode, Message: problem.Error, Problems: problem.Problems, Texts: problem.Texts, Tries: problem.Tries}
	if refused.Status == http.StatusTooManyRequests || refused.Status == http.StatusServiceUnavailable {
		if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
			refused.RetryAfter = time.Duration(min(seconds, longest)) * time.Second
		}
	}
	return refused
}
