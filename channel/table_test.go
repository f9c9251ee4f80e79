package channel

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// find walks a path such as entry[].messaging[].message.text; ( enters the
// document in a string.
func find(t *Table, path string) *Step {
	s := t.Root()
	for _, segment := range strings.Split(path, ".") {
		name := strings.TrimRight(segment, "[](")
		if name != "" {
			s = s.Member(name)
		}
		for _, c := range segment[len(name):] {
			switch c {
			case '[':
				s = s.Element()
			case '(':
				s = s.Inner()
			}
		}
	}
	return s
}

func TestPaths(t *testing.T) {
	tests := []struct {
		channel, direction, path string
		class                    Class
		kind                     string
	}{
		{"messenger", "webhook", "object", Structural, ""},
		{"messenger", "webhook", "entry[].id", Structural, ""},
		{"messenger", "webhook", "entry[].messaging[].sender.id", Routing, ""},
		{"messenger", "webhook", "entry[].standby[].recipient.id", Routing, ""},
		{"messenger", "webhook", "entry[].messaging[].message.text", Free, ""},
		{"messenger", "webhook", "entry[].standby[].message.text", Free, ""},
		{"instagram", "webhook", "entry[].changes[].value.message.text", Free, ""},
		{"instagram", "webhook", "value.message.text", Free, ""},
		{"messenger", "webhook", "entry[].messaging[].message.mid", Structural, ""},
		{"messenger", "webhook", "entry[].messaging[].message.quick_reply.payload", Copy, ""},
		{"messenger", "webhook", "entry[].messaging[].message.metadata", Report, ""},
		{"messenger", "webhook", "entry[].messaging[].postback.referral.ref", Report, ""},
		{"messenger", "webhook", "entry[].messaging[].optin.ref", Report, ""},
		{"messenger", "webhook", "entry[].messaging[].message.attachments[].payload.url", URL, ""},
		{"messenger", "webhook", "entry[].messaging[].message.attachments[].payload.coordinates.lat", Personal, "geo"},
		{"messenger", "webhook", "entry[].messaging[].message.attachments[].payload.elements[].buttons[].title", Free, ""},
		{"messenger", "webhook", "entry[].messaging[].message.attachments[].payload.elements[].buttons[].payload", Structural, ""},
		{"messenger", "webhook", "entry[].messaging[].message.attachments[].payload.elements[].nobody_knows", Unlisted, ""},
		{"messenger", "webhook", "entry[].messaging[].message.nlp.entities.wit$email:email[].value", Free, ""},
		{"messenger", "webhook", "entry[].messaging[].message.nlp.entities.wit$email:email[].role", Structural, ""},
		{"messenger", "webhook", "entry[].messaging[].message.nlp.entities.x[].values[].from.value", Free, ""},
		{"messenger", "webhook", "entry[].messaging[].messaging_feedback.feedback_screens[].questions.anything.follow_up.payload", Free, ""},
		{"messenger", "webhook", "entry[].messaging[].payment.requested_user_info.contact_email", Personal, "email"},
		{"messenger", "webhook", "entry[].changes[].value.from.name", Personal, "person"},
		{"messenger", "webhook", "entry[].changes[].value.message", Free, ""},
		{"messenger", "webhook", "entry[].messaging[].never_seen.text", Unlisted, ""},
		{"messenger", "webhook", "entry[].messaging.message.text", Unlisted, ""},
		{"messenger", "webhook", "entry[].other[].sender.id", Routing, ""},
		{"messenger", "webhook", "entry[].other[].message.text", Unlisted, ""},
		{"messenger", "request", "recipient.id", Routing, ""},
		{"messenger", "request", "recipient", Routing, ""},
		{"messenger", "request", "message.text", Free, ""},
		{"messenger", "request", "message(.text", Free, ""},
		{"messenger", "request", "message.attachment.payload(.elements[].title", Free, ""},
		{"messenger", "request", "message.attachment.payload", Unlisted, ""},
		{"messenger", "request", "message.attachments[].payload.address.postal_code", Personal, "postcode"},
		{"messenger", "request", "message.attachment.payload.summary.total_cost", Structural, ""},
		{"messenger", "request", "message.template.components[].parameters[].text", Parameter, ""},
		{"messenger", "request", "persistent_menu[].call_to_actions[].call_to_actions[].title", Free, ""},
		{"messenger", "request", "persistent_menu[].title", Free, ""},
		{"messenger", "response", "data[].messages.data[].message", Free, ""},
		{"messenger", "response", "messages.data[].from.email", Personal, "email"},
		{"messenger", "response", "data[].participants.data[].name", Personal, "person"},
		{"messenger", "response", "data[].messages.paging.next", URL, ""},
		{"messenger", "response", "7301558493021174.first_name", Personal, "person"},
		{"messenger", "response", "7301558493021174.profile_pic", URL, ""},
		{"messenger", "response", "t_1.messages.data[].message", Free, ""},
		{"messenger", "response", "t_1.participants.data[].email", Personal, "email"},
		{"messenger", "response", "t_1.messages.paging.next", URL, ""},
		{"messenger", "response", "error.message", Free, ""},
		{"messenger", "response", "error.type", Structural, ""},
		{"messenger", "response", "field_data[].values[]", Free, ""},
		{"messenger", "response", "data[].field_data[].name", Structural, ""},
		{"instagram", "response", "data[].comments.data[].text", Free, ""},
		{"instagram", "response", "messages.data[].story.mention.link", URL, ""},
		{"messenger", "response", "paging.cursors.after", Structural, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].text.body", Free, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.history[].threads[].messages[].text.body", Free, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.message_echoes[].edit.message.image.caption", Free, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].from", Routing, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].interactive.nfm_reply.response_json", Free, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].interactive.nfm_reply.response_json(.flow_token", Structural, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].interactive.nfm_reply.response_json.flow_token", Structural, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].interactive.nfm_reply.response_json(.screen_0_name", Free, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].interactive.nfm_reply.response_json(.values.phone_number", Personal, "phone"},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].text.body(.a.b[].c(.d", Free, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].contacts[].phones[].phone", Personal, "phone"},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].contacts[].birthday", Personal, "dob"},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].contacts[].phones[].wa_id", Routing, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].contacts[].nickname.deep", Free, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.messages[].location.latitude", Personal, "geo"},
		{"whatsapp", "webhook", "entry[].changes[].value.statuses[].biz_opaque_callback_data", Report, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.calls[].session.sdp", Opaque, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.groups[].added_participants[].wa_id", Routing, ""},
		{"whatsapp", "request", "to", Routing, ""},
		{"whatsapp", "request", "text.body", Free, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.message_echoes[].interactive.body.text", Free, ""},
		{"whatsapp", "webhook", "entry[].changes[].value.history[].threads[].messages[].interactive.action.parameters.url", URL, ""},
		{"whatsapp", "request", "interactive.action.parameters.url", URL, ""},
		{"messenger", "webhook", "entry[].messaging[].message.attachments[].payload.buttons[].url", URL, ""},
		{"messenger", "response", "data[].messages.data[].attachments.data[].generic_template.cta.url", URL, ""},
		{"whatsapp", "request", "interactive.action.cards[].action.buttons[].quick_reply.title", Free, ""},
		{"whatsapp", "request", "interactive.action.parameters.flow_action_payload.data.list[].id", Structural, ""},
		{"whatsapp", "request", "interactive.action.parameters.flow_action_payload.data.list[].title", Free, ""},
		{"whatsapp", "request", "interactive.action.parameters.order.items[].amount.value", Structural, ""},
		{"whatsapp", "request", "interactive.action.parameters.payment_settings[].pix_dynamic_code.key", Structural, ""},
		{"whatsapp", "request", "interactive.action.parameters.values.anything", Personal, "address"},
		{"whatsapp", "request", "template.components[].parameters[].text", Parameter, ""},
		{"whatsapp", "request", "template.components[].cards[].components[].parameters[].text", Parameter, ""},
		{"whatsapp", "request", "template.components[].parameters[].action.order_details.shipping_info.addresses[].phone_number", Personal, "phone"},
		{"whatsapp", "request", "template.components[].parameters[].coupon_code", Structural, ""},
		{"whatsapp", "request", "components[].example.body_text[][]", Report, ""},
		{"whatsapp", "request", "encrypted_contents", Opaque, ""},
		{"whatsapp", "response", "contacts[].wa_id", Routing, ""},
		{"whatsapp", "response", "error.message", Free, ""},
	}
	for _, test := range tests {
		c, ok := ByName(test.channel)
		if !ok {
			t.Fatalf("no channel %s", test.channel)
		}
		table := map[string]*Table{"webhook": c.Webhook(), "request": c.Request(), "response": c.Response()}[test.direction]
		s := find(table, test.path)
		if s.Class() != test.class || s.Kind() != test.kind {
			t.Errorf("%s %s %s is %v %s, want %v %s", test.channel, test.direction, test.path, s.Class(), s.Kind(), test.class, test.kind)
		}
	}
}

