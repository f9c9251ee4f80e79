package redact_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
)

// cardBody is a delivery of WhatsApp with a contact card as one string.
func cardBody(card string) string {
	quoted, _ := json.Marshal(card)
	return `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp",` +
		`"metadata":{"phone_number_id":"106540352242922"},"messages":[{"from":"15551230001","id":"w1","type":"contacts","contacts":[{"vcard":` + string(quoted) + `}]}]}}]}]}`
}

// A contact card is personal data property by property, whatever the rules find in
// its words, and everything around stays.
func TestCards(t *testing.T) {
	hidePeople := func(s *redact.Scope) {
		s.Policy = defaults(t, func(t *redact.Tables) { t.Inbound = map[string]string{"url": "allow", "default": "redact"} })
	}
	e, _ := engine(t)
	for name, test := range map[string][2]string{
		"3.0": {
			"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Doe;Jane;Q.;;\r\nFN:Jane Q. Doe\r\nitem1.TEL;type=CELL;waid=12025550143:+1 202-555-0143\r\nEMAIL;type=INTERNET:jane@corp.example\r\n" +
				"ADR;type=HOME:;;1 Main St\\; rear;Springfield;IL;62701;USA\r\nBDAY:1980-02-03\r\nNOTE:my card is 4111 1111 1111 1111\r\nURL:https://corp.example\r\nEND:VCARD",
			"BEGIN:VCARD\r\nVERSION:3.0\r\nN:[PERSON];[PERSON];[PERSON];;\r\nFN:[PERSON]\r\nitem1.TEL;type=CELL;waid=[PHONE]:[PHONE]\r\nEMAIL;type=INTERNET:[EMAIL]\r\n" +
				"ADR;type=HOME:;;[ADDRESS];[ADDRESS];[ADDRESS];[POSTCODE];[ADDRESS]\r\nBDAY:[DOB]\r\nNOTE:my card is [CREDIT_CARD]\r\nURL:https://corp.example\r\nEND:VCARD",
		},
		"2.1, quoted-printable with soft breaks": {
			"begin:vcard\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4A=61=6E=65=\n=20=44\nNOTE;ENCODING=QUOTED-PRINTABLE:=34=31=31=31=31=31=31=31=\n=31=31=31=31=31=31=31=31\nTEL:12025550143\nend:vcard",
			"begin:vcard\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:[PERSON]\nNOTE;ENCODING=QUOTED-PRINTABLE:[UNREADABLE]\nTEL:[PHONE]\nend:vcard",
		},
		"folded, quotes and a colon in a parameter": {
			"BEGIN:VCARD\r\nTEL;X-NOTE=\"a:b\";VALUE=uri:tel:+1-202-\r\n 555-0143\r\nX-Custom:jane@corp.example\r\nEND:VCARD",
			"BEGIN:VCARD\r\nTEL;X-NOTE=\"a:b\";VALUE=uri:[PHONE]\r\nX-Custom:[EMAIL]\r\nEND:VCARD",
		},
		"a parameter that is longer in capitals": {
			"BEGIN:VCARD\nTEL;X=" + strings.Repeat("ɐ", 30) + ";waid=12025550143:1",
			"BEGIN:VCARD\nTEL;X=" + strings.Repeat("ɐ", 30) + ";waid=[PHONE]:[PHONE]",
		},
		"parameters of 4.0, one in quotes": {
			"BEGIN:VCARD\nN;SORT-AS=\"Doe,Jane\":Doe;Jane;;;\nADR;GEO=\"geo:12.3457,78.910\";LABEL=\"1 Main St; rear\";TYPE=home:;;1 Main St;;;;\nTEL;waid=\"12025550143\":1\nEND:VCARD",
			"BEGIN:VCARD\nN;SORT-AS=\"[PERSON]\":[PERSON];[PERSON];;;\nADR;GEO=\"[GEO]\";LABEL=\"[ADDRESS]\";TYPE=home:;;[ADDRESS];;;;\nTEL;waid=\"[PHONE]\":[PHONE]\nEND:VCARD",
		},
		"a mark and an empty line before it": {"\ufeff\n BEGIN:VCARD\nFN:Jane Doe\nEND:VCARD", "\ufeff\n BEGIN:VCARD\nFN:[PERSON]\nEND:VCARD"},
		"returns alone":                      {"BEGIN:VCARD\rFN:Jane\r  Doe\rNICKNAME:Jo\rEND:VCARD", "BEGIN:VCARD\rFN:[PERSON]\rNICKNAME:[PERSON]\rEND:VCARD"},
		"folded in its name":                 {"BEGIN:VCARD\r\nF\r\n N:Jane Doe\r\nX-SPOUSE:Jim\r\nEND:VCARD", "BEGIN:VCARD\r\nF\r\n N:[PERSON]\r\nX-SPOUSE:[PERSON]\r\nEND:VCARD"},
		"words where a picture belongs": {
			"BEGIN:VCARD\nPHOTO;ENCODING=b:4111111111111111\nEND:VCARD", "BEGIN:VCARD\nPHOTO;ENCODING=b:[CREDIT_CARD]\nEND:VCARD",
		},
		"no card": {"BEGIN:VCARDS are cards", "BEGIN:VCARDS are cards"},
	} {
		got := rewrite(t, e, "whatsapp", cardBody(test[0]), scope(t, hidePeople))
		var read struct {
			Entry []struct {
				Changes []struct {
					Value struct {
						Messages []struct{ Contacts []struct{ Vcard string } }
					}
				}
			}
		}
		if err := json.Unmarshal(got.Bytes, &read); err != nil || len(got.Refusals) > 0 {
			t.Fatalf("%s: %v, %v", name, err, got.Refusals)
		}
		if card := read.Entry[0].Changes[0].Value.Messages[0].Contacts[0].Vcard; card != test[1] {
			t.Errorf("%s:\n got %q\nwant %q", name, card, test[1])
		}
	}
}

