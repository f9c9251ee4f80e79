package rules

import (
	"fmt"
	"strings"
	"testing"
)

// judged shows what a validator says of a text: what it finds, with ? after what
// is not valid.
func judged(name, text string, regions ...string) string {
	var found []string
	for _, p := range validatorNamed(name)(text, regions) {
		mark := ""
		if !p.valid {
			mark = "?"
		}
		found = append(found, text[p.start:p.end]+mark)
	}
	return strings.Join(found, "|")
}

func TestPhoneNumber(t *testing.T) {
	tests := []struct{ text, region, want string }{
		{"020 7946 0958", "GB", "020 7946 0958"},
		{"020 7946 0958", "US", "020 7946 0958?"},
		{"07 81 92 03 14", "FR", "07 81 92 03 14"},
		{"0781920314", "FR", "0781920314?"},       // in one piece: a word must say so
		{"2 3141592", "", "2 3141592?"},           // grouped as no number is printed
		{"(0-37) 212345", "LT", "(0-37) 212345?"}, // the same
		{"2025550143 x 15", "US", "2025550143 x 15?"},
		{"12-05-2026", "", ""},
		{"122.2164385", "US", ""},
		{"52.520008", "DE", ""},
		{"030.1234567", "DE", "030.1234567"},
		{"2026.11.21", "", ""},
		{"192.0.2.256", "", ""},
		{"123-45-6789", "US", ""},
		{"12345-6789", "US", ""},
		{"123 456", "", ""},
		{"4111 1111 1111 1111", "", ""},
		{"12345678901234", "", ""},
		{"1 2 3 4 5 6 7 8 9 0 1 2 3", "", ""},
		{"no digits", "", ""},
		{"", "", ""},
	}
	for _, test := range tests {
		if got := judged("phone_number", test.text, test.region); got != test.want {
			t.Errorf("%q in %q: %q, want %q", test.text, test.region, got, test.want)
		}
	}
}

func TestPhoneAnswer(t *testing.T) {
	tests := []struct{ text, region, want string }{
		{"2025550143", "US", "2025550143"},
		{"yes, it's 202 555 0143.", "US", "202 555 0143"},
		{"5553141592", "US", "5553141592?"},
		{"8 (800) 555-01-43", "RU", "8 (800) 555-01-43"},
		{"(202) 555-0143 ext. 12 thanks!", "US", "(202) 555-0143 ext. 12"},
		{"mi número es 655 314 159, gracias", "ES", "655 314 159"},
		{"Alice Smith, 2025550143", "US", "2025550143"},
		{"Alice Smith, 202-555-01", "US", ""},
		{"order 2025550143", "US", ""},
		{"track parcel 2025550143", "US", ""},
		{"2025550143 is late", "US", ""},
		{"1767322645", "", ""},
		{"12-05-2026", "", ""},
		{"31122025 150", "", ""},
		{"192.0.2.256", "", ""},
		{"123456", "", ""},
		{"4111111111111111", "", ""},
		{"hello", "", ""},
		{"", "", ""},
	}
	for _, test := range tests {
		if got := judged("phone_answer", test.text, test.region); got != test.want {
			t.Errorf("%q in %q: %q, want %q", test.text, test.region, got, test.want)
		}
	}
}

// TestAddressParts wants every address of a match, not only the first.
func TestAddressParts(t *testing.T) {
	got := judged("address", "12 Main Street to 40 oak drive and back")
	if want := "12 Main Street|40 oak drive?"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func ExampleLibrary_phone() {
	library, err := Load(Sources("builtin/contact"))
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := library.Set(View{Regions: []string{"GB"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := set.Scan("call me on 020 7946 0958 ext. 4", Context{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Findings[0], result.Findings[0].Canonical())
	// Output: phone by phone_national at 11:31, score 1.00 +442079460958
}
