// Gobot is an order bot for WhatsApp made with github.com/piusalfred/whatsapp,
// unmodified but for the base URL in its configuration. It verifies sha256
// signatures, sends an appsecret_proof with every call and refuses an answer
// of the platform that has a field it does not know. It tells the test what
// happens by one JSON object a line on standard output, as the bots in ../bots
// do.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/piusalfred/whatsapp/config"
	"github.com/piusalfred/whatsapp/message"
	whttp "github.com/piusalfred/whatsapp/pkg/http"
	"github.com/piusalfred/whatsapp/webhooks"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gobot:", err)
		os.Exit(1)
	}
}

func run() error {
	client, err := message.NewBaseClient(whttp.NewSender[message.Message](), config.ReaderFunc(settings))
	if err != nil {
		return err
	}
	b := &bot{client: client, report: &reporter{}}
	listener := webhooks.NewListener(b.handler(), webhooks.ConfigReaderFunc(
		func(*http.Request) (*webhooks.Config, error) {
			return &webhooks.Config{Validate: true, AppSecret: os.Getenv("APP_SECRET")}, nil
		}))

	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b.report.line(map[string]any{"event": "listening", "port": socket.Addr().(*net.TCPAddr).Port})
	server := &http.Server{Handler: b.watched(listener), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		// A bot that outlives its test would be in nobody's hands.
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if err := server.Serve(socket); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func settings(context.Context) (*config.Config, error) {
	return &config.Config{
		BaseURL:        os.Getenv("GRAPH_URL"),
		APIVersion:     "v22.0",
		AccessToken:    os.Getenv("ACCESS_TOKEN"),
		PhoneNumberID:  os.Getenv("PHONE_ID"),
		AppSecret:      os.Getenv("APP_SECRET"),
		SecureRequests: true,
	}, nil
}

// reporter writes whole lines, whoever calls.
type reporter struct{ mu sync.Mutex }

func (r *reporter) line(fields map[string]any) {
	line, err := json.Marshal(fields)
	if err != nil {
		line = []byte(`{"event":"failed","what":"report"}`)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = os.Stdout.Write(append(line, '\n'))
}

type bot struct {
	client *message.BaseClient
	report *reporter
}

// watched reports each request as it came before the library reads it.
func (b *bot) watched(listener *webhooks.Listener) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "reading", http.StatusBadRequest)
			return
		}
		headers := map[string]string{}
		for name := range r.Header {
			headers[strings.ToLower(name)] = r.Header.Get(name)
		}
		if r.ContentLength >= 0 {
			headers["content-length"] = fmt.Sprint(r.ContentLength)
		}
		b.report.line(map[string]any{"event": "raw", "method": r.Method, "headers": headers, "body": body})
		r.Body = io.NopCloser(bytes.NewReader(body))
		status := &statusWriter{ResponseWriter: w, code: http.StatusOK}
		listener.HandleNotification(status, r)
		if status.code != http.StatusOK {
			b.report.line(map[string]any{"event": "invalid", "text": fmt.Sprintf("the library said %d", status.code)})
		}
	})
}

type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

// handler says what the bot does with each kind of message.
func (b *bot) handler() *webhooks.Handler {
	handler := webhooks.NewHandler()
	type about = webhooks.MessageNotificationContext
	handler.OnTextMessage(func(_ context.Context, n *about, info *webhooks.MessageInfo, text *webhooks.Text) error {
		b.take(n, info, map[string]any{"text": text.Body}, func() { b.command(info.From, text.Body) })
		return nil
	})
	handler.OnButtonReplyMessage(func(_ context.Context, n *about, info *webhooks.MessageInfo, reply *webhooks.ButtonReply) error {
		b.take(n, info, replied("button_reply", reply.ID, reply.Title), func() { b.say(info.From, "You chose "+reply.Title) })
		return nil
	})
	handler.OnListReplyMessage(func(_ context.Context, n *about, info *webhooks.MessageInfo, reply *webhooks.ListReply) error {
		b.take(n, info, replied("list_reply", reply.ID, reply.Title), func() { b.say(info.From, "You chose "+reply.Title) })
		return nil
	})
	handler.OnLocationMessage(func(_ context.Context, n *about, info *webhooks.MessageInfo, place *message.Location) error {
		b.take(n, info, map[string]any{"message": map[string]any{"location": place}}, func() {
			b.say(info.From, fmt.Sprintf("We come to %s, %s", place.Name, place.Address))
		})
		return nil
	})
	handler.OnImageMessage(func(_ context.Context, n *about, info *webhooks.MessageInfo, image *message.MediaInfo) error {
		b.take(n, info, map[string]any{"message": map[string]any{"image": image}}, func() { b.say(info.From, "Got your image") })
		return nil
	})
	handler.OnMessageStatusChange(func(_ context.Context, _ *about, statuses []*webhooks.Status) error {
		for _, status := range statuses {
			b.report.line(map[string]any{"event": "status", "id": status.ID, "status": status.StatusValue, "to": status.RecipientID})
		}
		return nil
	})
	return handler
}

func replied(kind, id, title string) map[string]any {
	return map[string]any{"message": map[string]any{"interactive": map[string]any{
		"type": kind, kind: map[string]any{"id": id, "title": title},
	}}}
}
