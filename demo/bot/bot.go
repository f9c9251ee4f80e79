// Package bot is an ordinary order bot for Messenger and WhatsApp: it takes an
// order, asks for what is missing, looks orders up, and logs all it gets, as
// bots do.
//
// It is written as if it spoke to the platform itself: it knows an app secret,
// its tokens and the base URL of the Graph API, and nothing else.
package bot

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Config is what the dashboard of the platform tells an owner of a bot.
type Config struct {
	GraphURL       string // without version, for example https://graph.facebook.com
	AppSecret      string
	VerifyToken    string
	MessengerToken string // page access token
	WhatsAppToken  string
	WhatsAppNumber string       // phone-number id
	Client         *http.Client // nil means one with a timeout of 15 s
	Log            io.Writer    // nil means no log
}

// Bot is an http.Handler for webhooks. It may be used at the same time.
type Bot struct {
	config Config
	log    *log.Logger

	mu        sync.Mutex
	customers map[string]*customer // by channel and sender
	seen      map[string]bool      // message ids that were answered
	orders    []Order
}

// largestWebhook is the size that the platform promises to stay below.
const largestWebhook = 3 << 20

// New makes a bot.
func New(config Config) *Bot {
	if config.Client == nil {
		config.Client = &http.Client{Timeout: 15 * time.Second}
	}
	if config.Log == nil {
		config.Log = io.Discard
	}
	return &Bot{
		config:    config,
		log:       log.New(config.Log, "", log.LstdFlags),
		customers: map[string]*customer{},
		seen:      map[string]bool{},
	}
}

// ServeHTTP takes the webhook's handshake and its deliveries.
func (b *Bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		b.handshake(w, r)
	case http.MethodPost:
		b.deliver(w, r)
	default:
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	}
}

func (b *Bot) handshake(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Get("hub.mode") != "subscribe" || !hmac.Equal([]byte(query.Get("hub.verify_token")), []byte(b.config.VerifyToken)) {
		http.Error(w, "wrong verify token", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, query.Get("hub.challenge"))
}

func (b *Bot) deliver(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestWebhook))
	if err != nil {
		http.Error(w, "unreadable body", http.StatusBadRequest)
		return
	}
	if !b.signed(body, r.Header.Get("X-Hub-Signature-256")) {
		b.log.Print("webhook with a wrong signature")
		http.Error(w, "wrong signature", http.StatusUnauthorized)
		return
	}
	b.log.Printf("webhook %s", body)
	var envelope struct {
		Object string          `json:"object"`
		Entry  json.RawMessage `json:"entry"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	switch envelope.Object {
	case "page":
		b.messengerEntries(r.Context(), envelope.Entry)
	case "whatsapp_business_account":
		b.whatsappEntries(r.Context(), envelope.Entry)
	}
	_, _ = io.WriteString(w, "EVENT_RECEIVED")
}

func (b *Bot) signed(body []byte, header string) bool {
	given, err := hex.DecodeString(strings.TrimPrefix(header, "sha256="))
	if err != nil || len(given) != sha256.Size {
		return false
	}
	mac := hmac.New(sha256.New, []byte(b.config.AppSecret))
	mac.Write(body)
	return hmac.Equal(given, mac.Sum(nil))
}

// first reports whether a message is new; the platform may deliver it again.
func (b *Bot) first(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen[id] {
		b.log.Printf("message %s was answered before", id)
		return false
	}
	if len(b.seen) > 10000 {
		clear(b.seen)
	}
	b.seen[id] = true
	return true
}
