package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

const graphVersion = "/v23.0"

// post sends JSON to the Graph API. The access token goes where each channel's
// samples put it: into the query on Messenger, into a header on WhatsApp.
func (b *Bot) post(ctx context.Context, path string, query url.Values, bearer string, message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("writing a message: %w", err)
	}
	b.log.Printf("send %s", body)
	return b.call(ctx, http.MethodPost, path, query, bearer, bytes.NewReader(body), nil)
}

func (b *Bot) call(ctx context.Context, method, path string, query url.Values, bearer string, body io.Reader, into any) error {
	target := b.config.GraphURL + graphVersion + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return errors.New("calling Graph: the base URL is not a URL")
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := b.config.Client.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // without the URL, which holds the access token
		}
		return fmt.Errorf("calling Graph: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("reading Graph's answer: %w", err)
	}
	b.log.Printf("answer %d %s", response.StatusCode, answer)
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("graph answered %d", response.StatusCode)
	}
	if into != nil {
		return json.Unmarshal(answer, into)
	}
	return nil
}

func (b *Bot) try(err error) {
	if err != nil {
		b.log.Printf("error: %v", err)
	}
}