func TestChannels(t *testing.T) {
	for object, name := range map[string]Name{"page": Messenger, "instagram": Instagram, "whatsapp_business_account": WhatsApp} {
		c, ok := ByObject(object)
		if !ok || c.Name() != name || c.Object() != object {
			t.Errorf("%s is %v", object, c)
		}
	}
	if _, ok := ByObject("user"); ok {
		t.Error("found a channel for user")
	}
	if _, ok := ByName("sms"); ok {
		t.Error("found a channel called sms")
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, row := range []string{
		"wa\twebhook\ta",
		"wa\twebhook\ta\tQ\t-",
		"wa\twebhook\ta\tP\t-",
		"wa\twebhook\ta\tF\temail",
		"wa\twebhook\ta..b\tF\t-",
		"wa\twebhook\ta{b\tF\t-",
		"wa\twebhook\ta[b]\tF\t-",
		"wa\twebhook\tX/a\tF\t-",
		"wa\twebhook\t\tF\t-",
	} {
		if _, err := compile("# fine\n" + row); err == nil || !strings.Contains(err.Error(), "paths.tsv:2:") {
			t.Errorf("%q: %v", row, err)
		}
	}
}

// matches is the meaning of a pattern, written down as simply as it goes: steps
// are names, or [] for an element.
func matches(tokens []token, steps []int) bool {
	switch {
	case len(tokens) == 0:
		return len(steps) == 0
	case tokens[0].deep:
		return matches(tokens[1:], steps) || len(steps) > 0 && matches(tokens, steps[1:])
	}
	return len(steps) > 0 && tokens[0].matches(steps[0]) && matches(tokens[1:], steps[1:])
}

// firstMatch is what the table must say of a path.
func firstMatch(t *Table, steps []int) rule {
	for _, l := range t.lines {
		if matches(l.tokens, steps) {
			return l.rule
		}
	}
	return rule{}
}

// walkBoth follows steps in the automaton and returns its answer and the plain one.
func walkBoth(t *Table, steps []int) (got, want rule) {
	s := t.root
	for _, symbol := range steps {
		s = s.step(symbol)
	}
	return s.rule, firstMatch(t, steps)
}

// TestBoundedSteps: patterns whose automaton is exponential stay right and small.
func TestBoundedSteps(t *testing.T) {
	tables, err := compile("wa\trequest\t**.a" + strings.Repeat(".*", 14) + "\tF\t-\nwa\trequest\t**.b.**\tS\t-")
	if err != nil {
		t.Fatal(err)
	}
	table := tables["wa request"]
	for n := range 1 << 13 {
		steps := make([]int, 0, 32)
		for bit := range 15 {
			steps = append(steps, symbolOther+n>>bit&1*symbolNames)
		}
		for _, path := range [][]int{steps, append(steps, steps[:4]...)} {
			if got, want := walkBoth(table, path); got != want {
				t.Fatalf("%v: %v, want %v", path, got, want)
			}
		}
	}
	if len(table.steps) > maxSteps {
		t.Errorf("%d steps remembered", len(table.steps))
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	c, _ := ByName("whatsapp")
	look := func() {
		s := c.Webhook().Root().Member("entry").Element().Member("changes").Element().Member("value").Member("messages").Element()
		if s.Member("interactive").Member("nfm_reply").Member("response_json").Inner().Member("other").Class() != Free {
			t.Fatal("wrong class")
		}
	}
	look()
	if n := testing.AllocsPerRun(100, look); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestConcurrentWalks(t *testing.T) {
	tables, err := compile(pathsFile)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 200 {
				path := fmt.Sprintf("entry[].messaging[].message.x%d.y", (g+i)%50)
				if find(tables["fb webhook"], path).Class() != Unlisted {
					t.Error("an unknown field is listed")
				}
				if find(tables["fb webhook"], "entry[].messaging[].message.text").Class() != Free {
					t.Error("message.text is not free")
				}
			}
		})
	}
	wait.Wait()
}

