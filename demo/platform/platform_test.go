package platform

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	page   = Account{Channel: Messenger, ID: "1906385232743451", AccessToken: "page-token"}
	number = Account{Channel: WhatsApp, ID: "106540352242922", Business: "102290129340398", Phone: "15550783881", AccessToken: "number-token"}
)

// hook is a bot's webhook that keeps what it gets.
type hook struct {
	*httptest.Server
	mu      sync.Mutex
	bodies  []string
	headers []http.Header
	refuse  int
}

func newHook(t *testing.T, verify string) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			if r.URL.Query().Get("hub.mode") == "subscribe" && r.URL.Query().Get("hub.verify_token") == verify {
				_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge"))
			} else {
				w.WriteHeader(http.StatusForbidden)
			}
			return
		}
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.bodies, h.headers = append(h.bodies, string(body)), append(h.headers, r.Header)
		if h.refuse > 0 {
			h.refuse--
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) got() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.bodies)
}

func open(t *testing.T, config Config) *Platform {
	t.Helper()
	config.AppID, config.AppSecret, config.VerifyToken = "1294857360918273", "secret", "verify"
	config.Accounts = []Account{page, number}
	if config.Retries == nil {
		config.Retries = []time.Duration{time.Millisecond, 2 * time.Millisecond}
	}
	p, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return p
}

func joined(t *testing.T, p *Platform, account Account) Person {
	t.Helper()
	person, err := p.Join(account.ID, "Maria Lopez")
	if err != nil {
		t.Fatal(err)
	}
	return person
}

func settled(t *testing.T, p *Platform) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := p.Settled(ctx); err != nil {
		t.Fatal(err)
	}
}

func graphCall(t *testing.T, p *Platform, method, path, token, body string) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if strings.HasPrefix(body, "{") {
		request.Header.Set("Content-Type", "application/json")
	} else {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var read map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&read); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, read
}

func TestSerializeEscapesAsMetaDoes(t *testing.T) {
	tests := map[string]string{
		"mail@example.org":        `"mail\u0040example.org"`,
		"summary(true) 100%":      `"summary(true) 100\u0025"`,
		"audio/ogg; codecs=opus":  `"audio\/ogg; codecs=opus"`,
		"😢":                       `"\ud83d\ude22"`,
		"Saarbrücken":             `"Saarbr\u00fccken"`,
		`a<b>&'c' "d" \ e`:        `"a\u003Cb>&'c' \"d\" \\ e"`,
		"line\nnext\u2028line\\/": `"line\nnext\u2028line\\\/"`,
	}
	for text, wanted := range tests {
		if got := string(serialize(text)); got != wanted {
			t.Errorf("%q: got %s, wanted %s", text, got, wanted)
		}
		var back string
		if err := json.Unmarshal(serialize(text), &back); err != nil || back != text {
			t.Errorf("%q reads back as %q, %v", text, back, err)
		}
	}
}

func TestDeliveriesAreSignedAndLookReal(t *testing.T) {
	h := newHook(t, "verify")
	p := open(t, Config{})
	if err := p.Register(t.Context(), h.URL+"/webhook"); err != nil {
		t.Fatal(err)
	}
	for _, account := range []Account{page, number} {
		if _, err := p.Say(joined(t, p, account), "größer @ 1/2"); err != nil {
			t.Fatal(err)
		}
	}
	settled(t, p)
	bodies := h.got()
	if len(bodies) != 2 {
		t.Fatalf("%d deliveries", len(bodies))
	}
	for i, body := range bodies {
		if !strings.Contains(body, `gr\u00f6\u00dfer \u0040 1\/2`) {
			t.Errorf("not escaped: %s", body)
		}
		long, short := hmac.New(sha256.New, []byte("secret")), hmac.New(sha1.New, []byte("secret"))
		long.Write([]byte(body))
		short.Write([]byte(body))
		if got := h.headers[i].Get("X-Hub-Signature-256"); got != "sha256="+hex.EncodeToString(long.Sum(nil)) {
			t.Errorf("sha256: %s", got)
		}
		if got := h.headers[i].Get("X-Hub-Signature"); got != "sha1="+hex.EncodeToString(short.Sum(nil)) {
			t.Errorf("sha1: %s", got)
		}
		looks := regexp.MustCompile(`"sender":\{"id":"\d{16}"\}.*"mid":"m_[\w-]{100,}"|"wa_id":"\d{11}".*"id":"wamid\.[\w+\\/=]{50,}"`)
		if !looks.MatchString(body) {
			t.Errorf("ids do not look real: %s", body)
		}
	}
}

