package redact

import "testing"

// TestSafeHarbor holds what the first ten identifiers of 45 CFR 164.514(b)(2)
// become under the action generalize. The figures of ZIP codes are those of the
// rule's guidance.
func TestSafeHarbor(t *testing.T) {
	tests := []struct{ kind, text, want string }{
		{"date", "12 March 2024", "2024"},
		{"date", "03/12/2024", "2024"},
		{"date", "2024-03-12", "2024"},
		{"date", "12 March", "[DATE]"},
		{"date", "03/12/24", "[DATE]"},
		{"date", "2023 to 2024", "[DATE]"},
		{"date", "room 4711", "[DATE]"},
		{"dob", "12 March 1931", "[DOB]"},
		{"postcode", "60614", "606**"},
		{"postcode", "60614-1234", "606**"},
		{"postcode", "03601", "000**"},
		{"postcode", "05901", "000**"},
		{"postcode", "89301-0001", "000**"},
		{"postcode", "SW1A 1AA", "[POSTCODE]"},
		{"postcode", "606141", "[POSTCODE]"},
		{"postcode", "٦٠٦١٤", "[POSTCODE]"},
		{"age", "89", "89"},
		{"age", "35 years old", "35 years old"},
		{"age", "90", "90+"},
		{"age", "I'm 104 years old", "90+"},
		{"age", "ninety-two", "[AGE]"},
		{"age", "2 and 93", "[AGE]"},
		{"age", "999", "[AGE]"},
		{"age", "٩٣", "[AGE]"},
		{"person", "Jane Doe", "[PERSON]"},
		{"address", "12 Main St, Springfield", "[ADDRESS]"},
		{"ssn", "123-45-6789", "[SSN]"},
	}
	for _, test := range tests {
		if got := GeneralOf(test.kind, test.text); got != test.want {
			t.Errorf("%s %q becomes %q, want %q", test.kind, test.text, got, test.want)
		}
	}
}
