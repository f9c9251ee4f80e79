package compare_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules/compare"
)

func at(rule, kind, action string, start, end int) compare.Sighting {
	return compare.Sighting{Rule: rule, Kind: kind, Action: action, Start: start, End: end, Shape: strings.Repeat("9", end-start)}
}

// One text each: what both sides see, and the only changes that follow.
func TestChanges(t *testing.T) {
	for name, test := range map[string]struct {
		before, after []compare.Sighting
		want          string // change rule kind from to
	}{
		"same":    {[]compare.Sighting{at("a", "x", "mask", 0, 4)}, []compare.Sighting{at("a", "x", "mask", 0, 4)}, ""},
		"caught":  {nil, []compare.Sighting{at("a", "x", "mask", 0, 4)}, "newly caught a x"},
		"missed":  {[]compare.Sighting{at("a", "x", "mask", 0, 4)}, nil, "newly missed a x"},
		"kind":    {[]compare.Sighting{at("a", "x", "mask", 0, 4)}, []compare.Sighting{at("b", "y", "mask", 0, 4)}, "kind b y x y"},
		"action":  {[]compare.Sighting{at("a", "x", "mask", 0, 4)}, []compare.Sighting{at("a", "x", "allow", 0, 4)}, "action a x mask allow"},
		"rule":    {[]compare.Sighting{at("a", "x", "mask", 0, 4)}, []compare.Sighting{at("b", "x", "mask", 0, 4)}, "rule b x a b"},
		"longer":  {[]compare.Sighting{at("a", "x", "mask", 0, 4)}, []compare.Sighting{at("a", "x", "mask", 0, 6)}, "extent a x a longer"},
		"shorter": {[]compare.Sighting{at("a", "x", "mask", 0, 4)}, []compare.Sighting{at("b", "x", "mask", 1, 4)}, "extent b x a shorter"},
		"moved":   {[]compare.Sighting{at("a", "x", "mask", 0, 4)}, []compare.Sighting{at("a", "x", "mask", 2, 6)}, "extent a x a moved"},
		"both":    {[]compare.Sighting{at("a", "x", "mask", 0, 4)}, []compare.Sighting{at("b", "y", "hide", 0, 4)}, "action b y mask hide; kind b y x y"},
		"joined": {
			[]compare.Sighting{at("a", "x", "mask", 0, 4), at("a", "x", "mask", 5, 9)},
			[]compare.Sighting{at("a", "x", "mask", 0, 9)},
			"extent a x a longer",
		},
		"split": {
			[]compare.Sighting{at("a", "x", "mask", 0, 9)},
			[]compare.Sighting{at("a", "x", "mask", 0, 4), at("a", "x", "mask", 5, 9)},
			"extent a x a shorter",
		},
		"beside": {
			[]compare.Sighting{at("a", "x", "mask", 0, 4)},
			[]compare.Sighting{at("b", "y", "mask", 4, 8)},
			"newly missed a x; newly caught b y",
		},
		"the partner of the same kind": {
			[]compare.Sighting{at("a", "x", "mask", 0, 4), at("b", "y", "mask", 4, 8)},
			[]compare.Sighting{at("b", "y", "mask", 3, 8)},
			"extent b y b longer",
		},
		"prompts": {
			[]compare.Sighting{at("p", "asks x", "", -1, -1)},
			[]compare.Sighting{at("q", "asks x", "", -1, -1)},
			"rule q asks x p q",
		},
	} {
		report := &compare.Report{}
		report.Note("here", test.before, test.after)
		report.Sort()
		var got []string
		for _, line := range report.Lines {
			got = append(got, strings.TrimSpace(strings.Join([]string{string(line.Change), line.Rule, line.Kind, line.From, line.To}, " ")))
		}
		if strings.Join(got, "; ") != test.want {
			t.Errorf("%s: got %q, want %q", name, strings.Join(got, "; "), test.want)
		}
	}
}

// Lines are counted, sorted, bounded in their examples, and the order of what is
// noted changes nothing but which examples stand there.
func TestReport(t *testing.T) {
	report := &compare.Report{}
	for _, where := range []string{"f:1", "f:2", "f:3", "f:4", "f:5"} {
		report.Note(where, []compare.Sighting{at("old", "x", "mask", 0, 3)}, []compare.Sighting{at("new", "x", "mask", 5, 9)})
	}
	report.Note("f:6", []compare.Sighting{at("rare", "z", "mask", 0, 3)}, nil)
	report.Unreadable("f:7")
	report.Sort()
	var page strings.Builder
	if err := report.Write(&page); err != nil {
		t.Fatal(err)
	}
	want := `6 texts: 6 findings before, 5 now, 0 of them the same
     6 newly missed
     5 newly caught
     1 texts could not be read within the budget and are left out, first f:7

newly missed
     5  old   x    999 (f:1); 999 (f:2); 999 (f:3)
     1  rare  z    999 (f:6)

newly caught
     5  new  x    9999 (f:1); 9999 (f:2); 9999 (f:3)
`
	if page.String() != want {
		t.Errorf("got\n%s\nwant\n%s", page.String(), want)
	}
	if report.Count(compare.Missed) != 6 || report.Count(compare.Caught) != 5 {
		t.Errorf("sums: %+v", report)
	}
	empty := &compare.Report{}
	empty.Sort()
	if text, err := json.Marshal(empty); err != nil || strings.Contains(string(text), "null") {
		t.Errorf("an empty report is %s, %v", text, err)
	}
}