func TestHandshakeMustBeAnswered(t *testing.T) {
	p := open(t, Config{})
	tests := map[string]string{
		newHook(t, "another").URL:   "it answered 403",
		"http://127.0.0.1:1/closed": "no answer",
		"nonsense":                  "not an absolute URL",
	}
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	defer silent.Close()
	tests[silent.URL] = "not hub.challenge alone"
	for target, wanted := range tests {
		err := p.Register(t.Context(), target)
		if err == nil || !strings.Contains(err.Error(), wanted) || strings.Contains(err.Error(), "verify_token=") {
			t.Errorf("%s: got %v", wanted, err)
		}
	}
}

func TestEventsCloseTogetherShareADelivery(t *testing.T) {
	h := newHook(t, "verify")
	p := open(t, Config{Batch: 200 * time.Millisecond})
	if err := p.Register(t.Context(), h.URL); err != nil {
		t.Fatal(err)
	}
	maria, other := joined(t, p, number), joined(t, p, number)
	for _, person := range []Person{maria, maria, other} {
		if _, err := p.Say(person, "hi"); err != nil {
			t.Fatal(err)
		}
	}
	writer := joined(t, p, page)
	_, _ = p.Say(writer, "one")
	_, _ = p.Say(writer, "two")
	settled(t, p)
	bodies := h.got()
	if len(bodies) != 2 {
		t.Fatalf("%d deliveries: %v", len(bodies), bodies)
	}
	for _, body := range bodies {
		changes, entries := strings.Count(body, `"changes"`)*strings.Count(body, `"field"`), strings.Count(body, `"messaging":`)
		if changes != 2 && entries != 2 {
			t.Errorf("not batched as it should: %s", body)
		}
	}
}

func TestDeliveriesAreTriedAgain(t *testing.T) {
	for refuse, wanted := range map[int]int{1: 2, 3: 4, 9: 4} {
		h := newHook(t, "verify")
		h.refuse = refuse
		p := open(t, Config{})
		if err := p.Register(t.Context(), h.URL); err != nil {
			t.Fatal(err)
		}
		_, _ = p.Say(joined(t, p, page), "hi")
		settled(t, p)
		bodies := h.got()
		if len(bodies) != wanted || len(slices.Compact(slices.Clone(bodies))) != 1 {
			t.Errorf("refused %d times: %d attempts", refuse, len(bodies))
		}
		if statuses := p.Deliveries()[0].Statuses; len(statuses) != wanted {
			t.Errorf("recorded %v", statuses)
		}
	}
}

func TestSendIsStoredEchoedAndAnswered(t *testing.T) {
	h := newHook(t, "verify")
	p := open(t, Config{})
	if err := p.Register(t.Context(), h.URL); err != nil {
		t.Fatal(err)
	}
	maria := joined(t, p, page)
	body := `{"recipient":{"id":"` + maria.ID + `"},"message":{"text":"Hello","quick_replies":[{"content_type":"text","title":"Yes","payload":"Y"}]}}`
	status, answer := graphCall(t, p, "POST", "/v23.0/me/messages?access_token=page-token", "", body)
	if status != http.StatusOK || answer["recipient_id"] != maria.ID {
		t.Fatalf("%d %v", status, answer)
	}
	records := p.Records(maria.ID)
	if len(records) != 1 || string(records[0].Raw) != body || records[0].Text != "Hello" || records[0].Buttons[0].Kind != "quick_reply" || records[0].ID != answer["message_id"] {
		t.Errorf("stored %+v", records)
	}
	if _, err := p.Tap(maria, records[0].ID, records[0].Buttons[0]); err != nil {
		t.Error(err)
	}
	settled(t, p)
	all := strings.Join(h.got(), "\n")
	for _, wanted := range []string{`"is_echo":true,"app_id":1294857360918273,"mid":"` + records[0].ID, `"delivery":{"mids":["`, `"read":{"watermark":`, `"text":"Yes","quick_reply":{"payload":"Y"}`} {
		if !strings.Contains(all, wanted) {
			t.Errorf("%s is missing in %s", wanted, all)
		}
	}
	calls := p.Calls()
	if len(calls) != 1 || calls[0].Target != "/v23.0/me/messages" || calls[0].Person != maria.ID {
		t.Errorf("recorded %+v", calls)
	}
}

