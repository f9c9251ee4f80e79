package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// signedRequest is what Meta posts to a data deletion callback.
func signedRequest(secret, user string) string {
	now := time.Now().Unix()
	payload := base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"algorithm":"HMAC-SHA256","expires":%d,"issued_at":%d,"user_id":%q}`, now+3600, now, user)))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(payload))
	return url.Values{"signed_request": {base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) + "." + payload}}.Encode()
}

// asksDeletion posts a request as Meta does.
func (d *desk) asksDeletion(body string) rig.Reply {
	d.Helper()
	target := strings.Replace(d.webhook(), "/webhook/", "/deletion/", 1)
	request, err := http.NewRequestWithContext(d.Context(), http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		return rig.Reply{Err: err}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return rig.Do(http.DefaultClient, request)
}

// TestDeletionRequest: Meta's request erases whoever has its id, and says where to
// look it up.
func TestDeletionRequest(t *testing.T) {
	d := newDesk(t, nil)
	token := emailToken.FindString(d.hears(anna, "mine is "+email))
	reply := d.asksDeletion(signedRequest(mainApp.Secret, anna))
	var answer struct {
		URL  string `json:"url"`
		Code string `json:"confirmation_code"`
	}
	if err := json.Unmarshal(reply.Body, &answer); err != nil || reply.Status != http.StatusOK || !strings.HasSuffix(answer.URL, "/deletion/"+mainApp.Name+"/"+answer.Code) {
		t.Fatalf("%d %s, %v", reply.Status, reply.Body, err)
	}
	if got := d.gets(anna, "is "+token); strings.Contains(got, email) {
		t.Errorf("the person gets %q", got)
	}
}

// deletions asks for deletions in every way there is.
func (a *aviary) deletions(day string) {
	for _, body := range []string{
		signedRequest(mainApp.Secret, a.flock.hatch(day+", deletion, nobody", anID, false)),
		signedRequest("wrong", a.flock.hatch(day+", deletion, wrong secret", anID, false)),
		"signed_request=" + a.flock.hatch(day+", deletion, no request", aWord, false),
	} {
		a.keep(a.asksDeletion(body))
	}
	target := strings.Replace(a.webhook(), "/webhook/", "/deletion/", 1) + "/" + a.flock.hatch(day+", deletion, code", aWord, false)
	if request, err := http.NewRequestWithContext(a.Context(), http.MethodGet, target, nil); err == nil {
		a.keep(rig.Do(http.DefaultClient, request))
	}
}
