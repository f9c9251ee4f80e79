package form_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/rules"
)

// table returns the rows of texts.tsv.
func table(t *testing.T) (languages []string, rows [][]string) {
	t.Helper()
	raw, err := os.ReadFile("texts.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); !strings.HasPrefix(line, "#") {
			rows = append(rows, cells)
		}
	}
	return rows[0][1:], rows[1:]
}

var place = regexp.MustCompile(`\{[a-z]+\}`)

// TestTexts wants every text in every language, each key once, with the same
// places to fill in.
func TestTexts(t *testing.T) {
	languages, rows := table(t)
	if want := []string{"en", "es", "pt", "fr", "de", "it", "hi", "id"}; !slices.Equal(languages, want) {
		t.Fatalf("the languages are %v", languages)
	}
	seen := map[string]bool{}
	for _, row := range rows {
		if len(row) != len(languages)+1 || seen[row[0]] {
			t.Errorf("%s: %d cells, or there before", row[0], len(row))
			continue
		}
		seen[row[0]] = true
		places := slices.Sorted(slices.Values(place.FindAllString(row[1], -1)))
		for i, text := range row[1:] {
			if strings.TrimSpace(text) == "" || text != strings.TrimSpace(text) {
				t.Errorf("%s %s is empty or has space around it", languages[i], row[0])
			}
			if got := slices.Sorted(slices.Values(place.FindAllString(text, -1))); !slices.Equal(got, places) {
				t.Errorf("%s %s has the places %v, want %v", languages[i], row[0], got, places)
			}
			if row[0] == "chat.button" && utf8.RuneCountInString(text) > 20 {
				t.Errorf("%s %s is too long for a button", languages[i], row[0])
			}
		}
	}
	for _, kind := range append(rules.BuiltinKinds(), "card_bin", "over_18") {
		if !seen["label."+kind] || !seen["ask."+kind] {
			t.Errorf("%s has no label or cannot be asked for", kind)
		}
	}
}

func TestLead(t *testing.T) {
	card := []form.Field{{Kind: "credit_card"}, {Kind: "card_expiry"}}
	all := append(slices.Clone(card), form.Field{Kind: "cvv"})
	tests := []struct {
		language, want string
		fields         []form.Field
	}{
		{"en", "Please enter your card number and the expiry date in our secure form.", card},
		{"en-GB", "Please enter your card number, the expiry date and the security code in our secure form.", all},
		{"de", "Bitte geben Sie Ihre Kartennummer und das Ablaufdatum in unserem sicheren Formular ein.", card},
		{"FR_ca", "Veuillez saisir votre numéro de carte, la date d’expiration et le cryptogramme dans notre formulaire sécurisé.", all},
		{"id", "Silakan isi nomor kartu Anda, masa berlakunya, dan kode keamanannya di formulir aman kami.", all},
		{"it", "Per favore inserisca le ultime quattro cifre della sua carta nel nostro modulo sicuro.", []form.Field{{"credit_card", form.NeedLast4}}},
		{"es", "Por favor, indique en nuestro formulario seguro si tiene 18 años o más.", []form.Field{{"dob", form.NeedOver18}}},
		{"xx", "Please enter your details in our secure form.", []form.Field{{Kind: "loyalty_card"}}},
		{"hi", "Hamein aapki jaankari chahiye. Kripya yeh jaankari hamare surakshit form mein bharein.", allFields()},
		{"pt", "Por favor, informe os seus dados em nosso formulário seguro.", nil},
	}
	var texts form.Texts
	for _, test := range tests {
		if got := texts.Lead(test.language, test.fields); got != test.want {
			t.Errorf("%s: %s\nwant %s", test.language, got, test.want)
		}
	}
}

func TestLasting(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want string
	}{
		{time.Second, "1 minute"},
		{15 * time.Minute, "15 minutes"},
		{90 * time.Minute, "90 minutes"},
		{24 * time.Hour, "24 hours"},
		{25*time.Hour + 1, "26 hours"},
		{72 * time.Hour, "3 days"},
		{90 * 24 * time.Hour, "90 days"},
		{90*24*time.Hour + 1, "91 days"},
	}
	var texts form.Texts
	for _, test := range tests {
		if got := texts.Lasting("en", test.d); got != test.want {
			t.Errorf("%v: %s, want %s", test.d, got, test.want)
		}
	}
}

// TestOwnTexts wants an account's own texts first, and every complaint about
// them at once.
func TestOwnTexts(t *testing.T) {
	texts, err := form.NewTexts(map[string]map[string]string{
		"en": {"chat.done": "All set, {code}!", "label.loyalty_card": "Star card", "ask.loyalty_card": "your star card"},
		"de": {"chat.button": "Los"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		texts.Lookup("en", "chat.done", "code", "{who}", "who", "x"): "All set, {who}!",
		texts.Lookup("de", "chat.button"):                            "Los",
		texts.Lookup("de", "chat.code", "code", "1"):                 "1 ist Ihr Code für unser sicheres Formular. Bitte geben Sie ihn niemandem weiter.",
		texts.Lookup("en", "nothing"):                                "",
		texts.Label("en", "loyalty_card"):                            "Star card",
		texts.Label("de", "loyalty_card"):                            "Loyalty card",
		texts.Asked("en", []form.Field{{Kind: "loyalty_card"}}):      "your star card",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	_, err = form.NewTexts(map[string]map[string]string{"xx": {"chat.done": "a"}, "en": {"chat.dnoe": "a", "chat.done": " ", "chat.button": strings.Repeat("a", 21)}})
	if err == nil {
		t.Fatal("no complaint")
	}
	for _, want := range []string{"xx: no such language", `"chat.dnoe": no such text`, `"chat.done" is empty`, "more than 20 characters"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no complaint that %s: %v", want, err)
		}
	}
}

// TestTextsPage: docs/texts.md has every key with its English text, and no other.
func TestTextsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/texts.md")
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("texts.tsv")
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for line := range strings.Lines(string(table)) {
		key, _, _ := strings.Cut(line, "\t")
		if strings.HasPrefix(line, "#") || key == "key" {
			continue
		}
		keys++
		if !strings.Contains(string(page), "| `"+key+"` | "+form.Texts{}.Lookup("en", key)+" |\n") {
			t.Errorf("docs/texts.md has no row for %s as it is", key)
		}
	}
	if rows := strings.Count(string(page), "\n| `"); rows != keys {
		t.Errorf("docs/texts.md has %d rows, there are %d texts", rows, keys)
	}
}