// FuzzPath: the automaton says what matching every line in turn says.
func FuzzPath(f *testing.F) {
	f.Add("fb webhook", "entry[].messaging[].message.text")
	f.Add("wa request", "interactive.action.parameters.flow_action_payload.data.x[].id")
	f.Add("wa webhook", "entry[].changes[].value.messages[].contacts[].a.b[][].type")
	f.Add("fb response", "data[].messages.paging.next")
	f.Add("fb request", "persistent_menu[].a.b.c.title")
	tables, err := compile(pathsFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, table, path string) {
		compiled := tables[table]
		if compiled == nil || len(path) > 500 {
			return
		}
		var steps []int
		for _, segment := range strings.Split(path, ".") {
			name := strings.TrimRight(segment, "[]")
			if name != "" {
				steps = append(steps, compiled.symbols[name]) // unknown names are symbolOther
			}
			for range strings.Count(segment, "[") {
				steps = append(steps, symbolElement)
			}
		}
		if len(steps) > 20 {
			return // the plain matcher is exponential
		}
		if got, want := walkBoth(compiled, steps); got != want {
			t.Fatalf("%s: %v, want %v", path, got, want)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	c, _ := ByName("messenger")
	b.ReportAllocs()
	for b.Loop() {
		c.Webhook().Root().Member("entry").Element().Member("messaging").Element().Member("message").Member("text").Class()
	}
}
