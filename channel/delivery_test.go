package channel

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/payload"
)

// describe writes a part on one line: the member path of its root, then what is set.
func describe(d *payload.Document, p Part) string {
	var path []string
	for i := p.Root; i > 0; i = d.Nodes[i].Parent {
		name := d.Name(i)
		if name == "" {
			name = fmt.Sprint(d.Nodes[i].Index)
		}
		path = append([]string{name}, path...)
	}
	out := strings.Join(path, ".") + " account=" + p.Account
	if p.Business != p.Account {
		out += " business=" + p.Business
	}
	if p.Person.Known() {
		out += " person=" + strings.Join(p.Person.Aliases, ",")
	}
	for _, flag := range []struct {
		set  bool
		name string
	}{{p.Echo, "echo"}, {p.Sent, "sent"}, {p.Standby, "standby"}} {
		if flag.set {
			out += " " + flag.name
		}
	}
	if len(p.IDs) > 0 {
		out += " ids=" + strings.Join(p.IDs, ",")
	}
	return out
}

func checkDelivery(t *testing.T, name, channel, body string, want ...string) {
	t.Helper()
	c, _ := ByName(channel)
	d := parse(t, body)
	parts, err := c.Delivery(d)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	got := make([]string, 0, len(parts))
	last := -1
	for _, p := range parts {
		if p.Root <= last || p.Entry > p.Element || p.Element > p.Root {
			t.Errorf("%s: parts out of order", name)
		}
		last = p.Root
		got = append(got, describe(d, p))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s: got\n  %s\nwant\n  %s", name, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func page(entries string) string { return `{"object":"page","entry":[` + entries + `]}` }

func TestMessengerDelivery(t *testing.T) {
	tests := []struct {
		name, body string
		want       []string
	}{
		{
			"text", page(`{"id":"100","time":1,"messaging":[{"sender":{"id":"7001"},"recipient":{"id":"100"},"message":{"mid":"m1","text":"hi"}}]}`),
			[]string{"entry.0.messaging.0 account=100 person=psid:7001 ids=m1"},
		},
		{
			"numbers above 2^53", page(`{"id":100,"messaging":[{"sender":{"id":10158612345678901234},"recipient":{"id":100},"message":{"mid":"m1"}}]}`),
			[]string{"entry.0.messaging.0 account=100 person=psid:10158612345678901234 ids=m1"},
		},
		{
			"echo", page(`{"id":"100","messaging":[{"sender":{"id":"100"},"recipient":{"id":"7001"},"message":{"is_echo":true,"mid":"m2","text":"hi"}}]}`),
			[]string{"entry.0.messaging.0 account=100 person=psid:7001 echo sent ids=m2"},
		},
		{
			"echo without the flag", page(`{"id":"100","messaging":[{"sender":{"id":"100"},"recipient":{"id":"7001"},"message_edit":{"mid":"m2","text":"hi"}}]}`),
			[]string{"entry.0.messaging.0 account=100 person=psid:7001 echo sent ids=m2"},
		},
		{
			"echo to a user_ref", page(`{"id":"100","messaging":[{"sender":{"id":"100"},"recipient":{"user_ref":"r"},"message":{"is_echo":true,"mid":"m2"}}]}`),
			[]string{"entry.0.messaging.0 account=100 echo sent ids=m2"},
		},
		{
			"user_ref", page(`{"id":"100","messaging":[{"sender":{"user_ref":"r"},"recipient":{"id":"100"},"optin":{"ref":"x"}}]}`),
			[]string{"entry.0.messaging.0 account=100"},
		},
		{
			"receipts", page(`{"id":"100","messaging":[{"sender":{"id":"7001"},"recipient":{"id":"100"},"delivery":{"mids":["m1",7,"m2"]}},{"sender":{"id":"7001"},"recipient":{"id":"100"},"read":{"mid":"m3"}}]}`),
			[]string{"entry.0.messaging.0 account=100 person=psid:7001 sent ids=m1,7,m2", "entry.0.messaging.1 account=100 person=psid:7001 sent ids=m3"},
		},
		{
			"reaction is about somebody's message", page(`{"id":"100","messaging":[{"sender":{"id":"7001"},"recipient":{"id":"100"},"reaction":{"mid":"m1"}}]}`),
			[]string{"entry.0.messaging.0 account=100 person=psid:7001"},
		},
		{
			"batch", page(`{"id":"100","messaging":[{"sender":{"id":"1001"},"message":{"mid":"a"}},{"sender":{"id":"1002"},"postback":{"mid":"b"}}]},{"id":"200","standby":[{"sender":{"id":"1001"},"message":{"mid":"c"}}]}`),
			[]string{"entry.0.messaging.0 account=100 person=psid:1001 ids=a", "entry.0.messaging.1 account=100 person=psid:1002 ids=b", "entry.1.standby.0 account=200 person=psid:1001 standby ids=c"},
		},
		{
			"comment", page(`{"id":"100","changes":[{"field":"feed","value":{"from":{"id":"7001","name":"N"},"message":"hi"}},{"field":"feed","value":{"from":{"id":"100"},"message":"ours"}},{"field":"feed","value":7}]}`),
			[]string{"entry.0.changes.0 account=100 person=psid:7001", "entry.0.changes.1 account=100", "entry.0.changes.2 account=100"},
		},
		{
			"unknown list", page(`{"id":"100","messaging":[{"sender":{"id":"7001"}}],"other":[{"text":"x"}]}`),
			[]string{"entry.0 account=100", "entry.0.messaging.0 account=100 person=psid:7001"},
		},
		{
			"no events", page(`{"id":"100","time":1},{"id":"200","messaging":[]},{"id":"300","messaging":{"sender":{"id":"7001"}}},7,{}`),
			[]string{"entry.0 account=100", "entry.1 account=200", "entry.2 account=300", "entry.3 account=", "entry.4 account="},
		},
		{
			"wrong types", page(`{"id":{},"messaging":[null,7,"x",[],{"sender":"7001"},{"sender":{"id":1.5}},{"sender":{"id":""}},{"sender":[{"id":"1"}],"message":"hi"},{"sender":{"id":{"id":1}},"message":{"mid":[],"is_echo":"true"}}]}`),
			[]string{
				"entry.0.messaging.0 account=", "entry.0.messaging.1 account=", "entry.0.messaging.2 account=", "entry.0.messaging.3 account=", "entry.0.messaging.4 account=",
				"entry.0.messaging.5 account=", "entry.0.messaging.6 account=", "entry.0.messaging.7 account=", "entry.0.messaging.8 account=",
			},
		},
		{"no entry", `{"object":"page"}`, []string{" account="}},
		{"empty entry", page(``), []string{" account="}},
		{"entry is no list", `{"entry":{"id":"100"}}`, []string{" account="}},
	}
	for _, test := range tests {
		checkDelivery(t, test.name, "messenger", test.body, test.want...)
	}
}

func TestInstagramDelivery(t *testing.T) {
	checkDelivery(t, "changes", "instagram",
		`{"object":"instagram","entry":[{"id":"900","changes":[{"field":"messages","value":{"sender":{"id":"8001"},"recipient":{"id":"900"},"message":{"mid":"x","text":"hi"}}},{"field":"comments","value":{"from":{"id":"8002","username":"u"},"text":"hi"}}]}]}`,
		"entry.0.changes.0 account=900 person=igsid:8001 ids=x", "entry.0.changes.1 account=900 person=igsid:8002")
}

// whatsApp wraps the members of a change's value.
func whatsApp(field, members string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"500","changes":[{"field":"` + field +
		`","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550001111","phone_number_id":"600"},` + members + `}}]}]}`
}

func TestWhatsAppDelivery(t *testing.T) {
	const ours = " account=600 business=500"
	const whole = "entry.0.changes.0" + ours
	const value = "entry.0.changes.0.value."
	const both = `"contacts":[{"profile":{"name":"N"},"wa_id":"16505551234","user_id":"US.1349"}],`
	tests := []struct {
		name, field, members string
		want                 []string
	}{
		{
			"text", "messages", both + `"messages":[{"from":"16505551234","id":"wamid.1","type":"text"}]`,
			[]string{whole, value + "contacts.0" + ours + " person=wa:16505551234,bsuid:US.1349", value + "messages.0" + ours + " person=wa:16505551234,bsuid:US.1349 ids=wamid.1"},
		},
		{
			"two people", "messages", both + `"messages":[{"from":"16505559999","id":"wamid.1"},{"from_user_id":"US.1349","id":"wamid.2"}]`,
			[]string{whole, value + "contacts.0" + ours + " person=wa:16505551234,bsuid:US.1349", value + "messages.0" + ours + " person=wa:16505559999 ids=wamid.1", value + "messages.1" + ours + " person=wa:16505551234,bsuid:US.1349 ids=wamid.2"},
		},
		{
			"no number", "messages", `"contacts":[{"wa_id":"","user_id":"US.1349","parent_user_id":"US.ENT.118"}],"messages":[{"from":"","from_user_id":"US.1349","id":"wamid.1"}]`,
			[]string{whole, value + "contacts.0" + ours + " person=bsuid:US.1349,bsuid:US.ENT.118", value + "messages.0" + ours + " person=bsuid:US.1349,bsuid:US.ENT.118 ids=wamid.1"},
		},
		{
			"group", "messages", `"contacts":[{"wa_id":"16505551234"}],"messages":[{"from":"16505551234","group_id":"GROUP","id":"wamid.1"}]`,
			[]string{whole, value + "contacts.0" + ours + " person=group:GROUP/wa:16505551234", value + "messages.0" + ours + " person=group:GROUP/wa:16505551234 ids=wamid.1"},
		},
		{
			"group and private", "messages", `"contacts":[{"wa_id":"16505551234"}],"messages":[{"from":"16505551234","group_id":"GROUP"},{"from":"16505551234"}]`,
			[]string{whole, value + "contacts.0" + ours + " person=wa:16505551234", value + "messages.0" + ours + " person=group:GROUP/wa:16505551234", value + "messages.1" + ours + " person=wa:16505551234"},
		},
		{
			"statuses", "messages", `"statuses":[{"id":"wamid.1","status":"sent","recipient_id":"16505551234","recipient_user_id":"US.1349"},{"id":"wacid.1","type":"call","recipient_id":"16505551234"},{"id":"wamid.2","recipient_type":"group","recipient_id":"GROUP","recipient_participant_id":"16505551234"},{"id":"wamid.3","recipient_type":"group","recipient_id":"GROUP"}]`,
			[]string{whole, value + "statuses.0" + ours + " person=wa:16505551234,bsuid:US.1349 sent ids=wamid.1", value + "statuses.1" + ours + " person=wa:16505551234 ids=wacid.1", value + "statuses.2" + ours + " person=group:GROUP/wa:16505551234 sent ids=wamid.2", value + "statuses.3" + ours + " sent ids=wamid.3"},
		},
		{
			"echoes", "smb_message_echoes", `"message_echoes":[{"from":"15550001111","to":"16505551234","to_user_id":"US.1349","id":"wamid.1"},{"from":"15550001111","to":"GROUP","group_id":"GROUP","id":"wamid.2"}]`,
			[]string{whole, value + "message_echoes.0" + ours + " person=wa:16505551234,bsuid:US.1349 echo sent ids=wamid.1", value + "message_echoes.1" + ours + " echo sent ids=wamid.2"},
		},
		{
			"history", "history", `"history":[{"metadata":{"phase":0},"threads":[{"id":"16505551234","messages":[{"from":"15550001111","id":"wamid.1"}]},{"id":"","context":{"user_id":"US.1349"},"messages":[]},{"id":7}]},{"errors":[]}]`,
			[]string{whole, value + "history.0.threads.0" + ours + " person=wa:16505551234", value + "history.0.threads.1" + ours + " person=bsuid:US.1349", value + "history.0.threads.2" + ours},
		},
		{
			"calls", "calls", `"calls":[{"id":"wacid.1","from":"16505551234","to":"15550001111","direction":"USER_INITIATED"},{"id":"wacid.2","from":"15550001111","to":"16505551234","direction":"BUSINESS_INITIATED"},{"id":"wacid.3","from":"15550001111","to":"16505551234"}]`,
			[]string{whole, value + "calls.0" + ours + " person=wa:16505551234", value + "calls.1" + ours + " person=wa:16505551234 echo", value + "calls.2" + ours + " person=wa:16505551234 echo"},
		},
		{
			"preferences", "user_preferences", `"user_preferences":[{"wa_id":"16505551234","detail":"d"}],"user_id_update":[{"wa_id":"16505551234","user_id":{"previous":"US.1","current":"US.2"}}],"state_sync":[{"contact":{"phone_number":"+1 650 555 9999"}}]`,
			[]string{whole, value + "user_preferences.0" + ours + " person=wa:16505551234", value + "user_id_update.0" + ours + " person=wa:16505551234,bsuid:US.2,bsuid:US.1", value + "state_sync.0" + ours + " person=wa:16505559999"},
		},
		{"groups", "group_participants_update", `"groups":[{"group_id":"GROUP","added_participants":[{"wa_id":"16505551234"}]}]`, []string{whole}},
		{
			"standby", "standby", `"messages":[{"from":"16505551234","id":"wamid.1"}]`,
			[]string{whole + " standby", value + "messages.0" + ours + " person=wa:16505551234 standby ids=wamid.1"},
		},
		{
			"wrong types", "messages", `"contacts":{"wa_id":"16505551234"},"messages":[7,"x",null,[],{"from":{}},{"from":"PHONE_NUMBER","id":7},{"from":12.5}],"statuses":"x","history":[7,{"threads":{}},{"threads":[7]}]`,
			[]string{whole, value + "messages.0" + ours, value + "messages.1" + ours, value + "messages.2" + ours, value + "messages.3" + ours, value + "messages.4" + ours, value + "messages.5" + ours + " ids=7", value + "messages.6" + ours, value + "history.2.threads.0" + ours},
		},
	}
	for _, test := range tests {
		checkDelivery(t, test.name, "whatsapp", whatsApp(test.field, test.members), test.want...)
	}
	checkDelivery(t, "account event", "whatsapp",
		`{"entry":[{"id":"500","changes":[{"field":"account_update","value":{"event":"X"}},{"field":"security"},7]}]}`,
		"entry.0.changes.0 account= business=500", "entry.0.changes.1 account= business=500", "entry.0.changes.2 account= business=500")
	checkDelivery(t, "no changes", "whatsapp", `{"entry":[{"id":"500"}]}`, "entry.0 account= business=500")
}

func TestDeliveryRefuses(t *testing.T) {
	for _, body := range []string{`[]`, `"x"`, `7`, `null`} {
		for _, c := range channels() {
			if _, err := c.Delivery(parse(t, body)); !errors.Is(err, ErrShape) {
				t.Errorf("%s %s: %v", c.Name(), body, err)
			}
		}
	}
}

// FuzzDelivery: any document gives parts in order, and no panic.
func FuzzDelivery(f *testing.F) {
	f.Add([]byte(page(`{"id":"100","messaging":[{"sender":{"id":"1"},"message":{"mid":"m","is_echo":true}}],"changes":[{"value":{"from":{"id":"1"}}}]}`)))
	f.Add([]byte(whatsApp("messages", `"contacts":[{"wa_id":"1650555","user_id":"US.1"}],"messages":[{"from":"1650555"}],"history":[{"threads":[{"id":"1"}]}]`)))
	f.Add([]byte(`{"recipient":"{\"id\":1}","to":"+1 650","template":{"components":[{"type":"button","sub_type":"url","parameters":[{"text":"1"}]}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := payload.Parse(raw, payload.DefaultLimits())
		if err != nil {
			return
		}
		for _, c := range channels() {
			c.Send(d)
			c.Answer(d)
			c.References(d, Call{Account: "1"})
			c.AbsorbedAnswer(Call{}, d, "1")
			if _, err := c.Detach(d, func(string) bool { return true }); err != nil {
				t.Fatal(err)
			}
			for i := range d.Nodes {
				c.Parameter(d, i)
			}
			parts, err := c.Delivery(d)
			if (err == nil) != (d.Nodes[0].Kind == payload.Object) {
				t.Fatalf("error %v", err)
			}
			last := -1
			for _, p := range parts {
				if p.Root <= last || p.Entry > p.Element || p.Element > p.Root || p.Root >= len(d.Nodes) {
					t.Fatalf("part %+v", p)
				}
				last = p.Root
			}
		}
		Registration(d)
	})
}
