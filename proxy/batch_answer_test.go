package proxy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func escape(text string) string { return url.QueryEscape(text) }

// The answer of each item is read like that of its own call: history and profiles
// are redacted, what cannot be read is answered by us in its place.
func TestBatchAnswers(t *testing.T) {
	r := newRig(t)
	mail := r.token(anna, email)
	history := `{"data":[{"id":"t_1","messages":{"data":[{"id":"m_1","message":"my card is ` + card + `","from":{"id":"` + anna + `"}}]}}]}`
	r.platform.batches(history, "null", `{"code":200,"headers":[{"name":"Set-Cookie","value":"a=b"},{"name":"ETag","value":"\"4111111111111111\""},{"name":"X-Note","value":"`+card+`"}],"body":"{}"}`,
		`{"code":200,"body":"<html>`+card+`<\/html>"}`, `{"code":302,"body":null}`, `{"code":200,"extra":"`+card+`","body":"{}"}`,
		`{"code":400,"body":"{\"error\":{\"message\":\"`+email+` is wrong\",\"code\":100}}"}`, `{"code":200,"body":""}`, `{"code":"200","body":"{}"}`)
	get := part{Method: "GET", URL: "me/conversations?fields=messages"}
	got := r.batch(get, get, get, get, writes(anna, "x"), writes(anna, "y"), writes(anna, "to "+mail), get, writes(anna, "z"))
	entries := r.entries(got)
	if len(entries) != 9 || entries[1] != nil || entries[7].Code != 200 || entries[7].text() != "" {
		t.Fatalf("answered %s", got.body)
	}
	if strings.Contains(got.body, "4111 1111") || strings.Contains(got.body, "jane.doe") || strings.Contains(got.body, "Set-Cookie") || !strings.Contains(got.body, `4111111111111111`) {
		t.Errorf("answered %s", got.body)
	}
	if !strings.Contains(entries[0].text(), "my card is pii_creditcard_") {
		t.Errorf("the history is %s", entries[0].text())
	}
	if !strings.Contains(entries[6].text(), mail+" is wrong") {
		t.Errorf("the error is %s", entries[6].text())
	}
	for i, want := range map[int]string{3: "answer_unreadable", 4: "redirect", 5: "answer_unreadable", 8: "answer_unreadable"} {
		refused := graphShape(entries[i].text())
		if !strings.HasSuffix(refused.Message, "("+want+")") || *refused.Transient || entries[i].Code != http.StatusBadGateway {
			t.Errorf("item %d got %d %s, want %s", i, entries[i].Code, entries[i].text(), want)
		}
	}
}

// Links to more pages lead through here in each item's answer, as in that of its
// own call.
func TestBatchPages(t *testing.T) {
	r := newRig(t)
	next := r.platform.url + `\/v23.0\/me\/conversations?access_token=` + shopToken + `&after=abc`
	r.platform.batches(`{"data":[],"paging":{"next":"` + next + `"}}`)
	entries := r.entries(r.batch(part{Method: "GET", URL: "me/conversations"}, writes(anna, "hello")))
	var answer struct{ Paging struct{ Next string } }
	r.must(json.Unmarshal([]byte(entries[0].text()), &answer))
	if link := answer.Paging.Next; !strings.HasPrefix(link, "http://"+r.address["bot"]+"/shop/fetch/") || strings.Contains(entries[0].text(), shopToken) {
		t.Errorf("the next page is at %s", link)
	}
}

// An answer that is no list of as many entries is not passed on, and a send that
// may have been accepted is never called transient.
func TestBatchAnswerShapes(t *testing.T) {
	r := newRig(t)
	for name, test := range map[string]struct {
		status int
		answer string
		want   int
	}{
		"too few":     {200, `[{"code":200,"body":"{}"}]`, 502},
		"too many":    {200, `[null,null,null]`, 502},
		"none":        {200, `[]`, 502},
		"cut":         {200, `[null,`, 502},
		"an error":    {400, `{"error":{"message":"Invalid OAuth access token","type":"OAuthException","code":190}}`, 400},
		"a failure":   {500, `{"error":{"message":"x ` + card + `","code":1,"is_transient":true}}`, 500},
		"no JSON":     {200, `hello`, 502},
		"not a batch": {200, `{"success":true}`, 200},
	} {
		r.platform.says(test.status, "application/json", test.answer)
		got := r.batch(writes(anna, "hello"), writes(bert, "hello"))
		if got.status != test.want || strings.Contains(got.body, card) || got.status == 502 && strings.Contains(got.body, `"is_transient":true`) {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
		}
	}
	r.platform.says(200, "application/json", "")
	if got := r.batch(writes(anna, "hello")); got.status != 502 {
		t.Errorf("an empty answer: %d %s", got.status, got.body)
	}
	r.platform.says(200, "application/json", `{"success":true}`)
	if got := r.batch(writes(anna, "hello"), after("x", writes(anna, "refused"))); got.status != 502 {
		t.Errorf("no batch, an item refused: %d %s", got.status, got.body)
	}
	r.platform.answers(hangUp)
	if got := r.batch(writes(anna, "hello")); got.status != 502 || strings.Contains(got.body, `"is_transient":true`) {
		t.Errorf("no answer: %d %s", got.status, got.body)
	}
}

// Ids of messages are learned from each item's answer: their echoes are no
// foreign sends. One line a message, all under the batch's request id.
func TestBatchLearnsAndLogs(t *testing.T) {
	r := newRig(t)
	r.platform.batches()
	r.batch(writes(anna, "your card "+card), part{Method: "GET", URL: "me/conversations"}, writes(bert, "hello"))
	for _, id := range []string{"m_batch0", "m_batch2"} {
		r.hook(page(entry(shopID, echo(shopID, anna, id, "hello"))))
	}
	r.hook(page(entry(shopID, echo(shopID, anna, "m_foreign", "hello"))))
	r.until("the alarm", func() bool { return len(r.lines("foreign_send")) > 0 })
	if n := len(r.lines("foreign_send")); n != 1 {
		t.Errorf("%d alarms", n)
	}
	whole, items := r.lines("batch"), r.lines("call")
	if len(whole) != 1 || len(items) != 3 {
		t.Fatalf("logged %v %v", whole, items)
	}
	for i, line := range items {
		if line["request_id"] != whole[0]["request_id"] || fmt.Sprint(line["item"]) != fmt.Sprint(i+1) || fmt.Sprint(line["peer_status"]) != "200" || line["reason"] != "ok" {
			t.Errorf("item %d logged %v", i, line)
		}
	}
	if items[0]["conversation"] != r.book.Hash("shop", "psid:"+anna) || items[2]["conversation"] != r.book.Hash("shop", "psid:"+bert) || !strings.Contains(fmt.Sprint(items[0]["findings"]), "credit_card") {
		t.Errorf("logged %v", items)
	}
	if got := r.counter(`piiproxy_messages_total{account="shop",direction="outbound",reason="ok"}`); got != 3 {
		t.Errorf("counted %v", got)
	}
	if written := r.audited(); strings.Count(written, `"action":"outbound"`) != 1 || !strings.Contains(written, "credit_card") {
		t.Errorf("the audit log has %s", written)
	}
}