func TestWhatsAppSendGetsStatuses(t *testing.T) {
	h := newHook(t, "verify")
	p := open(t, Config{})
	if err := p.Register(t.Context(), h.URL); err != nil {
		t.Fatal(err)
	}
	maria := joined(t, p, number)
	said, _ := p.Say(maria, "hi")
	body := `{"messaging_product":"whatsapp","to":"+` + maria.ID + `","type":"interactive","interactive":{"type":"button","body":{"text":"Sure?"},"action":{"buttons":[{"type":"reply","reply":{"id":"Y","title":"Yes"}}]}}}`
	status, answer := graphCall(t, p, "POST", "/"+number.ID+"/messages", number.AccessToken, body)
	if status != http.StatusOK || !strings.Contains(string(serialize(answer)), `"wa_id":"`+maria.ID) {
		t.Fatalf("%d %v", status, answer)
	}
	if status, answer := graphCall(t, p, "POST", "/v23.0/"+number.ID+"/messages", number.AccessToken, `{"messaging_product":"whatsapp","status":"read","message_id":"`+said+`"}`); status != http.StatusOK {
		t.Errorf("read: %d %v", status, answer)
	}
	records := p.Records(maria.ID)
	if _, err := p.Tap(maria, records[1].ID, records[1].Buttons[0]); err != nil {
		t.Error(err)
	}
	if _, err := p.Answer(maria, "a human"); err != nil {
		t.Error(err)
	}
	settled(t, p)
	all := strings.Join(h.got(), "\n")
	for _, wanted := range []string{`"status":"sent"`, `"status":"delivered"`, `"status":"read"`, `"button_reply":{"id":"Y","title":"Yes"}`, `"field":"smb_message_echoes"`} {
		if !strings.Contains(all, wanted) {
			t.Errorf("%s is missing in %s", wanted, all)
		}
	}
}

