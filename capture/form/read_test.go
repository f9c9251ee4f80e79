package form

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/rules"
)

// today is when the values of the tests are typed.
var today = time.Date(2026, time.November, 30, 20, 0, 0, 0, time.UTC)

// readOne reads a single value: its text, then its canonical form when that is
// another one, or the problem after an exclamation mark.
func readOne(kind, typed, regions string) string {
	values, problems := readAt([]Field{{Kind: kind}}, url.Values{kind: {typed}}, regions, today)
	if len(problems) > 0 {
		return "!" + problems[kind]
	}
	if values[0].Canonical != values[0].Text {
		return values[0].Text + " = " + values[0].Canonical
	}
	return values[0].Text
}

// tests are what people type, with what it is read as. Numbers are from the
// test sets of the schemes and standards, or invented.
var readTests = []struct{ kind, regions, typed, want string }{
	{"credit_card", "", "4111 1111 1111 1111", "4111111111111111"},
	{"credit_card", "", " 4111-1111-1111-1111 ", "4111111111111111"},
	{"credit_card", "", "４１１１　１１１１　１１１１　１１１１", "4111111111111111"},
	{"credit_card", "", "٤١١١١١١١١١١١١١١١", "4111111111111111"},
	{"credit_card", "", "378282246310005", "378282246310005"},
	{"credit_card", "", "3782 822463 10005", "378282246310005"},
	{"credit_card", "", "6011111111111117", "6011111111111117"},
	{"credit_card", "", "4111111111111112", "!card"},
	{"credit_card", "", "411111111111111", "!card"},
	{"credit_card", "", "37828224631000", "!card"},
	{"credit_card", "", "0004111111111111111", "!card"},
	{"credit_card", "", "0000000000000000", "!card"},
	{"credit_card", "", "4111 1111 1111 1111 12/29", "!card"},
	{"credit_card", "", "my card 4111111111111111", "!card"},
	{"credit_card", "", "4111111111111111 5555555555554444", "!card"},
	{"credit_card", "", "41111111111111115555555555554444", "!card"},
	{"credit_card", "", "   ", "!missing"},
	{"credit_card", "", "\xff4111111111111111", "!other"},
	{"card_last4", "", "4 8 2 1", "4821"},
	{"card_last4", "", "48211", "!last4"},
	{"card_bin", "", "411111", "411111"},
	{"card_bin", "", "4111 11", "411111"},
	{"card_bin", "", "4111111111", "!bin"},
	{"card_expiry", "", "08/29", "08/29"},
	{"card_expiry", "", "8/2029", "08/29"},
	{"card_expiry", "", "0829", "08/29"},
	{"card_expiry", "", "2029-08", "08/29"},
	{"card_expiry", "", "０８／２９", "08/29"},
	{"card_expiry", "", "Aug 2029", "08/29"},
	{"card_expiry", "", "11/26", "11/26"},
	{"card_expiry", "", "10/26", "!expired"},
	{"card_expiry", "", "13/29", "!expiry"},
	{"card_expiry", "", "08/47", "!expiry"},
	{"card_expiry", "", "soon", "!expiry"},
	{"cvv", "", "123", "123"},
	{"cvv", "", "1234", "1234"},
	{"cvv", "", "１２３", "123"},
	{"cvv", "", "12", "!cvv"},
	{"cvv", "", "12a", "!cvv"},
	{"iban", "", "de89 3704 0044 0532 0130 00", "DE89370400440532013000"},
	{"iban", "", "GB82-WEST-1234-5698-7654-32", "GB82WEST12345698765432"},
	{"iban", "", "DE89370400440532013001", "!iban"},
	{"iban", "", "DE8937040044053201300", "!iban"},
	{"iban", "", "DE89370400440532013000 Anna", "!iban"},
	{"iban", "", "XX89370400440532013000", "!iban"},
	{"bank_account", "US", "000 123-456-789", "000123456789"},
	{"bank_account", "", "123", "!length"},
	{"bank_account", "", "savings", "!check"},
	{"routing_number", "US", "021000021", "021000021"},
	{"routing_number", "US", "021000022", "!check"},
	{"routing_number", "GB", "20-00-00", "200000"},
	{"routing_number", "US", "DEUTDEFF", "DEUTDEFF"},
	{"routing_number", "DE", "370 400 44", "37040044"},
	{"ssn", "", "123-45-6789", "123456789"},
	{"ssn", "", "123456789", "123456789"},
	{"ssn", "", "666-12-3456", "!check"},
	{"ssn", "", "12345678", "!check"},
	{"ssn_last4", "", "6789", "6789"},
	{"ssn_last4", "", "0000", "!last4"},
	{"national_id", "ES", "12345678-z", "12345678Z"},
	{"national_id", "ES", "12345678A", "!check"},
	{"national_id", "ES FR", "12345678A", "12345678A"}, // France has identifiers without a check
	{"national_id", "PL", "44051401359", "44051401359"},
	{"national_id", "PL", "44051401358", "!check"},
	{"national_id", "", "AB 123.456", "AB123456"},
	{"national_id", "", "no idea", "!check"},
	{"tax_id", "BR", "529.982.247-25", "52998224725"},
	{"tax_id", "BR", "529.982.247-26", "!check"},
	{"tax_id", "US", "12-3456789", "123456789"},
	{"passport", "DE", "c01x00t47", "C01X00T47"},
	{"passport", "DE", "1234", "!length"},
	{"drivers_license", "US", "D 123 4567", "D1234567"},
	{"medical_id", "GB", "943 476 5919", "9434765919"},
	{"medical_id", "GB", "943 476 5918", "!check"},
	{"health", "", " asthma\r\nsince 2019 ", "asthma\nsince 2019"},
	{"person", "", "  Anna   María  O'Neill ", "Anna María O'Neill"},
	{"person", "", "李小龙", "李小龙"},
	{"person", "", "4111111111111111", "!person"},
	{"person", "", "anna@example.com", "!person"},
	{"address", "GB", "12 Main Street, London", "12 Main Street, London"},
	{"address", "", "1", "!address"},
	{"postcode", "GB", "sw1a1aa", "SW1A 1AA"},
	{"postcode", "US", "12345-6789", "12345-6789"},
	{"postcode", "DE", "１０１１５", "10115"},
	{"postcode", "", "London", "!postcode"},
	{"dob", "", "17.05.1990", "1990-05-17"},
	{"dob", "GB", "4/5/1990", "1990-05-04"},
	{"dob", "US", "4/5/1990", "1990-04-05"},
	{"dob", "US", "17/05/1990", "1990-05-17"},
	{"dob", "US", "1990-05-17", "1990-05-17"},
	{"dob", "JP", "1990/5/7", "1990-05-07"},
	{"dob", "DE", "17051990", "1990-05-17"},
	{"dob", "", "31.02.1990", "!date"},
	{"dob", "", "17.05.90", "!date"},
	{"dob", "", "01.01.1850", "!date"},
	{"dob", "", "02.12.2026", "!past"},
	{"date", "", "24.12.2027", "2027-12-24"},
	{"date", "", "24.12.2127", "!date"},
	{"over_18", "", "yes", "yes"},
	{"over_18", "", "maybe", "!choice"},
	{"over_18", "", "", "!choice"},
	{"age", "", "42", "42"},
	{"age", "", "042", "42"},
	{"age", "", "142", "!age"},
	{"age", "", "-1", "1"}, // a dash before it is a slip
	{"email", "", " Anna@Example.com ", "Anna@example.com = anna@example.com"},
	{"email", "", "anna@gmail.Com", "anna@gmail.com"},
	{"email", "", "ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "anna@example.com"},
	{"email", "", "anna@", "!email"},
	{"email", "", "anna@example.com, bob@example.com", "!email"},
	{"phone", "US", "(202) 555-0143", "+12025550143"},
	{"phone", "GB", "020 7946 0958", "+442079460958"},
	{"phone", "US", "+44 20 7946 0958", "+442079460958"},
	{"phone", "US", "555-0143", "!phone"},
	{"phone", "US", "call me", "!phone"},
	{"ip", "", "203.0.113.7", "203.0.113.7"},
	{"ip", "", "203.0.113.700", "!other"},
	{"mac", "", "00:00:5e:00:53:01", "00:00:5e:00:53:01"},
	{"mac", "", "00:00", "!other"},
	{"url", "", "https://example.com/a?b", "https://example.com/a?b"},
	{"url", "", "javascript:alert(1)", "!url"},
	{"geo", "", "48.85, 2.35", "48.85, 2.35"},
	{"geo", "", "148.85, 2.35", "!geo"},
	{"crypto", "", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"},
	{"crypto", "", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "!check"},
	{"password", "", " correct horse ", " correct horse "},
	{"password", "", "a\nb", "!other"},
	{"otp", "", "123 456", "123456"},
	{"otp", "", "12", "!code"},
	{"secret", "", " -----BEGIN KEY-----\nabc ", "-----BEGIN KEY-----\nabc"},
	{"account_ref", "", "A-1001", "A-1001"},
	{"vehicle", "", "B AB 1234", "B AB 1234"},
	{"imei", "", "49-015420-323751-8", "490154203237518"},
	{"imei", "", "490154203237519", "!check"},
	{"username", "", "anna_92", "anna_92"},
	{"loyalty_card", "", "  S 1 ", "S 1"},
	{"loyalty_card", "", strings.Repeat("a", 201), "!length"},
}

func TestRead(t *testing.T) {
	seen := map[string]bool{}
	for _, test := range readTests {
		seen[test.kind] = true
		if got := readOne(test.kind, test.typed, test.regions); got != test.want {
			t.Errorf("%s %q in %q: %s, want %s", test.kind, test.typed, test.regions, got, test.want)
		}
	}
	for _, kind := range append(rules.BuiltinKinds(), "card_bin", "over_18") {
		if _, ok := specs[kind]; !ok || !seen[kind] {
			t.Errorf("%s has no spec or no test", kind)
		}
	}
}

// TestReadTogether reads fields that depend on each other or have parts.
func TestReadTogether(t *testing.T) {
	fields := []Field{{"dob", "full"}, {"cvv", ""}, {"credit_card", ""}, {"address", ""}, {"address", NeedZIP}, {"cvv", ""}}
	typed := url.Values{
		"dob.day": {"7"}, "dob.month": {"0５"}, "dob.year": {"1990"}, "cvv": {"1234"}, "credit_card": {"3782 822463 10005"}, "postcode": {"10115"},
		"address.street": {" 12  Main\nStreet "}, "address.city": {"Springfield"}, "address.state": {"IL"}, "address.postcode": {"62701"},
	}
	values, problems := readAt(fields, typed, "US", today)
	var got []string
	for _, v := range values {
		got = append(got, v.Kind+" "+v.Text)
	}
	want := []string{"dob 1990-05-07", "cvv 1234", "credit_card 378282246310005", "address 12 Main Street, Springfield, IL 62701", "postcode 10115"}
	if !slices.Equal(got, want) || len(problems) > 0 {
		t.Errorf("%q %v", got, problems)
	}
	typed.Set("credit_card", "4111111111111111")
	typed.Set("dob.year", "")
	values, problems = readAt(fields, typed, "US", today)
	if values != nil || len(problems) != 2 || problems["cvv"] != "cvv_three" || problems["dob"] != "date" {
		t.Errorf("%d values, %v", len(values), problems)
	}
	typed.Set("credit_card", "378282246310005")
	typed.Set("cvv", "123")
	if _, problems = readAt(fields, typed, "US", today); problems["cvv"] != "cvv_four" {
		t.Errorf("%v", problems)
	}
	for region, want := range map[string]string{"": "12 Weg, 10115 Berlin", "DE": "12 Weg, 10115 Berlin", "GB": "12 Weg, Berlin, 10115", "MX": "12 Weg, 10115 Berlin, BE"} {
		typed := url.Values{"address.street": {"12 Weg"}, "address.city": {"Berlin"}, "address.postcode": {"10115"}}
		if region == "MX" {
			typed.Set("address.state", "BE")
		}
		if got := joinAddress("address", typed, region); got != want {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
	}
}

// TestValuesHide prints a value in every way.
func TestValuesHide(t *testing.T) {
	values, _ := Read([]Field{{Kind: "person"}}, url.Values{"person": {"Anna"}}, "")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, values[0]) + fmt.Sprintf(verb, values); strings.Contains(got, "nna") {
			t.Errorf("%s prints the value", verb)
		}
	}
	if text, err := values[0].MarshalText(); err != nil || string(text) != "<value>" {
		t.Error("a value marshals as itself")
	}
}

// TestChecksExist wants every validator that a kind names, in regions that are
// regions.
func TestChecksExist(t *testing.T) {
	known := rules.Validators()
	for kind, byRegion := range identifierChecks {
		for region, names := range byRegion {
			for _, name := range strings.Fields(names) {
				if !slices.Contains(known, name) || len(region) != 2 {
					t.Errorf("%s %s: no validator %s", kind, region, name)
				}
			}
		}
	}
}

// checkedBy are the validators that a value of a kind must pass, whoever reads
// it.
var checkedBy = map[string][]string{
	"credit_card": {"card"}, "card_expiry": {"expiry"}, "iban": {"iban"}, "ssn": {"us_ssn"}, "phone": {"phone"}, "email": {"email"},
	"ip": {"ip"}, "url": {"url"}, "crypto": {"crypto"}, "imei": {"imei", "meid", "iccid"},
}

// FuzzRead reads anything as any kind. What is accepted passes the rules'
// validator, is what the rules call canonical, and is read as itself again.
func FuzzRead(f *testing.F) {
	for _, test := range readTests {
		f.Add(test.kind, test.regions, test.typed, "")
	}
	f.Add("dob", "US", "", "1990-05-17")
	f.Fuzz(func(t *testing.T, kind, regions, typed, parts string) {
		field := Field{Kind: kind}
		values := url.Values{kind: {typed}}
		for i, part := range strings.SplitN(parts, "-", 3) {
			values.Set(kind+"."+[]string{"year", "month", "day"}[i], part)
			values.Set(kind+"."+[]string{"street", "city", "postcode"}[i], part)
		}
		read, problems := readAt([]Field{field}, values, regions, today)
		if len(read)+len(problems) != 1 {
			t.Fatalf("%d values, %d problems", len(read), len(problems))
		}
		if len(problems) > 0 {
			return
		}
		v := read[0]
		names := checkedBy[kind]
		if names != nil && !slices.ContainsFunc(names, func(name string) bool { return rules.Valid(name, v.Text, strings.Fields(regions)) }) {
			t.Errorf("%s is accepted and not valid", kind)
		}
		again, problems := readAt([]Field{field}, url.Values{kind: {v.Text}}, regions, today)
		if len(problems) > 0 || again[0].Text != v.Text || again[0].Canonical != v.Canonical {
			t.Errorf("%s is read differently the second time: %v", kind, problems)
		}
	})
}
