package rules

import "testing"

// TestEmailForm wants every way to write an address to have one form.
func TestEmailForm(t *testing.T) {
	for _, text := range []string{
		"alice.smith@example.com", "Alice.Smith@Example.com", "alice.smith%40example.com",
		"alice.smith [at] example [dot] com", "alice.smith (at) example.com", "alice dot smith at example dot com",
		"alice.smith arroba example punto com", "alice.smith@\nexample.com", "alice.smith(hi)@example.com", "alice.smith @ example.com",
	} {
		if got := canonical("email", text, nil); got != "alice.smith@example.com" {
			t.Errorf("%q: %q", text, got)
		}
	}
	for text, want := range map[string]string{
		`"alice (at) smith"@example.com`: `"alice (at) smith"@example.com`,
		"latin@dotcom.example":           "latin@dotcom.example",
	} {
		if got := canonical("email", text, nil); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestEmailParts(t *testing.T) {
	tests := []struct{ text, want string }{
		{"alice@example.com.Thanks", "alice@example.com"},
		{"Alice@Example.Com", "Alice@Example.Com"},
		{"邮箱alice@example.org", "alice@example.org"},
		{"jürgen@müller.example", "jürgen@müller.example"},
		{"アリス@example.jp", "アリス@example.jp"},
		{`"a\@b c"@example.com`, `"a\@b c"@example.com`},
		{"root@[192.0.2.1]", "root@[192.0.2.1]"},
		{"form@office.Monday", ""},
		{"@example.com", ""},
		{`"   "@example.com`, ""},
		{"alice@[::1]", ""},
	}
	for _, test := range tests {
		got := ""
		for _, p := range validateEmail(test.text, nil) {
			if p.valid {
				got = test.text[p.start:p.end]
			}
		}
		if got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

func TestIPParts(t *testing.T) {
	tests := []struct{ text, want string }{
		{"192.0.2.0/24", "192.0.2.0/24"},
		{"192.0.2.1/123", "192.0.2.1"},
		{"2001:db8::/32", "2001:db8::/32"},
		{"2001:db8::1/9999", "2001:db8::1"},
		{"fe80::1%eth0", "fe80::1%eth0"},
		{"192.0.2.256", ""},
		{"::", ""},
	}
	for _, test := range tests {
		got := ""
		for _, p := range validateIP(test.text, nil) {
			if p.valid {
				got = test.text[p.start:p.end]
			}
		}
		if got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

func TestPhoneForm(t *testing.T) {
	tests := []struct {
		text    string
		regions []string
		want    string
	}{
		{"(202) 555-0143", []string{"US"}, "+12025550143"},
		{"+1 202 555 0143 ext. 42", nil, "+12025550143"},
		{"(+44) 20 7946 0958", nil, "+442079460958"},
		{"+44 (0)20 7946 0958", nil, "+442079460958"},
		{"+44_20_7946_0958", nil, "+442079460958"},
		{"plus 44 20 7946 0958", nil, "+442079460958"},
		{"%2B442079460958", nil, "+442079460958"},
		{"0044 20 7946 0958", nil, "+442079460958"},
		{"011 44 20 7946 0958", []string{"US"}, "+442079460958"},
		{"020 7946 0958", []string{"GB"}, "+442079460958"},
		{"11 98765-4321", []string{"BR"}, "+5511987654321"},
		{"0 11 15-3141-5926", []string{"AR"}, "+5491131415926"},
		{"123-456", nil, "123456"},
		{"+1 23", nil, "+123"},
		{"", nil, ""},
	}
	for _, test := range tests {
		if got := canonical("phone", test.text, test.regions); got != test.want {
			t.Errorf("%q in %v: %q, want %q", test.text, test.regions, got, test.want)
		}
	}
}

// FuzzNetValidators wants validators that never panic and stay inside the match.
func FuzzNetValidators(f *testing.F) {
	for _, text := range []string{"a@b.co", "\"a\"@b.co", "邮@x.y", "1.2.3.4/5", "::1%", "+1 202 555 0143", "%2B", "plus 1", "http://[", "www.a", "12 Main St, X"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"email", "ip", "url", "phone", "phone_number", "phone_answer", "address"} {
			at := 0
			for _, p := range validatorNamed(name)(text, []string{"US"}) {
				if p.start < at || p.end < p.start || p.end > len(text) {
					t.Fatalf("%s: %d to %d of %d bytes", name, p.start, p.end, len(text))
				}
				at = p.end
			}
		}
		_, _ = canonical("email", text, nil), canonical("phone", text, nil)
	})
}

func BenchmarkPhone(b *testing.B) {
	for _, text := range []string{"+1 202 555 0143", "(202) 555-0143", "3141592653"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				validatePhone(text, nil)
			}
		})
	}
}
