package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/identifier"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/vault"
)

const (
	people = 10 // conversations of each sort
	each   = 30 // values in each
)

// question is a look-alike that public validators are asked about.
type question struct {
	Sort   string `json:"sort"`
	Text   string `json:"text"`
	Format string `json:"format,omitempty"`
}

// answer is what one of them says of all of one sort.
type answer struct {
	Library string   `json:"library"`
	Sort    string   `json:"sort"`
	Asked   int      `json:"asked"`
	Refused []string `json:"refused"`
}

// sample is values of a sort.
type sample struct {
	sort, kind string
	draw       func(random *rand.Rand) string
	format     string // of a date
}

// numberShapes are those of numbers with a check of package identifier: # is a
// digit, @ a letter, other characters are as they are.
var numberShapes = []struct{ check, kind, shape string }{
	{"br_cpf", "tax_id", "###.###.###-##"},
	{"br_cnpj", "tax_id", "##.###.###/0001-##"},
	{"es_dni", "national_id", "########@"},
	{"es_nie", "national_id", "Y#######@"},
	{"fr_nir", "national_id", "1 8# 05 75 ### ### ##"},
	{"it_codice_fiscale", "tax_id", "RSSMRA8#T1#A562@"},
	{"de_steuer_id", "tax_id", "## ### ### ###"},
	{"in_aadhaar", "national_id", "#### #### ####"},
	{"in_pan", "tax_id", "@@@P@####@"},
	{"pl_pesel", "national_id", "8#041######"},
	{"pl_nip", "tax_id", "###-###-##-##"},
	{"nl_bsn", "national_id", "#########"},
	{"gb_nino", "national_id", "@@ ## ## ## C"},
	{"tr_tckn", "national_id", "###########"},
	{"pt_nif", "tax_id", "2########"},
	{"ca_sin", "national_id", "### ### ###"},
}

// samples are all sorts of look-alikes.
func samples() []sample {
	fill := func(random *rand.Rand, shape string) string {
		return strings.Map(func(r rune) rune {
			switch r {
			case '#':
				return rune('0' + random.IntN(10))
			case '@':
				return rune('A' + random.IntN(26))
			}
			return r
		}, shape)
	}
	all := []sample{
		{sort: "email", kind: "email", draw: func(r *rand.Rand) string { return fill(r, "jane##@shop###.example") }},
		{sort: "iban", kind: "iban", draw: drawIBAN},
		{sort: "credit_card", kind: "credit_card", draw: func(r *rand.Rand) string {
			shapes := []string{"4### #### #### ####", "51##-####-####-####", "37## ###### #####", "36############", "6011############", "3530############"}
			return drawUntil(r, shapes[r.IntN(len(shapes))], fill, func(text string) bool { return identifier.Checks()["imei"](text) || luhn(text) })
		}},
		{sort: "ssn", kind: "ssn", draw: func(r *rand.Rand) string {
			return fmt.Sprintf("%03d-%02d-%04d", 100+r.IntN(500), 1+r.IntN(99), 1+r.IntN(9999))
		}},
		{sort: "card_expiry", kind: "card_expiry", format: "MM/yy", draw: func(r *rand.Rand) string {
			return time.Now().AddDate(0, 1+r.IntN(70), -time.Now().Day()+1).Format("01/06")
		}},
	}
	for _, country := range []string{"+1212555####", "+447911######", "+49301######", "+3361#######", "+6141#######"} {
		all = append(all, sample{sort: "phone", kind: "phone", draw: func(r *rand.Rand) string { return fill(r, country) }})
	}
	for format, layout := range map[string]string{"yyyy-MM-dd": time.DateOnly, "MM/dd/yyyy": "01/02/2006", "dd.MM.yyyy": "02.01.2006", "d MMMM yyyy": "2 January 2006"} {
		for _, kind := range []string{"dob", "date"} {
			all = append(all, sample{sort: "date", kind: kind, format: format, draw: func(r *rand.Rand) string {
				return time.Date(1935, 1, 1+r.IntN(33000), 0, 0, 0, 0, time.UTC).Format(layout)
			}})
		}
	}
	checks := identifier.Checks()
	for _, n := range numberShapes {
		all = append(all, sample{sort: n.check, kind: n.kind, draw: func(r *rand.Rand) string {
			return drawUntil(r, n.shape, fill, func(text string) bool { return checks[n.check](rules.Canonical(n.kind, text, nil)) })
		}})
	}
	return all
}

func drawUntil(random *rand.Rand, shape string, fill func(*rand.Rand, string) string, right func(string) bool) string {
	for {
		if text := fill(random, shape); right(text) {
			return text
		}
	}
}

// drawIBAN draws the number of some country, with right check digits.
func drawIBAN(random *rand.Rand) string {
	for {
		country := string([]byte{byte('A' + random.IntN(26)), byte('A' + random.IntN(26))})
		format := rules.IBANFormat(country)
		if format == "" {
			continue
		}
		account, run := "", 0
		for i, class := range format {
			if class <= '9' {
				run = run*10 + int(class-'0')
				continue
			}
			for ; run > 0; run-- {
				if class == 'a' || class == 'c' && i < 3 && len(account) < 4 { // the letters of a bank
					account += string(rune('A' + random.IntN(26)))
				} else {
					account += string(rune('0' + random.IntN(10)))
				}
			}
		}
		rest := 0
		for _, r := range account + country + "00" {
			if r >= 'A' {
				rest = (rest*100 + int(r-'A') + 10) % 97
			} else {
				rest = (rest*10 + int(r-'0')) % 97
			}
		}
		return fmt.Sprintf("%s%02d%s", country, 98-rest, account)
	}
}

