package proxy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// part is one call of a batch.
type part struct {
	Method    string `json:"method"`
	URL       string `json:"relative_url"`
	Body      string `json:"body,omitempty"`
	Name      string `json:"name,omitempty"`
	DependsOn string `json:"depends_on,omitempty"`
}

// parameters are the body's fields.
func (p part) parameters() url.Values {
	values, _ := url.ParseQuery(p.Body)
	return values
}

// says is the words that an item sends.
func (p part) says() string {
	var message struct {
		Text string `json:"text"`
	}
	_ = json.Unmarshal([]byte(p.parameters().Get("message")), &message)
	return message.Text
}

// writes is an item that sends a text to a person, as bots spell it.
func writes(person, words string) part {
	message, _ := json.Marshal(map[string]string{"text": words})
	return part{Method: "POST", URL: "me/messages", Body: "messaging_type=RESPONSE&recipient=" + url.QueryEscape(`{"id":"`+person+`"}`) + "&message=" + url.QueryEscape(string(message))}
}

// after is an item that waits for another one.
func after(name string, p part) part { p.DependsOn = name; return p }

// listed is a batch's list.
func listed(parts ...part) string { return string(must(json.Marshal(parts))) }

// batch sends a batch as messaging-api-messenger does.
func (r *rig) batch(parts ...part) reply {
	r.t.Helper()
	return r.call("/shop/", `{"access_token":"`+shopToken+`","batch":`+listed(parts...)+`}`)
}

// formal says that a body is a form.
const formal = "Content-Type: application/x-www-form-urlencoded"

// carried sends a list by each of the ways in which bots send batches.
func (r *rig) carried(list string) map[string]func() reply {
	json := "Content-Type: application/json"
	return map[string]func() reply{
		"JSON":   func() reply { return r.ask("bot", "POST", "/shop/", `{"batch":`+list+`}`, json) },
		"string": func() reply { return r.ask("bot", "POST", "/shop/", `{"batch":`+quoted(list)+`}`, json) },
		"form": func() reply {
			return r.ask("bot", "POST", "/shop/v23.0/", "access_token="+shopToken+"&include_headers=true&batch="+escape(list), formal)
		},
		"query": func() reply { return r.ask("bot", "POST", "/shop/?access_token="+shopToken+"&batch="+escape(list), "") },
		"multipart": func() reply {
			body := "--b\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\n" + shopToken + "\r\n--b\r\nContent-Disposition: form-data; name=\"batch\"\r\n\r\n" + list + "\r\n--b--\r\n"
			return r.ask("bot", "POST", "/shop/", body, "Content-Type: multipart/form-data; boundary=b")
		},
		"form, the token in the query": func() reply {
			return r.ask("bot", "POST", "/shop/v23.0?access_token="+shopToken, "batch="+strings.ReplaceAll(escape(list), "+", "%20"), formal)
		},
	}
}

// entry is one answer of a batch.
type entryOfBatch struct {
	Code    int                 `json:"code"`
	Headers []map[string]string `json:"headers"`
	Body    *string             `json:"body"`
}

// text is the body of an entry, "" when there is none.
func (e *entryOfBatch) text() string {
	if e == nil || e.Body == nil {
		return ""
	}
	return *e.Body
}

// entries reads the answer to a batch.
func (r *rig) entries(got reply) []*entryOfBatch {
	r.t.Helper()
	var entries []*entryOfBatch
	if err := json.Unmarshal([]byte(got.body), &entries); err != nil || got.status != http.StatusOK {
		r.t.Fatalf("answered %d %s (%v)", got.status, got.body, err)
	}
	return entries
}

// parts reads the batch that the platform got last.
func (r *rig) parts() []part {
	r.t.Helper()
	got := r.platform.requests()
	last := got[len(got)-1]
	if _, query, _ := strings.Cut(last.target, "?"); last.body == "" {
		return partsOf(query)
	}
	return partsOf(last.body)
}

func partsOf(body string) (parts []part) {
	if _, list, found := strings.Cut(body, "name=\"batch\"\r\n\r\n"); found {
		list, _, _ = strings.Cut(list, "\r\n--")
		_ = json.Unmarshal([]byte(list), &parts)
		return parts
	}
	var batch struct {
		Batch json.RawMessage `json:"batch"`
	}
	list := body
	if json.Unmarshal([]byte(body), &batch) == nil {
		list = string(batch.Batch)
		var text string
		if json.Unmarshal(batch.Batch, &text) == nil {
			list = text
		}
	} else if form, err := url.ParseQuery(body); err == nil {
		list = form.Get("batch")
	}
	_ = json.Unmarshal([]byte(list), &parts)
	return parts
}

// batches makes the platform carry batches out: each item gets the answer that is
// given for its place, or that to a send with an id of its own.
func (p *peer) batches(answers ...string) {
	p.answers(func(w http.ResponseWriter, q *http.Request) {
		raw, _ := io.ReadAll(q.Body)
		list := string(raw)
		if len(raw) == 0 {
			list = q.URL.RawQuery
		}
		var entries []string
		for i := range partsOf(list) {
			entry := fmt.Sprintf(`{"recipient_id":"%s","message_id":"m_batch%d"}`, anna, i)
			if i < len(answers) {
				entry = answers[i]
			}
			if entry != "null" && !strings.HasPrefix(entry, `{"code"`) {
				entry = `{"code":200,"headers":[{"name":"Content-Type","value":"text\/javascript; charset=UTF-8"}],"body":` + quoted(entry) + `}`
			}
			entries = append(entries, entry)
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_, _ = io.WriteString(w, "["+strings.Join(entries, ",")+"]")
	})
}

// quoted is a text as the platform writes it into JSON.
func quoted(text string) string {
	return strings.ReplaceAll(string(must(json.Marshal(text))), "/", `\/`)
}

// canaryBatches are batches with canaries in every place.
func canaryBatches() (batches []string) {
	person := writes(canaryPerson, dirty)
	person.URL += "?access_token=EAAcanarytoken77"
	named := writes(canaryPerson, "hello")
	named.Name = "canaryfield77"
	read := part{Method: "GET", URL: canaryPerson + "?fields=canaryfield77"}
	for _, list := range []string{
		listed(person, named, read), listed(read, read, read), listed(part{Method: "POST", URL: "me/messages", Body: "canaryfield77=5105105105105100&" + person.Body}),
		listed(person, part{Method: "GET", URL: "https://canaryquery77.example/"}), listed(part{Method: "canaryfield77", URL: "me"}),
		listed(part{Method: "POST", URL: "me/messages", Body: "message=canaryfield77{result=canaryfield77:$.id}"}),
		strings.Replace(listed(named), "{", `{"headers":{"User-Agent":"5105105105105100"},`, 1), strings.Replace(listed(named), "{", `{"note":"canary.person@leak.example",`, 1),
		quoted(listed(person, named)), `"canaryfield77"`, listed(writes(canaryPerson, "Please type your card number")),
	} {
		batches = append(batches, `{"access_token":"EAAcanarytoken77","batch":`+list+`}`)
	}
	return batches
}
