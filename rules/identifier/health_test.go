package identifier

import "testing"

// TestHealth holds examples that the authorities print or that were computed by
// their rules by hand, and near misses.
func TestHealth(t *testing.T) {
	judge(t, health(), map[string]cases{
		"us_npi":  {valid: "1234567893 1245319599", refused: "1234567890 3234567893 123456789 12345678931"},
		"us_dea":  {valid: "AB1234563 F91234563", refused: "AB1234564 NB1234563 AB123456 A#1234563"},
		"us_mbi":  {valid: "1EG4TE5MK73 2FN5WP6HC84", refused: "0EG4TE5MK73 1SG4TE5MK73 1EG4TE5MK7 1EG4TE5MKA3 1EGATE5MK73"},
		"de_kvnr": {valid: "A123456780 M123456785", refused: "A123456781 1123456780 A12345678"},
		"de_lanr": {valid: "123456601", refused: "123456701 12345660 A23456601"},
	})
}

func TestThings(t *testing.T) {
	judge(t, things(), map[string]cases{
		"imei":  {valid: "490154203237518 352099001761481 3520990017614823", refused: "490154203237519 000000000000000 49015420323751 9920990017614X23"},
		"imsi":  {valid: "310150123456789 26201123456789", refused: "910150123456789 3101501234567 310150123456789A"},
		"iccid": {valid: "8944500102198304826", refused: "8944500102198304827 7944500102198304826 89445001021983048"},
		"meid":  {valid: "A10000009296F2", refused: "110000009296F2 A10000009296G2 A10000009296F"},
		"vin":   {valid: "1HGCM82633A004352 1M8GDM9AXKP042788 WVWZZZ1JZXW000001", refused: "1HGCM82633A004353 1HGCM82633A00435 1HGCM8263IA004352 WVWZZZ1JZXW00000A"},
	})
}

func TestAddresses(t *testing.T) {
	for _, test := range []struct {
		value          string
		base58, bech32 bool
	}{
		{"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", true, false},
		{"3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", true, false},
		{"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", false, false},
		{"1bvbmseystwetqtfn5au4m4gfg7xjanvn2", false, false},
		{"bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", false, true},
		{"BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ", false, true},
		{"bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp", false, false},
		{"bc1", false, false},
		{"", false, false},
	} {
		if got := Base58Address(test.value); got != test.base58 {
			t.Errorf("Base58Address(%s) = %v", test.value, got)
		}
		if got := Bech32Address(test.value); got != test.bech32 {
			t.Errorf("Bech32Address(%s) = %v", test.value, got)
		}
	}
}
