package stepup_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// issuer is an OpenID provider: discovery, the code flow with PKCE, client
// authentication, codes that work once, RS256. A test can make it lie.
type issuer struct {
	*httptest.Server
	t      testing.TB
	key    *rsa.PrivateKey
	client string
	secret string
	post   bool   // client_secret_post only
	jwks   string // where its keys are, when not with it

	mutex sync.Mutex
	codes map[string]url.Values
	lie   func(claims map[string]any)
	forge func(signed string) string
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key, client: "piiproxy", secret: "canary-client-secret", codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discover)
	mux.HandleFunc("GET /keys", i.keys)
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	i.Server = httptest.NewTLSServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		i.t.Error(err)
	}
}

func (i *issuer) discover(w http.ResponseWriter, _ *http.Request) {
	method := "client_secret_basic"
	if i.post {
		method = "client_secret_post"
	}
	jwks := i.URL + "/keys"
	if i.jwks != "" {
		jwks = i.jwks
	}
	i.write(w, http.StatusOK, map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": jwks,
		"id_token_signing_alg_values_supported": []string{"RS256"}, "token_endpoint_auth_methods_supported": []string{method},
	})
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func (i *issuer) keys(w http.ResponseWriter, _ *http.Request) {
	i.write(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": encode(i.key.N.Bytes()), "e": encode(big.NewInt(int64(i.key.E)).Bytes()),
	}}})
}

// authorize signs everybody in at once.
func (i *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	if asked.Get("client_id") != i.client || asked.Get("response_type") != "code" || asked.Get("code_challenge_method") != "S256" ||
		asked.Get("state") == "" || asked.Get("nonce") == "" || asked.Get("scope") != "openid" {
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	i.mutex.Lock()
	i.codes[code] = asked
	i.mutex.Unlock()
	answer := url.Values{"code": {code}, "state": {asked.Get("state")}, "iss": {i.URL}}
	http.Redirect(w, r, asked.Get("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	client, secret, basic := r.BasicAuth()
	if i.post {
		client, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if client != i.client || secret != i.secret || basic == i.post {
		i.write(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client", "error_description": "canary-description"})
		return
	}
	i.mutex.Lock()
	asked, ok := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	i.mutex.Unlock()
	digest := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || encode(digest[:]) != asked.Get("code_challenge") || r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") {
		i.write(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": "canary-description"})
		return
	}
	claims := map[string]any{
		"iss": i.URL, "sub": "canary-subject", "aud": i.client, "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(),
		"auth_time": time.Now().Unix(), "nonce": asked.Get("nonce"), "acr": asked.Get("acr_values"),
	}
	if i.lie != nil {
		i.lie(claims)
	}
	signed := i.sign(claims)
	if i.forge != nil {
		signed = i.forge(signed)
	}
	i.write(w, http.StatusOK, map[string]any{"access_token": "canary-access", "token_type": "Bearer", "expires_in": 60, "id_token": signed})
}

// sign makes a JWS (RFC 7515) with RS256.
func (i *issuer) sign(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		i.t.Error(err)
	}
	text := encode([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + encode(payload)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, digest[:])
	if err != nil {
		i.t.Error(err)
	}
	return text + "." + encode(signature)
}
