package rules

import "testing"

// TestValidAlone wants one value and nothing besides, typed in whatever digits.
func TestValidAlone(t *testing.T) {
	tests := []struct {
		name, text string
		want       bool
	}{
		{"card", " ４１１１ 1111 1111 1111 ", true},
		{"card", "4111 1111 1111 1111 12", false},
		{"card", "4111111111111111 5555555555554444", false},
		{"card", "4111111111111112", false},
		{"iban", "DE89 3704 0044 0532 0130 00", true},
		{"iban", "DE89 3704 0044 0532 0130 00 Anna", false},
		{"email", "a@b.example", true},
		{"phone", "+12025550143 4111", false},
		{"br_cpf", "529.982.247-25", true},
		{"nothing", "1", false},
	}
	for _, test := range tests {
		if got := Valid(test.name, test.text, []string{"US"}); got != test.want {
			t.Errorf("%s %q: %v", test.name, test.text, got)
		}
	}
	if got := Canonical("phone", "（202）555-0143", []string{"US"}); got != "+12025550143" {
		t.Errorf("the phone number is %q", got)
	}
}

func TestCardScheme(t *testing.T) {
	for digits, want := range map[string]string{
		"378282246310005": "american express", "4111111111111111": "visa", "411111111111111": "", "5555555555554444": "mastercard", "": "", "9": "",
	} {
		if got := CardScheme(digits); got != want {
			t.Errorf("%s: %q, want %q", digits, got, want)
		}
	}
}
