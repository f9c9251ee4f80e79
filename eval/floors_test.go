package eval_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/piiproxy/piiproxy/eval"
)

// least and most are what floors.yaml may not fall behind, line by line. When a
// floor there goes up, it goes up here.
var (
	least = map[string]float64{
		"e-mail recall": 0.99, "e-mail precision": 0.995,
		"IP recall": 0.99, "IP precision": 0.995,
		"IBAN recall": 0.99, "IBAN precision": 0.995,
		"card (Luhn-valid) recall": 1, "card (Luhn-valid) precision": 0.995,
		`card as typed, with "card" or "credit", recall`:              0.95,
		"phone international recall":                                  0.995,
		"phone national with region recall":                           0.98,
		"phone national with a phrase recall":                         0.85,
		"phone as typed (multidogo) recall":                           0.90,
		"phone in bot turns (sgd) recall":                             0.99,
		"SSN separated recall":                                        1,
		"SSN bare with a keyword recall":                              0.9,
		"SSN bare after a prompt recall":                              0.9,
		"last four of an SSN with a keyword recall":                   0.90,
		"last four of a card with a keyword recall":                   0.90,
		"account number with a keyword recall":                        0.90,
		"person after a name prompt recall":                           0.95,
		`person after "my name is" recall`:                            0.97,
		"date of birth when asked recall":                             0.95,
		"postcode when asked recall":                                  0.90,
		"US street address recall":                                    0.90,
		"US street address precision":                                 0.97,
		"URL recall":                                                  0.95,
		"national ids said with their keyword, valid, recall":         0.99,
		"national ids said with their keyword, bad checksum, refused": 0.95,
		"evasions of tier 1 hidden":                                   0.995,
		"evasions of tier 2 hidden":                                   0.90,
		"evasions of tier 3 hidden":                                   0.50,
		"benign texts unchanged":                                      1,
	}
	most = map[string]float64{
		"phone false on ids (tau_bench) per 1,000 turns": 3,
		"URL false per 1,000 SMS":                        2,
		"false texts per 1,000":                          0.2,
		"answers about date, time and people masked":     0.02,
	}
)

// TestFloors: every line stands in the file, and no floor went down.
func TestFloors(t *testing.T) {
	floors, err := eval.ReadFloors("floors.yaml")
	if err != nil {
		t.Fatal(err)
	}
	atLeast, atMost := map[string]float64{}, map[string]float64{}
	for _, l := range floors.Lines {
		if l.Least != nil {
			atLeast[l.Name] = *l.Least
		} else {
			atMost[l.Name] = *l.Most
		}
	}
	for _, name := range slices.Sorted(maps.Keys(least)) {
		if got, ok := atLeast[name]; !ok || got < least[name] {
			t.Errorf("%s: at_least %v, want %v or more", name, got, least[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(most)) {
		if got, ok := atMost[name]; !ok || got > most[name] {
			t.Errorf("%s: at_most %v, want %v or less", name, got, most[name])
		}
	}
	if _, err := eval.BuiltinMap(); err != nil {
		t.Error(err)
	}
}
