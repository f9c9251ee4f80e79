package proxy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/vault"
)

// page, instagram and waba wrap entries in a delivery.
func page(entries ...string) string {
	return `{"object":"page","entry":[` + strings.Join(entries, ",") + `]}`
}

func instagram(entries ...string) string {
	return `{"object":"instagram","entry":[` + strings.Join(entries, ",") + `]}`
}

func waba(changes ...string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"` + lineBusiness + `","changes":[` + strings.Join(changes, ",") + `]}]}`
}

// stamp is when people write: after every rig began, so that a test can tell
// bodies apart by bytes.
var stamp = time.Now().Add(time.Hour)

// entry holds events of a page or an Instagram account.
func entry(id string, events ...string) string {
	return fmt.Sprintf(`{"id":"%s","time":%d,"messaging":[%s]}`, id, stamp.UnixMilli(), strings.Join(events, ","))
}

// event is an event of a person; members is what it says, such as "message":{…}.
func event(account, person, members string) string {
	return fmt.Sprintf(`{"sender":{"id":"%s"},"recipient":{"id":"%s"},"timestamp":%d,%s}`, person, account, stamp.UnixMilli(), members)
}

// text is a message of a person; words are JSON-escaped by the caller.
func text(account, person, words string) string {
	return event(account, person, `"message":{"mid":"m_`+person+`","text":"`+words+`"}`)
}

// echo is a message that the account sent.
func echo(account, person, mid, words string) string {
	return event(person, account, `"message":{"mid":"`+mid+`","is_echo":true,"app_id":1234567890123456,"text":"`+words+`"}`)
}

// change is a WhatsApp change of a number with more members of its value.
func change(number, members string) string {
	return `{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"` + number + `"},` +
		members + `},"field":"messages"}`
}

// waText is a WhatsApp message of a person.
func waText(phone, words string) string {
	return waMessage(phone, `"text":{"body":"`+words+`"},"type":"text"`)
}

func waMessage(phone, members string) string {
	return `"contacts":[{"profile":{"name":"Ann Example"},"wa_id":"` + phone + `"}],"messages":[{"from":"` + phone + `","id":"wamid.` + phone +
		`","timestamp":"` + fmt.Sprint(stamp.Unix()) + `",` + members + `}]`
}

// tokenIn finds tokens.
var tokenIn = regexp.MustCompile(`pii_[a-z0-9]+_[a-z2-7]{26}`)

// markIn finds the marks of a template: {creditcard} stands for a token.
var markIn = regexp.MustCompile(`\\\{([a-z0-9]+)\\\}`)

// matches wants a text like a template, in which {creditcard} stands for a
// token of that kind, and gives the tokens in order.
func matches(t *testing.T, what, template, got string) []string {
	t.Helper()
	pattern := markIn.ReplaceAllString(regexp.QuoteMeta(template), `(pii_${1}_[a-z2-7]{26})`)
	found := regexp.MustCompile(`^(?:` + pattern + `)$`).FindStringSubmatch(got)
	if found == nil {
		t.Fatalf("%s:\n got %s\nwant %s", what, got, template)
	}
	return found[1:]
}

// value resolves a token in somebody's conversation.
func (r *rig) value(account, alias, token string) (vault.Value, error) {
	r.t.Helper()
	c, err := r.book.Find(r.t.Context(), account, []string{alias})
	r.must(err)
	return r.vault.Resolve(r.t.Context(), c, token)
}

// token gives the token that a person's value gets when they write it.
func (r *rig) token(person, words string) string {
	r.t.Helper()
	before := len(r.bots["bot"].requests())
	if got := r.hook(page(entry(shopID, text(shopID, person, words)))); got.status != 200 {
		r.t.Fatalf("webhook: %d", got.status)
	}
	found := tokenIn.FindString(r.bots["bot"].bodies()[before])
	if found == "" {
		r.t.Fatal("no token was made")
	}
	return found
}

// shape is the error of Graph that SDKs parse.
type shape struct {
	Message   string `json:"message"`
	Type      string `json:"type"`
	Code      int    `json:"code"`
	Transient *bool  `json:"is_transient"`
	Trace     string `json:"fbtrace_id"`
}

// graphShape reads an error strictly; anything else is the zero shape.
func graphShape(body string) shape {
	var got struct {
		Error shape `json:"error"`
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil || got.Error.Transient == nil || got.Error.Trace == "" || got.Error.Code == 0 {
		return shape{}
	}
	if _, err := decoder.Token(); err != io.EOF {
		return shape{}
	}
	return got.Error
}

// records counts what a store holds under a prefix.
func (r *rig) records(prefix string) int {
	r.t.Helper()
	n, after := 0, ""
	for {
		list, err := r.values.List(r.t.Context(), prefix, after, 1000)
		r.must(err)
		if len(list) == 0 {
			return n
		}
		n, after = n+len(list), list[len(list)-1].Key
	}
}

// quarantined opens what lies in quarantine and gives reason and body of each.
func (r *rig) quarantined() (items []string) {
	r.t.Helper()
	list, err := r.values.List(r.t.Context(), "quarantine/", "", 1000)
	r.must(err)
	var found []quarantineItem
	for _, record := range list {
		plain, err := r.keys.Open(record.Value, []byte(record.Key))
		r.must(err)
		var item quarantineItem
		r.must(json.Unmarshal(plain, &item))
		found = append(found, item)
	}
	slices.SortStableFunc(found, func(a, b quarantineItem) int { return a.Accepted.Compare(b.Accepted) })
	for _, item := range found {
		items = append(items, item.Reason+" "+string(item.Body))
	}
	return items
}

// quarantineItem is what is sealed of a delivery, or of a part of one.
type quarantineItem struct {
	Reason   string    `json:"reason"`
	Accepted time.Time `json:"accepted"`
	Body     []byte    `json:"body"`
}
