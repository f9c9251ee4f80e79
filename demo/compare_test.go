package demo

import (
	"reflect"
	"strings"
	"testing"
)

func TestCompareMarksOnlyWhatDiffers(t *testing.T) {
	const token = "pii_email_abcdefghijklmnopqrstuvwxyz"
	tests := map[string]struct {
		left, right           string
		wantLeft, wantedRight []word
	}{
		"same":        {"hello you", "hello you", []word{{Text: "hello you"}}, []word{{Text: "hello you"}}},
		"empty":       {"", "", []word{}, []word{}},
		"a full stop": {"to a@b.example.", "to " + token + ".", []word{{Text: "to "}, {"a@b.example", "value"}, {Text: "."}}, []word{{Text: "to "}, {token, "token"}, {Text: "."}}},
		"many words":  {"call +1 202 555 0143 now", "call [PHONE] now", []word{{Text: "call "}, {"+1 202 555 0143", "value"}, {Text: " now"}}, []word{{Text: "call "}, {"[PHONE]", "mask"}, {Text: " now"}}},
	}
	for name, test := range tests {
		left, right := compare(test.left, test.right)
		if !reflect.DeepEqual(left, test.wantLeft) || !reflect.DeepEqual(right, test.wantedRight) {
			t.Errorf("%s: got %+v and %+v", name, left, right)
		}
	}
}

func TestCompareLeavesLongTextsUnmarked(t *testing.T) {
	left, right := compare(strings.Repeat("a ", 2000), strings.Repeat("b ", 2000))
	if len(left) != 1 || len(right) != 1 || left[0].Mark+right[0].Mark != "" {
		t.Errorf("got %d and %d words", len(left), len(right))
	}
}

func TestSearchFindsAValueInEverySpelling(t *testing.T) {
	tests := map[string]struct {
		text, value string
		found       bool
	}{
		"as it is":             {"mail a.b@example.com!", "a.b@example.com", true},
		"escaped":              {`{"text":"a.b\u0040example.com"}`, "a.b@example.com", true},
		"JSON in JSON":         {`{"r":"{\"e\":\"a.b\\u0040example.com\"}"}`, "a.b@example.com", true},
		"a key":                {`{"a.b@example.com":1}`, "a.b@example.com", true},
		"a number":             {`{"card":4111111111111111}`, "4111 1111 1111 1111", true},
		"separators":           {`{"card":"4111-1111.1111 1111"}`, "4111111111111111", true},
		"most of the digits":   {`{"card":"411111111111****"}`, "4111111111111111", true},
		"a log line":           {`2026/01/02 send {"text":"a.b\u0040example.com"}`, "a.b@example.com", true},
		"a query":              {`/v1/x?q=a.b%40example.com`, "a.b@example.com", true},
		"a date escaped":       {`{"text":"exp 01\/20."}`, "01/20", true},
		"a date in a date":     {`2026/01/20 12:00`, "01/20", false},
		"a masked card":        {`{"card":"***1111"}`, "4111111111111111", false},
		"first six, last four": {`{"card":"411111******1111"}`, "4111111111111111", false},
		"across two strings":   {`["41111111","11111111"]`, "4111111111111111", false},
	}
	for name, test := range tests {
		if got := search([]byte(test.text)).holds(test.value); got != test.found {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
