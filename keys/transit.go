package keys

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// TransitTimeout is how long one call of a transit engine may take in all.
const TransitTimeout = 10 * time.Second

// maxTransit bounds an answer; a key set in base64 has less than 1 KiB a key.
const maxTransit = 256 << 10

// Transit says where a key in the transit engine of HashiCorp Vault or OpenBao is.
type Transit struct {
	Address   string // https://host:port; http only for loopback
	Mount     string // of the engine; "transit" when empty
	Key       string // its name; of type aes256-gcm96
	Namespace string // none when empty
	CA        string // PEM file of the authorities that are trusted; the system's when empty
	// Token reads the token anew for each call, so that an agent may renew it.
	Token func() string
}

// transitKEK never holds the key: the engine encrypts and decrypts.
type transitKEK struct {
	where  Transit
	client *http.Client
}

// TransitKEK is a KEK in a transit engine. Associated data goes along
// (associated_data, in Vault since 1.9 for AEAD keys), so a key set stays bound to
// its file. The token needs update on MOUNT/encrypt/KEY and MOUNT/decrypt/KEY and
// nothing else.
func TransitKEK(where Transit) (KEK, error) {
	if where.Mount == "" {
		where.Mount = "transit"
	}
	where.Mount = strings.Trim(where.Mount, "/")
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if where.CA != "" {
		content, err := os.ReadFile(where.CA)
		if err != nil {
			return nil, errors.New("keys.kek.vault.ca cannot be read")
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(content) {
			return nil, errors.New("keys.kek.vault.ca holds no certificate")
		}
	}
	client := &http.Client{
		Timeout:   TransitTimeout,
		Transport: &http.Transport{Proxy: nil, TLSClientConfig: config, DisableKeepAlives: true, ForceAttemptHTTP2: true},
		// A redirect would carry the token elsewhere. Standby servers forward by
		// themselves.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &transitKEK{where, client}, nil
}

// String names the key and the server.
func (t *transitKEK) String() string {
	return fmt.Sprintf("the transit key %s at %s", t.where.Key, t.where.Address)
}

type transitOrder struct {
	Plaintext      string `json:"plaintext,omitempty"`
	Ciphertext     string `json:"ciphertext,omitempty"`
	AssociatedData string `json:"associated_data"`
}

type transitAnswer struct {
	Data struct {
		Plaintext  string `json:"plaintext"`
		Ciphertext string `json:"ciphertext"`
	} `json:"data"`
}

// EncryptWithContext implements KEK. What it returns is the engine's own text
// (vault:v1:…), which says under which version of its key it is.
func (t *transitKEK) EncryptWithContext(ctx context.Context, plain, ad []byte) ([]byte, error) {
	answer, err := t.call(ctx, "encrypt", transitOrder{
		Plaintext: base64.StdEncoding.EncodeToString(plain), AssociatedData: base64.StdEncoding.EncodeToString(ad),
	})
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(answer.Data.Ciphertext, "vault:v") {
		return nil, fmt.Errorf("%s: the answer holds no ciphertext", t)
	}
	return []byte(answer.Data.Ciphertext), nil
}

// DecryptWithContext implements KEK.
func (t *transitKEK) DecryptWithContext(ctx context.Context, sealed, ad []byte) ([]byte, error) {
	if !bytes.HasPrefix(sealed, []byte("vault:v")) {
		return nil, errWrongKEK
	}
	answer, err := t.call(ctx, "decrypt", transitOrder{
		Ciphertext: string(sealed), AssociatedData: base64.StdEncoding.EncodeToString(ad),
	})
	if err != nil {
		return nil, err
	}
	plain, err := base64.StdEncoding.DecodeString(answer.Data.Plaintext)
	if err != nil || len(plain) == 0 {
		return nil, fmt.Errorf("%s: the answer holds no plain text", t)
	}
	return plain, nil
}

func (t *transitKEK) call(ctx context.Context, operation string, order transitOrder) (*transitAnswer, error) {
	body, err := json.Marshal(order)
	if err != nil {
		return nil, errors.New("encoding the order for the transit engine")
	}
	address := strings.TrimSuffix(t.where.Address, "/") + "/v1/" + t.where.Mount + "/" + operation + "/" + url.PathEscape(t.where.Key)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("keys.kek.vault.address is no address to call")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Vault-Token", t.where.Token())
	request.Header.Set("X-Vault-Request", "true")
	if t.where.Namespace != "" {
		request.Header.Set("X-Vault-Namespace", t.where.Namespace)
	}
	response, err := t.client.Do(request)
	if err != nil {
		return nil, t.unreachable(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxTransit+1))
	if err != nil || len(content) > maxTransit {
		return nil, fmt.Errorf("%s: the answer broke off or is far too large", t)
	}
	return t.answer(operation, response.StatusCode, content)
}

// answer reads an answer. Its own text is left out: it may quote the request.
func (t *transitKEK) answer(operation string, status int, content []byte) (*transitAnswer, error) {
	answer := new(transitAnswer)
	switch {
	case status == http.StatusOK:
		if err := json.Unmarshal(content, answer); err != nil {
			return nil, fmt.Errorf("%s: the answer is not JSON: is keys.kek.vault.address right?", t)
		}
		return answer, nil
	case status == http.StatusBadRequest && operation == "decrypt":
		// "invalid ciphertext", "cipher: message authentication failed".
		return nil, errWrongKEK
	case status == http.StatusForbidden:
		return nil, fmt.Errorf("%s: the token is not valid, has expired, or has no policy for %s/%s/%s (update)", t, t.where.Mount, operation, t.where.Key)
	case status == http.StatusNotFound:
		return nil, fmt.Errorf("%s: no such mount or key: see keys.kek.vault.mount, key and namespace", t)
	case status == http.StatusServiceUnavailable:
		return nil, fmt.Errorf("%s: the server is sealed or not ready: unseal it", t)
	case status >= 300 && status < 400:
		return nil, fmt.Errorf("%s: the server redirects (status %d), which is not followed: name the server itself", t, status)
	}
	return nil, fmt.Errorf("%s: status %d", t, status)
}

func (t *transitKEK) unreachable(err error) error {
	var certificate *tls.CertificateVerificationError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &certificate):
		return fmt.Errorf("%s: its certificate is not one that keys.kek.vault.ca (or the system) trusts for this name", t)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%s: no answer within %v", t, TransitTimeout)
	}
	return fmt.Errorf("%s: cannot be reached", t)
}
