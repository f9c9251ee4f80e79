package rules

import "testing"

func TestCanonicalForms(t *testing.T) {
	tests := []struct{ kind, region, text, want string }{
		{"dob", "US", "04/07/1980", "1980-04-07"},
		{"dob", "GB", "04/07/1980", "1980-07-04"},
		{"dob", "", "4.7.80", "1980-07-04"},
		{"dob", "US", "25/12/1980", "1980-12-25"},
		{"dob", "GB", "12/25/1980", "1980-12-25"},
		{"dob", "US", "July 4th, 1980", "1980-07-04"},
		{"dob", "US", "4 de julio de 1980", "1980-07-04"},
		{"date", "US", "2026-03-12", "2026-03-12"},
		{"dob", "DE", "3. März 1970", "1970-03-03"},
		{"dob", "GB", "1204 1967", "1967-04-12"},
		{"dob", "GB", "19670412", "1967-04-12"},
		{"dob", "GB", "120467", "1967-04-12"},
		{"dob", "GB", "20101980", "1980-10-20"},
		{"dob", "GB", "12 04 05", "2005-04-12"},
		{"dob", "GB", " 31/02/1980 ", "31/02/1980"},
		{"dob", "GB", "july 1980", "july 1980"},
		{"dob", "GB", "the fourth of july nineteen eighty", "the fourth of july nineteen eighty"},
		{"dob", "GB", "1/2/3/4", "1/2/3/4"},
		{"dob", "GB", "", ""},
		{"tax_id", "BR", "111.444.777-35", "11144477735"},
		{"national_id", "ES", "12345678-z", "12345678Z"},
		{"national_id", "RU", "ХК 123456", "ХК 123456"},
		{"national_id", "RU", " - ", "-"},
		{"iban", "", "gb82 west 1234", "GB82WEST1234"},
		{"person", "", " Ann ", "Ann"},
	}
	for _, test := range tests {
		if got := Canonical(test.kind, test.text, []string{test.region}); got != test.want {
			t.Errorf("%s %q in %q: %q, want %q", test.kind, test.text, test.region, got, test.want)
		}
	}
}
