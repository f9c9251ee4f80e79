package channel

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/payload"
)

func TestParseCall(t *testing.T) {
	tests := []struct {
		method, path           string
		version, account, edge string
		kind                   CallKind
	}{
		{"POST", "/v19.0/me/messages", "v19.0", "", "messages", CallSend},
		{"POST", "/me/messages", "", "", "messages", CallSend},
		{"POST", "/messages", "", "", "messages", CallSend},
		{"POST", "/v2.6/1906385232743451/messages", "v2.6", "1906385232743451", "messages", CallSend},
		{"POST", "/v23.0/106540352242922/messages/", "v23.0", "106540352242922", "messages", CallSend},
		{"POST", "/v23.0/106540352242922/marketing_messages", "v23.0", "106540352242922", "marketing_messages", CallSend},
		{"POST", "/v23.0/106540352242922/media", "v23.0", "106540352242922", "media", CallMediaUpload},
		{"POST", "/me/message_attachments", "", "", "message_attachments", CallMediaUpload},
		{"POST", "/v23.0/106540352242922/messages_encrypted", "v23.0", "106540352242922", "messages_encrypted", CallOpaque},
		{"POST", "/106540352242922/calls", "", "106540352242922", "calls", CallOpaque},
		{"POST", "/v23.0/106540352242922/register", "v23.0", "106540352242922", "register", CallOther},
		{"POST", "/v23.0/106540352242922", "v23.0", "106540352242922", "", CallOther},
		{"POST", "/v23.0/445566/subscriptions", "v23.0", "445566", "subscriptions", CallRegistration},
		{"DELETE", "/v23.0/445566/subscribed_apps", "v23.0", "445566", "subscribed_apps", CallRegistration},
		{"GET", "/v23.0/445566/subscribed_apps", "v23.0", "445566", "subscribed_apps", CallRead},
		{"GET", "/oauth/access_token", "", "oauth", "access_token", CallCredential},
		{"GET", "/v23.0/debug_token", "v23.0", "debug_token", "", CallCredential},
		{"POST", "/", "", "", "", CallBatch},
		{"POST", "/v23.0", "v23.0", "", "", CallBatch},
		{"POST", "/v23.0/", "v23.0", "", "", CallBatch},
		{"GET", "/", "", "", "", CallRead},
		{"GET", "/v23.0/6401822549930011", "v23.0", "6401822549930011", "", CallRead},
		{"GET", "/v23.0/me/conversations", "v23.0", "", "conversations", CallHistory},
		{"GET", "/v23.0/t_100/messages", "v23.0", "t_100", "messages", CallHistory},
		{"POST", "/v23.0/me/messenger_profile", "v23.0", "", "messenger_profile", CallProfile},
		{"POST", "/v23.0/102290129340398/message_templates", "v23.0", "102290129340398", "message_templates", CallTemplate},
		{"POST", "/v23.0/me/pass_thread_control", "v23.0", "", "pass_thread_control", CallThreadControl},
		{"POST", "/v23.0/445566/uploads", "v23.0", "445566", "uploads", CallOther}, // begins a session, and has parameters like any call
		{"POST", "/v23.0/upload:MTphdHRhY2g", "v23.0", "upload:MTphdHRhY2g", "", CallUpload},
		{"POST", "/v23.0/upload:MTphdHRhY2g/messages", "v23.0", "upload:MTphdHRhY2g", "messages", CallSend},
		{"DELETE", "/v23.0/1013859600285441", "v23.0", "1013859600285441", "", CallOther},
		{"POST", "/v23.0/1/a/b", "v23.0", "1", "a/b", CallOther},
		{"POST", "/v23/me/messages", "", "v23", "me/messages", CallSend},
		{"POST", "/v23.0/me/%6Dessages", "v23.0", "", "messages", CallSend},
		{"PATCH", "/", "", "", "", CallOther},
	}
	for _, test := range tests {
		call, err := ParseCall(test.method, test.path)
		if err != nil {
			t.Errorf("%s %s: %v", test.method, test.path, err)
			continue
		}
		if call.Version != test.version || call.Account != test.account || call.Edge != test.edge || call.Kind != test.kind {
			t.Errorf("%s %s: %+v", test.method, test.path, call)
		}
	}
}

func TestParseCallRefuses(t *testing.T) {
	for _, path := range []string{
		"", "me/messages", "//", "//evil.example/me", "/v23.0//messages", "/me//", "/me/messages//",
		"/v23.0/../me", "/v23.0/me/..", "/./me", "/%2e%2e/me", "/.%2E/me", "/v23.0%2fme/messages", "/me%2Fmessages",
		`/me\messages`, "/me%5cmessages", "/me%00/messages", "/me%0d%0a/messages", "/me/messages%20", "/me/mess ages",
		"/%252e%252e/me", "/me/%zz", "/me/%", "/me?x=1", "/me#x", "/me/%3f", "/mé/messages", "/%ff/me", "/me/%7f",
	} {
		if call, err := ParseCall(http.MethodPost, path); !errors.Is(err, ErrPath) {
			t.Errorf("%q: %+v, %v", path, call, err)
		}
	}
}

// FuzzCall: what is let through, joined again, is the path that came in, and no
// server can read it in another way.
func FuzzCall(f *testing.F) {
	f.Add("POST", "/v19.0/me/messages")
	f.Add("POST", "/%6de/messages/")
	f.Add("GET", "/v1.0/..%2f")
	f.Fuzz(func(t *testing.T, method, path string) {
		call, err := ParseCall(method, path)
		if err != nil {
			return
		}
		decoded, err := url.PathUnescape(path)
		if err != nil {
			t.Fatal("a path that cannot be decoded was let through")
		}
		all := call.Segments
		if call.Version != "" {
			all = append([]string{call.Version}, all...)
		}
		if joined := "/" + strings.Join(all, "/"); joined != decoded && joined != strings.TrimSuffix(decoded, "/") {
			t.Fatalf("%q became %q", path, joined)
		}
		for _, segment := range all {
			if segment == "" || segment == "." || segment == ".." || strings.ContainsAny(segment, "/\\\x00%") {
				t.Fatalf("segment %q of %q", segment, path)
			}
		}
	})
}

func TestRegistration(t *testing.T) {
	tests := []struct {
		body string
		want []string
	}{
		{`{"object":"page","callback_url":"https://bot.example/x","verify_token":"t"}`, []string{"callback_url", "verify_token"}},
		{`{"webhook_configuration":{"override_callback_uri":"https://bot.example/x"}}`, []string{"override_callback_uri"}},
		{`{"webhook_configuration":"{\"override_callback_uri\":\"https:\\/\\/bot.example\"}"}`, []string{"webhook_configuration"}},
		{`{"callback_url":7}`, []string{"callback_url"}},
		{`{"to":"16505551234","text":{"body":"callback_url"}}`, nil},
		{`[]`, nil},
	}
	for _, test := range tests {
		d := parse(t, test.body)
		var names []string
		for _, node := range Registration(d) {
			names = append(names, d.Name(node))
		}
		if !slices.Equal(names, test.want) {
			t.Errorf("%s: %v", test.body, names)
		}
	}
}

func parse(t *testing.T, text string) *payload.Document {
	t.Helper()
	d, err := payload.Parse([]byte(text), payload.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}
