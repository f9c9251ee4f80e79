package demo

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
)

//go:embed assets
var assets embed.FS

// page serves the chat and its views. It holds no state of its own.
type page struct {
	stage    *stage
	template *template.Template
	own      bool // the user's own bot plays
	waiting  func() string
}

// example is a message to send with one tap.
type example struct{ Label, Text string }

var examples = []example{
	{"Order an item", "I would like to buy item #389501"},
	{"Card unasked", seedCase},
	{"Give an e-mail", "my email is " + maria.text},
	{"Give a phone number", "my phone number is " + mobile.text},
	{"Refund to an IBAN", "please refund order 114-38-90217 to IBAN " + britain.text},
	{"Tell an SSN", "my social security number is " + social.text},
	{"Return an order", "I want to return my lamp"},
	{"Money back?", "Do I get my money back when I do not like it?"},
	{"Ask for an order", "where is my order 114-38-90217?"},
	{"Just say hi", "Hi"},
}

// policy of the page: its own files, nothing inline, nothing from elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func newPage(s *stage, own bool, waiting func() string) (http.Handler, error) {
	parsed, err := template.ParseFS(assets, "assets/page.html")
	if err != nil {
		return nil, fmt.Errorf("reading the page: %w", err)
	}
	p := &page{stage: s, template: parsed, own: own, waiting: waiting}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.index)
	mux.Handle("GET /assets/", http.FileServerFS(assets))
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("POST /say", p.say)
	mux.HandleFunc("POST /tap", p.tap)
	mux.HandleFunc("POST /again", p.again)
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		guarded.ServeHTTP(w, r)
	}), nil
}

func (p *page) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = p.template.Execute(w, struct {
		Name     string
		Own      bool
		Examples []example
	}{personName, p.own, examples})
}

// events streams the scene of a channel: now, and after every change.
func (p *page) events(w http.ResponseWriter, r *http.Request) {
	channel := r.URL.Query().Get("channel")
	if !slices.Contains(channels[:], channel) {
		http.Error(w, "no such channel", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	for {
		changed := p.stage.pulse.wait()
		written, err := p.written(r.Context(), channel)
		if err != nil {
			return // the browser comes back by itself
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", written); err != nil || stream.Flush() != nil {
			return
		}
		if !rest(r.Context(), changed) {
			return
		}
	}
}

// rest waits for a change, and then a moment more, so that a burst of them is
// one event. A silent stream repeats itself, which shows closed connections.
func rest(ctx context.Context, changed <-chan struct{}) bool {
	idle := time.NewTimer(15 * time.Second)
	defer idle.Stop()
	select {
	case <-changed:
	case <-idle.C:
		return true
	case <-ctx.Done():
		return false
	}
	burst := time.NewTimer(40 * time.Millisecond)
	defer burst.Stop()
	select {
	case <-burst.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (p *page) written(ctx context.Context, channel string) ([]byte, error) {
	shown, err := p.stage.scene(ctx, channel)
	if err != nil {
		return nil, err
	}
	shown.Note = p.waiting()
	return json.Marshal(shown)
}

// request is what the page asks for.
type request struct {
	Channel string `json:"channel"`
	Text    string `json:"text"`
	Message string `json:"message"`
	Button  string `json:"button"`
}

func (p *page) say(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(asked request) error {
		_, err := p.stage.platform.Say(p.stage.person(asked.Channel), strings.TrimSpace(asked.Text))
		return err
	})
}

func (p *page) tap(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(asked request) error {
		person := p.stage.person(asked.Channel)
		for _, record := range p.stage.platform.Records(person.ID) {
			for _, button := range record.Buttons {
				if record.ID == asked.Message && button.ID == asked.Button {
					_, err := p.stage.platform.Tap(person, record.ID, button)
					return err
				}
			}
		}
		return fmt.Errorf("no such button")
	})
}

func (p *page) again(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(asked request) error { return p.stage.join(asked.Channel) })
}

// act reads a request of the page and does what it asks. JSON is required: a
// form of another site cannot send it without being asked first.
func (p *page) act(w http.ResponseWriter, r *http.Request, do func(request) error) {
	if kind := r.Header.Get("Content-Type"); kind != "application/json" {
		http.Error(w, "send application/json", http.StatusUnsupportedMediaType)
		return
	}
	var asked request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&asked); err != nil {
		http.Error(w, "not the JSON that the page sends", http.StatusBadRequest)
		return
	}
	if !slices.Contains(channels[:], asked.Channel) {
		http.Error(w, "no such channel", http.StatusNotFound)
		return
	}
	if err := do(asked); err != nil {
		http.Error(w, "that cannot be done now", http.StatusConflict)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
