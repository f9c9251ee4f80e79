package platform

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"time"
)

// queue holds the events of one account that still wait for their first POST.
type queue struct {
	events []event // under Platform.mu
	wake   chan struct{}
}

// Register sets the webhook that deliveries go to, after the handshake.
func (p *Platform) Register(ctx context.Context, webhook string) error {
	if err := p.Handshake(ctx, webhook); err != nil {
		return fmt.Errorf("registering the webhook: %w", err)
	}
	p.update(func() { p.webhook = webhook })
	return nil
}

// Handshake asks a webhook whether it is the app's: GET with a challenge that
// must come back, with 200, as the whole body.
func (p *Platform) Handshake(ctx context.Context, webhook string) error {
	target, err := url.Parse(webhook)
	if err != nil || target.Host == "" {
		return errors.New("not an absolute URL")
	}
	challenge := digits(10)
	query := target.Query()
	query.Set("hub.mode", "subscribe")
	query.Set("hub.challenge", challenge)
	query.Set("hub.verify_token", p.config.VerifyToken)
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return errors.New("not an absolute URL")
	}
	answer, err := p.client.Do(request)
	if err != nil {
		return fmt.Errorf("no answer: %w", hideQuery(err))
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	switch {
	case err != nil:
		return fmt.Errorf("reading the answer: %w", err)
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("it answered %d to the handshake; it must answer 200 when hub.verify_token is right", answer.StatusCode)
	case string(body) != challenge:
		return errors.New("the answer to the handshake is not hub.challenge alone")
	}
	return nil
}

// hideQuery drops the URL that net/http puts into its errors, because it holds
// the verify token.
func hideQuery(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

func (p *Platform) enqueue(e event) {
	q := p.queues[e.person.Account]
	p.update(func() {
		q.events = append(q.events, e)
		p.pending++
	})
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// dispatch posts the events of one account in order, until the platform closes.
// A delivery that failed twice is tried again beside the following ones.
func (p *Platform) dispatch(account Account, q *queue) {
	for {
		select {
		case <-q.wake:
		case <-p.ctx.Done():
			return
		}
		if !p.pause(p.config.Batch) {
			return
		}
		var events []event
		p.update(func() { events, q.events = q.events, nil })
		if len(events) == 0 {
			continue
		}
		number := p.begin(account, events)
		delivered := p.attempt(number)
		if !delivered { // Meta tries again at once
			delivered = p.attempt(number)
		}
		if delivered {
			p.finish(len(events))
			continue
		}
		p.work.Go(func() {
			defer p.finish(len(events))
			for _, wait := range p.config.Retries {
				if !p.pause(wait) || p.attempt(number) {
					return
				}
			}
		})
	}
}

func (p *Platform) pause(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.ctx.Done():
		return false
	}
}

func (p *Platform) begin(account Account, events []event) (number int) {
	delivery := Delivery{Account: account.ID, Body: pack(account, events)}
	for _, e := range events {
		if e.message != "" {
			delivery.Messages = append(delivery.Messages, e.message)
		}
	}
	p.update(func() {
		p.order++
		delivery.Order = p.order
		p.deliveries = append(trim(p.deliveries), delivery)
	})
	return delivery.Order
}

func (p *Platform) finish(events int) { p.update(func() { p.pending -= events }) }

// attempt posts one delivery and reports whether it was answered with 200.
func (p *Platform) attempt(number int) bool {
	p.mu.Lock()
	webhook := p.webhook
	var body []byte
	for _, delivery := range p.deliveries {
		if delivery.Order == number {
			body = delivery.Body
		}
	}
	p.mu.Unlock()
	status := 0
	if webhook != "" {
		status = p.post(webhook, body)
	}
	p.update(func() {
		for i := range p.deliveries {
			if p.deliveries[i].Order == number {
				p.deliveries[i].Statuses = append(p.deliveries[i].Statuses, status)
			}
		}
	})
	return status == http.StatusOK
}

func (p *Platform) post(webhook string, body []byte) (status int) {
	request, err := http.NewRequestWithContext(p.ctx, http.MethodPost, webhook, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "*/*")
	request.Header.Set("User-Agent", "facebookexternalua")
	request.Header.Set("X-Hub-Signature", "sha1="+p.signature(sha1.New, body))
	request.Header.Set("X-Hub-Signature-256", "sha256="+p.signature(sha256.New, body))
	answer, err := p.client.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode
}

func (p *Platform) signature(algorithm func() hash.Hash, body []byte) string {
	mac := hmac.New(algorithm, []byte(p.config.AppSecret))
	mac.Write(body)
	return hexadecimal(mac.Sum(nil))
}
