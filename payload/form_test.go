package payload_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/piiproxy/piiproxy/payload"
)

// What two readers could understand in two ways is no form.
func TestFormsThatAreRefused(t *testing.T) {
	small := payload.DefaultLimits()
	small.Fields, small.StringBytes, small.Bytes = 3, 8, 64
	for _, test := range []struct{ raw, reason string }{
		{"a=%4", payload.ReasonPercent},
		{"a=%zz", payload.ReasonPercent},
		{"a=1;b=2", payload.ReasonSemicolon},
		{"a=\x00", payload.ReasonNUL},
		{"a=%00", payload.ReasonNUL},
		{"a=\xff", payload.ReasonInvalidUTF8},
		{"a=%ff", payload.ReasonInvalidUTF8},
		{"%ff=a", payload.ReasonInvalidUTF8},
		{"a=1&a=2", payload.ReasonDuplicateKey},
		{"a=1&%61=2", payload.ReasonDuplicateKey},
		{"a=1&b=2&c=3&d=4", payload.ReasonTooManyFields},
		{"a=123456789", payload.ReasonStringTooLong},
		{"a=1&" + string(make([]byte, 64)), payload.ReasonTooLarge},
	} {
		_, err := payload.ParseForm([]byte(test.raw), small)
		var problem *payload.Error
		if !errors.As(err, &problem) || problem.Reason != test.reason {
			t.Errorf("%q: %v, want %s", test.raw, err, test.reason)
		}
	}
	for _, raw := range []string{"", "&", "a", "a=", "=a", "a[]=1&a[]=2", "a=%2B+%20"} {
		if _, err := payload.ParseForm([]byte(raw), small); err != nil {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

// An edit changes the bytes of its span, and decodes as intended.
func TestFormEdits(t *testing.T) {
	for _, test := range []struct {
		raw        string
		field      int
		start, end int
		text, want string
	}{
		{"a=1&b=x%40y+z&c=3", 1, 0, 3, "q&=%", "a=1&b=q%26%3D%25+z&c=3"},
		{"a=1&b=x%40y+z&c=3", 1, 1, 2, "é", "a=1&b=x%C3%A9y+z&c=3"},
		{"b=%C3%A9%c3%a9é!", 0, 1, 3, "", "b=é!"}, // widened to whole characters
		{"b=%C3%A9é!", 0, 4, 5, "?", "b=%C3%A9é%3F"},
		{"b=abc", 0, 3, 3, "d", "b=abcd"},
		{"b=abc", 0, 0, 3, "a b", "b=a+b"},
		{"b=", 0, 0, 0, "d", "b=d"},
	} {
		form, err := payload.ParseForm([]byte(test.raw), payload.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		got, err := payload.Splice(form.Raw, []payload.Edit{{Codecs: []payload.Codec{form.Fields[test.field].Scope()}, Start: test.start, End: test.end, Text: test.text}})
		if err != nil || string(got) != test.want {
			t.Errorf("%q: %q (%v), want %q", test.raw, got, err, test.want)
		}
	}
	form, _ := payload.ParseForm([]byte("b=abc"), payload.DefaultLimits())
	for _, span := range [][2]int{{-1, 2}, {2, 1}, {0, 4}, {4, 4}} {
		if _, err := payload.Splice(form.Raw, []payload.Edit{{Codecs: []payload.Codec{form.Fields[0].Scope()}, Start: span[0], End: span[1]}}); err == nil {
			t.Errorf("span %v is taken", span)
		}
	}
}

// FuzzForm: what is read is what the standard library reads, and a value that is
// replaced whole reads back as what replaced it, with all others as they were.
func FuzzForm(f *testing.F) {
	f.Add("a=1&b=x%40y+z&c[]=3&c[]=4", "v&=%+é")
	f.Add("=&a", "")
	f.Fuzz(func(t *testing.T, raw, text string) {
		form, err := payload.ParseForm([]byte(raw), payload.DefaultLimits())
		if err != nil {
			return
		}
		values, err := url.ParseQuery(raw)
		if err != nil {
			t.Fatalf("net/url does not read %q", raw)
		}
		for i := range form.Fields {
			field := &form.Fields[i]
			if len(values[field.Name]) == 0 {
				t.Fatalf("net/url has no field %q", field.Name)
			}
			edit := payload.Edit{Codecs: []payload.Codec{field.Scope()}, End: len(field.Value), Text: text}
			if field.Value == "" {
				edit.Text = ""
			}
			edited, err := payload.Splice(form.Raw, []payload.Edit{edit})
			if err != nil {
				t.Fatal(err)
			}
			again, err := url.ParseQuery(string(edited))
			if err != nil || !contains(again[field.Name], edit.Text) || len(again) != len(values) {
				t.Fatalf("%q became %q", raw, edited)
			}
		}
	})
}

func contains(values []string, text string) bool {
	for _, value := range values {
		if value == text {
			return true
		}
	}
	return false
}
