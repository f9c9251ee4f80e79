package main

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

// client asks piiproxy.
type client struct {
	address string
	token   string
	http    *http.Client
}

// link is what piiproxy tells of a link.
type link struct {
	Title    string  `json:"title"`
	Fields   []field `json:"fields"`
	Language string  `json:"language"`
	State    string  `json:"state"` // open, used, expired
	Tries    int     `json:"tries"`
}

// field is one thing that the link asks for. Name is the name of its value.
type field struct {
	Kind  string `json:"kind"`
	Need  string `json:"need"`
	Name  string `json:"name"`
	Label string `json:"label"`
}

var (
	errNoLink = errors.New("piiproxy does not know the link")
	errOver   = errors.New("the link was used, or has expired")
)

// wrong says which values cannot be right, and how many tries are left.
type wrong struct {
	Texts map[string]string `json:"texts"` // for the person, by the fields' names
	Tries int               `json:"tries"`
}

// Error implements error.
func (wrong) Error() string { return "some values cannot be right" }

// read asks what a link is for. It changes nothing, so that link previews do no
// harm.
func (c client) read(ctx context.Context, id string) (l link, err error) {
	return l, c.ask(ctx, http.MethodGet, "/v1/links/"+url.PathEscape(id), nil, &l)
}

// fill gives piiproxy what the person typed, by the fields' names. The link is
// used then, and the bot gets its next message.
func (c client) fill(ctx context.Context, id string, values map[string]string) error {
	return c.ask(ctx, http.MethodPost, "/v1/links/"+url.PathEscape(id)+"/values", map[string]any{"values": values}, &struct{}{})
}

func (c client) ask(ctx context.Context, method, path string, body, into any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.address+path, bytes.NewReader(content))
	if err != nil {
		return errors.New("the address of piiproxy is no URL")
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return errors.New("piiproxy does not answer") // the error holds the id
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return errors.New("piiproxy does not answer")
	}
	switch response.StatusCode {
	case http.StatusOK:
		return json.Unmarshal(answer, into)
	case http.StatusNotFound:
		return errNoLink
	case http.StatusGone:
		return errOver
	case http.StatusUnprocessableEntity:
		var w wrong
		if json.Unmarshal(answer, &w) == nil && len(w.Texts) > 0 {
			return w
		}
	}
	return fmt.Errorf("piiproxy answers with status %d: its token, scopes and log say why", response.StatusCode)
}