// By the default policy names may be seen and numbers not; a token stands where the
// number stood. A plain text that is a card is read as one, too.
func TestCardsByDefault(t *testing.T) {
	e, _ := engine(t)
	const text = "BEGIN:VCARD\nFN:Jane Doe\nTEL:+12025550143\nEND:VCARD"
	got := words(t, e, text, scope(t))
	matches(t, "the bot", strings.Replace(text, "+12025550143", "{phone}", 1), got.Text)
}

// A card that the bot sends has its tokens restored, and its values masked.
func TestCardsOutbound(t *testing.T) {
	e, _ := engine(t)
	in := words(t, e, "my number is +1 202 555 0143", scope(t))
	token := strings.TrimPrefix(in.Text, "my number is ")
	got := words(t, e, "BEGIN:VCARD\nTEL;waid="+token+":"+token+"\nEMAIL:bob.roe@corp.example\nEND:VCARD", scope(t, outbound))
	if want := "BEGIN:VCARD\nTEL;waid=+1 202 555 0143:+1 202 555 0143\nEMAIL:b***@corp.example\nEND:VCARD"; got.Text != want {
		t.Errorf("got %q\nwant %q", got.Text, want)
	}
}

// FuzzCards holds that reading a card never panics and that edits fit together.
func FuzzCards(f *testing.F) {
	for _, seed := range []string{"BEGIN:VCARD\nN:a;b;c\nTEL;waid=1:2\nEND:VCARD", "begin:vcard\r\nA;ENCODING=B:x=\r\n y", "BEGIN:VCARD\n:;\"", "BEGIN:VCARD\nN:\\", "BEGIN:VCARDwaid=;waid=", "\ufeffBEGIN:VCARD\rTEL;ɐɐ=\";waid=\"1;LABEL=\";\":2\r 3", "BEGIN:VCARD\nPHOTO:data:image/png;base64,iVBORw0KGgoAAAANSUhEUg"} {
		f.Add(seed)
	}
	e := bare()
	s := scope(f, func(s *redact.Scope) {
		s.Policy = defaults(f, func(t *redact.Tables) { t.Inbound = map[string]string{"default": "redact"} })
	})
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := e.Text(t.Context(), text, s); err != nil {
			t.Fatal(err)
		}
	})
}
