package platform

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// longestBody bounds a Graph request: Meta takes files of 100 MB, a demo less.
const longestBody = 8 << 20

var version = regexp.MustCompile(`^v\d+\.\d+$`)

// call is a Graph request on its way.
type call struct {
	*http.Request
	account  Account
	segments []string // of the path, without a version
	body     []byte
	fields   []byte // the body as JSON, whatever it came as
	person   string
}

// serveGraph answers one request to the Graph API and keeps its bytes.
func (p *Platform) serveGraph(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestBody))
	c := &call{Request: r, body: body, segments: segments(r.URL.Path)}
	var status int
	var answer any
	if err != nil {
		status, answer = failed(http.StatusRequestEntityTooLarge, 1, 0, "The request is too large.")
	} else {
		status, answer = p.answer(c)
	}
	written := serialize(answer)
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Cache-Control", "private, no-cache, no-store, must-revalidate")
	w.Header().Set("Facebook-Api-Version", "v23.0")
	w.Header().Set("X-Fb-Trace-Id", traceID())
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `OAuth "Facebook Platform" "invalid_token" "The access token could not be read"`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(written)
	p.record(Call{Method: r.Method, Target: withoutToken(r.URL), Body: c.body, Person: c.person, Status: status})
}

func (p *Platform) answer(c *call) (int, any) {
	token, err := c.readFields()
	if err != nil {
		return failed(http.StatusBadRequest, 100, 0, "The body could not be read.")
	}
	if len(c.segments) == 2 && c.segments[1] == "subscriptions" && c.Method == http.MethodPost {
		return p.subscribe(c, token)
	}
	account, ok := p.accountByToken(token)
	if !ok {
		return failed(http.StatusUnauthorized, 190, 0, "Invalid OAuth access token - Cannot parse access token")
	}
	c.account = account
	if len(c.segments) == 0 {
		return unsupported(c)
	}
	own := c.segments[0] == "me" && account.Channel == Messenger || c.segments[0] == account.ID
	edge := ""
	if len(c.segments) > 1 {
		edge = c.segments[1]
	}
	switch c.Method + " " + edge {
	case "POST messages":
		if own && account.Channel == Messenger {
			return p.sendMessenger(c)
		}
		if own {
			return p.sendWhatsApp(c)
		}
	case "GET conversations":
		if own && account.Channel == Messenger {
			return p.conversations(c)
		}
	case "POST media":
		if own && account.Channel == WhatsApp {
			return p.upload(c)
		}
	case "POST messenger_profile", "POST subscribed_apps":
		return http.StatusOK, map[string]any{"success": true}
	case "GET ":
		return p.object(c)
	case "DELETE ":
		return p.dropMedia(c)
	}
	return unsupported(c)
}

// readFields makes JSON of the body, whether it came as JSON, as a form or in
// the query, and finds the access token in any of its places.
func (c *call) readFields() (token string, err error) {
	kind, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	c.fields = c.body
	switch {
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(c.body))
		if err != nil {
			return "", err
		}
		token = form.Get("access_token")
		c.fields = formFields(form)
	case kind == "multipart/form-data":
		c.fields = nil
	case len(c.body) == 0:
		c.fields = formFields(c.URL.Query())
	case !json.Valid(c.body):
		return "", io.ErrUnexpectedEOF
	default:
		var named struct {
			Token string `json:"access_token"`
		}
		_ = json.Unmarshal(c.body, &named)
		token = named.Token
	}
	if query := c.URL.Query().Get("access_token"); query != "" {
		token = query
	}
	scheme, bearer, found := strings.Cut(c.Header.Get("Authorization"), " ")
	if found && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "OAuth")) {
		token = bearer
	}
	return token, nil
}

// formFields reads each field that is JSON as JSON, as Graph does.
func formFields(form url.Values) []byte {
	fields := map[string]json.RawMessage{}
	for name := range form {
		value := form.Get(name)
		if strings.HasPrefix(value, "{") && json.Valid([]byte(value)) {
			fields[name] = json.RawMessage(value)
		} else {
			fields[name] = serialize(value)
		}
	}
	// Not serialize: what a field holds may be escaped already.
	written, err := json.Marshal(fields)
	if err != nil {
		return []byte("{}")
	}
	return written
}

// subscribe registers a webhook for the app, as the dashboard or a bot does.
func (p *Platform) subscribe(c *call, token string) (int, any) {
	if c.segments[0] != p.config.AppID || token != p.config.AppID+"|"+p.config.AppSecret {
		return failed(http.StatusUnauthorized, 190, 0, "Invalid OAuth access token - an app access token is needed")
	}
	var fields struct {
		Callback string `json:"callback_url"`
		Verify   string `json:"verify_token"`
	}
	if err := json.Unmarshal(c.fields, &fields); err != nil || fields.Verify != p.config.VerifyToken {
		return failed(http.StatusBadRequest, 2200, 0, "(#2200) callback verification failed")
	}
	if err := p.Register(c.Context(), fields.Callback); err != nil {
		return failed(http.StatusBadRequest, 2200, 0, "(#2200) callback verification failed")
	}
	return http.StatusOK, map[string]any{"success": true}
}

func segments(path string) []string {
	parts := strings.FieldsFunc(path, func(char rune) bool { return char == '/' })
	if len(parts) > 0 && version.MatchString(parts[0]) {
		parts = parts[1:]
	}
	return parts
}

func withoutToken(target *url.URL) string {
	query := target.Query()
	query.Del("access_token")
	if len(query) == 0 {
		return target.EscapedPath()
	}
	return target.EscapedPath() + "?" + query.Encode()
}