// luhn is ISO/IEC 7812-1, annex B.
func luhn(text string) bool {
	sum, n := 0, 0
	for i := len(text) - 1; i >= 0; i-- {
		digit := int(text[i] - '0')
		if digit < 0 || digit > 9 {
			continue
		}
		if n%2 == 1 {
			digit = digit/5 + digit*2%10
		}
		sum, n = sum+digit, n+1
	}
	return sum%10 == 0
}

// TestLikesPassPublicValidators: what a bot gets for a value passes the checks
// that bots are made with, and is no value of its conversation.
func TestLikesPassPublicValidators(t *testing.T) {
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	open := func(name string) *bolt.Store {
		s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), name)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	values, book := vault.New(vault.Config{Store: open("values.db")}), conversation.NewBook(open("conversations.db"), set, nil)
	t.Cleanup(func() { _ = values.Close() })
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	var questions []question
	words := 0
	for i, s := range samples() {
		for person := range people {
			c, err := book.Ensure(t.Context(), "shop", []string{fmt.Sprint("psid:", i, "-", person)})
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range likesOf(t, values, c, s, random) {
				if strings.HasPrefix(form, "pii_") {
					words++
					continue
				}
				questions = append(questions, question{s.sort, form, s.format})
			}
		}
	}
	if words > len(questions)/100 {
		t.Errorf("%d values have no look-alike, %d have one", words, len(questions))
	}
	libraries := map[string]int{}
	for _, a := range ask(t, questions) {
		if len(a.Refused) > 0 {
			t.Errorf("%s refuses %d of %d look-alikes of sort %s, %q", a.Library, len(a.Refused), a.Asked, a.Sort, a.Refused[:min(8, len(a.Refused))])
		}
		if a.Asked >= people*each/2 {
			libraries[a.Sort]++
		}
	}
	for _, sort := range []string{"credit_card", "email", "phone", "iban", "date", "card_expiry"} {
		if libraries[sort] < 3 {
			t.Errorf("%d libraries were asked about %s, want 3", libraries[sort], sort)
		}
	}
	t.Logf("%d look-alikes, libraries by sort: %v", len(questions), libraries)
}

// likesOf gets look-alikes for new values of a conversation. None is one of them.
func likesOf(t *testing.T, v *vault.Vault, c *conversation.Conversation, s sample, random *rand.Rand) []string {
	t.Helper()
	var list []vault.Value
	canonical := map[string]bool{}
	for range each {
		text := s.draw(random)
		value := vault.Value{Kind: s.kind, Canonical: rules.Canonical(s.kind, text, []string{"US"}), Text: text, Origin: vault.Chat}
		list, canonical[value.Canonical] = append(list, value), true
	}
	forms, err := v.Likes(t.Context(), c, list)
	if err != nil {
		t.Fatal(err)
	}
	for i, form := range forms {
		if canonical[rules.Canonical(s.kind, form, []string{"US"})] {
			t.Errorf("%s: the look-alike %q of %q is a value of its conversation", s.sort, form, list[i].Text)
		}
	}
	return forms
}

// ask runs the validators.
func ask(t *testing.T, questions []question) []answer {
	t.Helper()
	var lines, complaints bytes.Buffer
	for _, q := range questions {
		line, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	command := exec.CommandContext(t.Context(), "node", filepath.Join("validators", "check.mjs"))
	command.Stdin, command.Stderr = &lines, &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, complaints.String())
	}
	var answers []answer
	for line := range strings.Lines(string(output)) {
		var a answer
		if err := json.NewDecoder(bufio.NewReader(strings.NewReader(line))).Decode(&a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	return answers
}

// TestValidatorsRefuse: the test above could fail. Every library refuses what has
// another last digit, as far as it looks at one.
func TestValidatorsRefuse(t *testing.T) {
	wrong := []question{
		{"credit_card", "4111 1111 1111 1112", ""},
		{"email", "jane@", ""},
		{"phone", "+12025550", ""},
		{"iban", "GB82 WEST 1234 5698 7654 33", ""},
		{"ssn", "666-12-3456", ""},
		{"br_cpf", "111.444.777-36", ""},
		{"es_dni", "12345678A", ""},
		{"pl_pesel", "44051401358", ""},
		{"date", "1980-02-30", "yyyy-MM-dd"},
		{"card_expiry", "01/20", "MM/yy"},
	}
	answers := ask(t, wrong)
	for _, a := range answers {
		if len(a.Refused) != a.Asked {
			t.Errorf("%s takes a wrong %s", a.Library, a.Sort)
		}
	}
	for _, q := range wrong {
		if !slices.ContainsFunc(answers, func(a answer) bool { return a.Sort == q.Sort }) {
			t.Errorf("nobody was asked about %s", q.Sort)
		}
	}
}
