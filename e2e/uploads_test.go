package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// TestMessagingAPI is bottender's client: batches in JSON, and files in multipart
// bodies that are sent in chunks.
func TestMessagingAPI(t *testing.T) {
	s := &messengerStage{T: t, platform: rig.NewPlatform(t), proxy: rig.NewProxy(t)}
	s.bot = rig.StartNode(t, "messaging-api.mjs", rig.Access{
		Graph: s.proxy.Graph("shop"), Token: shopToken, Secret: mainApp.Secret, Clear: "write to " + clearAddress + " or charge " + clearCard,
	})
	s.proxy.Start(t, rig.Setup{
		Apps: []rig.App{mainApp},
		Accounts: []rig.Account{{
			Name: "shop", App: "main", Channel: "messenger", ID: page, Token: shopToken, Bot: s.bot.URL, Graph: s.platform.URL,
		}},
	})
	s.uploads()
}

// TestFixedLibrary is a client of Graph that cannot be told another address, and is
// reached by HTTPS_PROXY: url-encoded forms, a batch in one, and files.
func TestFixedLibrary(t *testing.T) {
	s := &messengerStage{T: t, platform: rig.NewPlatform(t), proxy: rig.NewProxy(t)}
	if output, err := s.proxy.Command("ca", "init", "--out", filepath.Join(s.proxy.Dir, "ca")); err != nil {
		t.Fatalf("piiproxy ca init: %v\n%s", err, output)
	}
	s.bot = rig.StartNode(t, "fb.mjs", rig.Access{
		Graph: "unused", Token: shopToken, Secret: mainApp.Secret, Clear: "write to " + clearAddress + " or charge " + clearCard,
		Environ: []string{"HTTPS_PROXY=http://bot:" + proxyToken + "@" + s.proxy.ForwardSide(), "NODE_EXTRA_CA_CERTS=" + filepath.Join(s.proxy.Dir, "ca", "ca.pem")},
	})
	s.proxy.Start(t, rig.Setup{
		Forward: "ca: ./ca, token: " + proxyToken, Apps: []rig.App{mainApp},
		Accounts: []rig.Account{{
			Name: "shop", App: "main", Channel: "messenger", ID: page, Token: shopToken, Bot: s.bot.URL, Graph: s.platform.URL,
		}},
	})
	s.say("hello from " + email)
	call := awaitSend(t, s.platform, 1)
	fields, err := url.ParseQuery(string(call.Body))
	if err != nil || fields.Get("message") != `{"text":"You wrote: hello from `+strings.ReplaceAll(email, "@", `\u0040`)+`"}` || call.Query.Get("appsecret_proof") == "" {
		t.Errorf("the platform got %s", call.Body)
	}
	s.uploads()
}

// uploads plays what libraries do beside plain sends.
func (s *messengerStage) uploads() {
	s.Helper()
	s.platform.Answer(answerUploads)
	s.batched()
	s.uploaded("picture", "image/png", "")
	s.uploaded("file", "text/csv", "name;value\r\nAnna;write to ")
	noComplaints(s.T, s.bot)
}

// answerUploads is what Meta answers to batches and to files.
func answerUploads(w http.ResponseWriter, _ *http.Request, call rig.Call) bool {
	batch := batchIn(call)
	answer := any(rig.Object{"attachment_id": "1857777774821032"})
	switch {
	case strings.HasSuffix(call.Path, "/message_attachments"):
	case len(batch) > 0:
		items := rig.List{}
		for _, item := range batch {
			inner := rig.Object{"recipient_id": anna, "message_id": rig.NewID("m_OUT")}
			if item["method"] == "GET" {
				inner = rig.Object{"id": anna, "first_name": "Anna", "last_name": "mail " + clearAddress}
			}
			items = append(items, rig.Object{"code": 200, "headers": rig.List{rig.Object{"name": "Content-Type", "value": "text/javascript; charset=UTF-8"}}, "body": string(rig.Marshal(inner))})
		}
		answer = items
	default:
		return false
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(answer)
	return true
}

// batchIn are the items of a batch in JSON or in a form.
func batchIn(call rig.Call) []rig.Object {
	var body struct{ Batch []rig.Object }
	if json.Unmarshal(call.Body, &body) == nil {
		return body.Batch
	}
	fields, err := url.ParseQuery(string(call.Body))
	if err != nil || json.Unmarshal([]byte(fields.Get("batch")), &body.Batch) != nil {
		return nil
	}
	return body.Batch
}

// batched is a batch of three messages and a profile: values that the bot knows are
// masked, tokens restored, and the answers come back one by one.
func (s *messengerStage) batched() {
	s.Helper()
	s.say("batch: mine is " + email + " and my card " + card)
	done := s.bot.Await(s, "the batch's answer", func(h rig.Happening) bool { return h.What == "batch" })
	calls := s.platform.Calls()
	batch := batchIn(calls[len(calls)-1])
	if len(batch) != 4 {
		s.Fatalf("the platform got %s", calls[len(calls)-1].Body)
	}
	texts := make([]string, 4)
	for i, item := range batch {
		if item["method"] == http.MethodGet {
			continue
		}
		fields, err := url.ParseQuery(item["body"].(string))
		if err != nil {
			s.Fatal(err)
		}
		var message struct{ Text string }
		if err := json.Unmarshal([]byte(fields.Get("message")), &message); err != nil {
			s.Fatal(err)
		}
		texts[i] = message.Text
	}
	for i, prefix := range map[int]string{0: "One: ", 2: "Two: "} {
		if !strings.Contains(texts[i], prefix+"mine is "+email) || !strings.Contains(texts[i], last4) {
			s.Errorf("item %d says %s", i, texts[i])
		}
		absent(s.T, "item", texts[i], "4539", "pii_")
	}
	absent(s.T, "the item with values that the bot knows", texts[3], clearAddress, clearCard)
	if strings.Contains(done.Line, clearAddress) || !strings.Contains(done.Line, `"code":200`) || strings.Count(strings.ReplaceAll(done.Line, "message_id", "messageId"), "messageId") != 3 {
		s.Errorf("the bot got %s", done.Line)
	}
}

// uploaded is a file that the bot uploads: what is in it for nobody does not
// arrive, and the rest is whole.
func (s *messengerStage) uploaded(what, contentType, begins string) {
	s.Helper()
	s.say(what + ": " + email)
	done := s.bot.Await(s, "the upload's answer", func(h rig.Happening) bool { return h.What == what })
	if !strings.Contains(done.Line, "1857777774821032") {
		s.Errorf("the bot got %s", done.Line)
	}
	calls := s.platform.Calls()
	call := calls[len(calls)-1]
	_, parameters, err := mime.ParseMediaType(call.Header.Get("Content-Type"))
	if err != nil {
		s.Fatal(err)
	}
	from := multipart.NewReader(bytes.NewReader(call.Body), parameters["boundary"])
	for {
		part, err := from.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			s.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			s.Fatal(err)
		}
		absent(s.T, "the part "+part.FormName(), string(content), email, clearAddress, clearCard, "pii_")
		if part.FormName() != "filedata" {
			continue
		}
		if part.Header.Get("Content-Type") != contentType || !strings.HasPrefix(string(content), begins) || contentType == "image/png" && !bytes.HasPrefix(content, []byte("\x89PNG")) {
			s.Errorf("%s: the platform got %s, %q", what, part.Header.Get("Content-Type"), content)
		}
	}
}