func TestGraphRefusesAsGraphDoes(t *testing.T) {
	p := open(t, Config{})
	maria, kim := joined(t, p, page), joined(t, p, number)
	tests := map[string]struct {
		method, path, token, body string
		status, code              int
	}{
		"no token":            {"POST", "/me/messages", "", `{}`, 401, 190},
		"a wrong token":       {"POST", "/me/messages", "x", `{}`, 401, 190},
		"another's token":     {"POST", "/" + number.ID + "/messages", "page-token", `{}`, 400, 100},
		"broken JSON":         {"POST", "/me/messages", "page-token", `{"recipient":`, 400, 100},
		"no such person":      {"POST", "/me/messages", "page-token", `{"recipient":{"id":"1"},"message":{"text":"x"}}`, 400, 100},
		"another's person":    {"POST", "/me/messages", "page-token", `{"recipient":{"id":"` + kim.ID + `"},"message":{"text":"x"}}`, 400, 100},
		"no message":          {"POST", "/me/messages", "page-token", `{"recipient":{"id":"` + maria.ID + `"}}`, 400, 100},
		"a text too long":     {"POST", "/me/messages", "page-token", `{"recipient":{"id":"` + maria.ID + `"},"message":{"text":"` + strings.Repeat("x", 2001) + `"}}`, 400, 100},
		"no product":          {"POST", "/" + number.ID + "/messages", "number-token", `{"to":"1"}`, 400, 100},
		"an unknown number":   {"POST", "/" + number.ID + "/messages", "number-token", `{"messaging_product":"whatsapp","to":"1","type":"text","text":{"body":"x"}}`, 400, 131026},
		"an unknown object":   {"GET", "/4711", "page-token", ``, 400, 100},
		"an unknown edge":     {"POST", "/me/nothing", "page-token", `{}`, 400, 100},
		"the root":            {"GET", "/", "page-token", ``, 400, 100},
		"a file unknown":      {"DELETE", "/4711", "number-token", ``, 400, 100},
		"registering, no app": {"POST", "/1/subscriptions", "page-token", `{}`, 401, 190},
	}
	for name, test := range tests {
		status, answer := graphCall(t, p, test.method, test.path, test.token, test.body)
		failure, _ := answer["error"].(map[string]any)
		if status != test.status || failure["code"] != float64(test.code) || failure["fbtrace_id"] == "" || failure["message"] == "" {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	if records := p.Records(maria.ID); len(records) != 0 {
		t.Errorf("stored %+v", records)
	}
}

func TestGraphTellsProfilesAndHistory(t *testing.T) {
	p := open(t, Config{})
	maria := joined(t, p, page)
	said, _ := p.Say(maria, "hi")
	_, profile := graphCall(t, p, "GET", "/v23.0/"+maria.ID+"?fields=first_name", "page-token", "")
	if profile["first_name"] != "Maria" {
		t.Errorf("profile %v", profile)
	}
	for _, path := range []string{"/me/conversations?fields=messages{message}", "/t_" + maria.ID, "/" + said} {
		if _, answer := graphCall(t, p, "GET", path, "page-token", ""); !strings.Contains(string(serialize(answer)), `"message":"hi"`) {
			t.Errorf("%s: %v", path, answer)
		}
	}
}

func TestGraphTakesForms(t *testing.T) {
	p := open(t, Config{})
	maria := joined(t, p, page)
	form := url.Values{"recipient": {`{"id":"` + maria.ID + `"}`}, "message": {`{"text":"a\/b"}`}, "access_token": {"page-token"}}
	if status, answer := graphCall(t, p, "POST", "/me/messages", "", form.Encode()); status != http.StatusOK {
		t.Fatalf("%d %v", status, answer)
	}
	if records := p.Records(maria.ID); len(records) != 1 || records[0].Text != "a/b" {
		t.Errorf("stored %+v", records)
	}
}

func TestGraphTakesFilesAndRegistrations(t *testing.T) {
	h := newHook(t, "verify")
	p := open(t, Config{})
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, _ := form.CreateFormFile("file", "a.txt")
	_, _ = io.WriteString(part, "hello")
	_ = form.Close()
	request, _ := http.NewRequestWithContext(t.Context(), "POST", p.URL()+"/"+number.ID+"/media", &body)
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Authorization", "Bearer number-token")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ ID string }
	_ = json.NewDecoder(answer.Body).Decode(&file)
	_ = answer.Body.Close()
	if _, told := graphCall(t, p, "GET", "/"+file.ID, "number-token", ""); told["file_size"] != 5.0 {
		t.Errorf("told %v", told)
	}
	if status, _ := graphCall(t, p, "DELETE", "/"+file.ID, "number-token", ""); status != http.StatusOK {
		t.Errorf("deleting: %d", status)
	}
	registration := url.Values{"callback_url": {h.URL}, "verify_token": {"verify"}, "access_token": {"1294857360918273|secret"}, "object": {"page"}}
	if status, told := graphCall(t, p, "POST", "/v23.0/1294857360918273/subscriptions", "", registration.Encode()); status != http.StatusOK {
		t.Errorf("registering: %d %v", status, told)
	}
}

func TestOpenNeedsSecrets(t *testing.T) {
	if _, err := Open(Config{Accounts: []Account{page}}); err == nil {
		t.Error("opened without secrets")
	}
}
