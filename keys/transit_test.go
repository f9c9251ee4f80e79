package keys_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/piiproxy/piiproxy/keys"
)

// transit speaks the part of the transit API that is used, as its documentation
// has it (encrypt, decrypt, associated_data, versions of a key, namespaces, the
// token header, the statuses), over HTTPS. It stands in for a Vault, which is no
// part of the tests.
type transit struct {
	*httptest.Server
	ca string

	mu       sync.Mutex
	versions []cipher.AEAD
	token    string
	status   int // answers everything, when set
}

const transitNamespace = "team"

func newTransit(t *testing.T) *transit {
	s := &transit{token: "hvs.canary-token-0001"}
	s.rotate()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/keys/transit/encrypt/piiproxy", s.handle(s.encrypt))
	mux.HandleFunc("POST /v1/keys/transit/decrypt/piiproxy", s.handle(s.decrypt))
	s.Server = httptest.NewTLSServer(mux)
	t.Cleanup(s.Close)
	s.ca = filepath.Join(t.TempDir(), "ca.pem")
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(s.ca, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *transit) kek(t *testing.T, change func(*keys.Transit)) keys.KEK {
	t.Helper()
	where := keys.Transit{
		Address: s.URL, Mount: "keys/transit", Key: "piiproxy", Namespace: transitNamespace, CA: s.ca,
		Token: func() string { return "hvs.canary-token-0001" },
	}
	if change != nil {
		change(&where)
	}
	kek, err := keys.TransitKEK(where)
	if err != nil {
		t.Fatal(err)
	}
	return kek
}

// rotate is vault write -f transit/keys/piiproxy/rotate.
func (s *transit) rotate() {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions = append(s.versions, aead)
}

func (s *transit) answerAll(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

type transitBody struct {
	Plaintext      string `json:"plaintext,omitempty"`
	Ciphertext     string `json:"ciphertext,omitempty"`
	AssociatedData string `json:"associated_data,omitempty"`
}

func (s *transit) handle(do func(body transitBody, ad []byte) (transitBody, error)) http.HandlerFunc {
	refuse := func(w http.ResponseWriter, status int, text string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string][]string{"errors": {text}})
	}
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		var body transitBody
		err := json.NewDecoder(r.Body).Decode(&body)
		ad, adErr := base64.StdEncoding.DecodeString(body.AssociatedData)
		switch {
		case s.status >= 300 && s.status < 400:
			w.Header().Set("Location", "https://127.0.0.1:1/")
			w.WriteHeader(s.status)
		case s.status != 0:
			refuse(w, s.status, "canary of the server")
		case r.Header.Get("X-Vault-Token") != s.token:
			refuse(w, http.StatusForbidden, "permission denied")
		case r.Header.Get("X-Vault-Namespace") != transitNamespace:
			refuse(w, http.StatusNotFound, "no handler for route")
		case err != nil || adErr != nil:
			refuse(w, http.StatusBadRequest, "failed to parse JSON input")
		default:
			data, err := do(body, ad)
			if err != nil {
				refuse(w, http.StatusBadRequest, err.Error())
				return
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"request_id": "1", "data": data})
		}
	}
}

func (s *transit) encrypt(body transitBody, ad []byte) (transitBody, error) {
	plain, err := base64.StdEncoding.DecodeString(body.Plaintext)
	if err != nil {
		return transitBody{}, err
	}
	newest := len(s.versions)
	sealed := s.versions[newest-1].Seal(nil, nil, plain, ad)
	return transitBody{Ciphertext: fmt.Sprintf("vault:v%d:%s", newest, base64.StdEncoding.EncodeToString(sealed))}, nil
}

func (s *transit) decrypt(body transitBody, ad []byte) (transitBody, error) {
	parts := strings.SplitN(body.Ciphertext, ":", 3)
	if len(parts) != 3 || parts[0] != "vault" {
		return transitBody{}, fmt.Errorf("invalid ciphertext: no prefix")
	}
	version, err := strconv.Atoi(strings.TrimPrefix(parts[1], "v"))
	if err != nil || version < 1 || version > len(s.versions) {
		return transitBody{}, fmt.Errorf("invalid ciphertext: version")
	}
	sealed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return transitBody{}, err
	}
	plain, err := s.versions[version-1].Open(nil, nil, sealed, ad)
	if err != nil {
		return transitBody{}, fmt.Errorf("cipher: message authentication failed")
	}
	return transitBody{Plaintext: base64.StdEncoding.EncodeToString(plain)}, nil
}

// TestTransitFaults: each says what is wrong and what to do, and none quotes the
// server, the token or a key.
func TestTransitFaults(t *testing.T) {
	server := newTransit(t)
	dir := filepath.Join(t.TempDir(), "keys")
	if err := keys.Init(t.Context(), keys.Folder{Path: dir, KEK: server.kek(t, nil)}); err != nil {
		t.Fatal(err)
	}
	closed := httptest.NewTLSServer(nil)
	closed.Close()
	for _, test := range []struct {
		name   string
		status int
		change func(*keys.Transit)
		say    string
	}{
		{name: "wrong token", change: func(w *keys.Transit) { w.Token = func() string { return "hvs.canary-token-0002" } }, say: "keys/transit/decrypt/piiproxy (update)"},
		{name: "wrong namespace", change: func(w *keys.Transit) { w.Namespace = "other" }, say: "namespace"},
		{name: "wrong key", change: func(w *keys.Transit) { w.Key = "other" }, say: "no such mount or key"},
		{name: "sealed", status: 503, say: "unseal"},
		{name: "broken", status: 500, say: "status 500"},
		{name: "redirect", status: 307, say: "not followed"},
		{name: "untrusted", change: func(w *keys.Transit) { w.CA = "" }, say: "certificate"},
		{name: "down", change: func(w *keys.Transit) { w.Address = closed.URL }, say: "cannot be reached"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server.answerAll(test.status)
			defer server.answerAll(0)
			_, err := keys.Open(t.Context(), keys.Folder{Path: dir, KEK: server.kek(t, test.change)})
			if err == nil || !strings.Contains(err.Error(), test.say) {
				t.Fatalf("error is %v, want %q", err, test.say)
			}
			if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "damaged") {
				t.Errorf("%q says too much, or the wrong thing", err)
			}
		})
	}
}
