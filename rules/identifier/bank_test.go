package identifier

import "testing"

// TestBankNumbers takes the examples that the issuing authorities print, and
// spoils them.
func TestBankNumbers(t *testing.T) {
	tests := []struct {
		name           string
		valid, invalid []string
	}{
		{"us_aba_routing", []string{"021000021", "011401533", "322271627", "061000104"}, []string{"021000022", "000000000", "421042111", "331000021", "12345678", "02100002A"}},
		{"ca_routing", []string{"10000001", "000310000", "00005003"}, []string{"10000999", "100310000", "1000000"}},
		{"gb_sort_code", []string{"200000", "089999"}, []string{"000000", "20000", "2000000", "2O0000"}},
		{"au_bsb", []string{"062000", "733999"}, []string{"000123", "111111", "06200"}},
		{"in_ifsc", []string{"SBIN0000001", "HDFC0ABCDEF"}, []string{"SBIN1000001", "SBI00000001", "SBIN000001", "sbin0000001"}},
		{"in_upi", []string{"RAHULKOKHDFCBANK", "9876501234YBL"}, []string{"YBL", "SUNITANEWBANK", "rahulybl", ""}},
		{"mx_clabe", []string{"032180000118359719", "002010077777777771"}, []string{"032180000118359718", "000180000118359719", "03218000011835971"}},
		{"ar_cbu", []string{"2850590940090418135201"}, []string{"2850590940090418135202", "2850591940090418135201", "0000000000000000000000", "285059094009041813520"}},
		{"bic", []string{"DEUTDEFF", "DEUTDEFF500", "NEDSZAJJ", "PCBKXKPR"}, []string{"DEUTZZFF", "DEUTDEF", "DEUTDEFF50", "D3UTDEFF", "deutdeff"}},
		{"br_pix", []string{"123E4567E89B42D3A456426614174000"}, []string{"123E4567E89B12D3A456426614174000", "123E4567E89B42D3C456426614174000", "123E4567E89B42D3A45642661417400", "123E4567E89B42D3A45642661417400G"}},
		{"es_ccc", []string{"21000418450200051332"}, []string{"21000418440200051332", "21000418460200051332", "2100041845020005133", "00000000000000000000"}},
		{"fr_rib", []string{"20041010050500013M02606", "30006000011234567890189"}, []string{"20041010050500013M02607", "2004101005A500013M02606", "20041010050500013M0260"}},
		{"it_bban", []string{"X0542811101000000123456"}, []string{"Y0542811101000000123456", "X054281110100000012345", "10542811101000000123456"}},
		{"be_account", []string{"539007547034", "510007547061"}, []string{"539007547035", "53900754703", "000000000000"}},
		{"pl_nrb", []string{"61109010140000071219812874"}, []string{"61109010140000071219812875", "6110901014000007121981287"}},
		{"hu_account", []string{"117730161111101800000000", "1177301611111018"}, []string{"117730171111101800000000", "117730161111101900000000", "11773016"}},
		{"no_account", []string{"86011117947"}, []string{"86011117948", "8601111794", "00000000000"}},
		{"se_bankgiro", []string{"50501055", "9912346"}, []string{"50501056", "505010"}},
		{"cz_account", []string{"1920001453990800", "20001453990800"}, []string{"1920001453990999", "1920001453980800", "0800", "00000000000800"}},
		{"nz_account", []string{"010902006838900", "0109020068389000", "086523195451200"}, []string{"010902006838800", "990902006838900", "0109020"}},
		{"parcel", []string{"1Z999AA10123456784", "RR123456785GB"}, []string{"1Z999AA10123456785", "RR123456784GB", "2Z999AA10123456784", "RR123456785QQ", "1Z"}},
		{"password", []string{"SUNSHINE", "ABC123"}, []string{"WRONG", "INCORRECTA", "FALSCH", "AB", "hunter2", ""}},
		{"random_key", []string{"9F8A7B6C5D4E3F2A1B0C", "X7KQ2M9ZP4RT8WVB"}, []string{"AAAAAAAAAAAAAAAA1234", "CORRECTHORSEBATTERY", "12345678901234567890", "X7KQ2M9ZP4"}},
	}
	checks := Checks()
	for _, test := range tests {
		check := checks[test.name]
		for _, value := range test.valid {
			if !check(value) {
				t.Errorf("%s: %q is not valid", test.name, value)
			}
		}
		for _, value := range test.invalid {
			if check(value) {
				t.Errorf("%s: %q is valid", test.name, value)
			}
		}
	}
}

// FuzzBankNumbers wants an answer to anything.
func FuzzBankNumbers(f *testing.F) {
	f.Add("021000021")
	f.Add("X0542811101000000123456")
	f.Add("")
	f.Fuzz(func(t *testing.T, value string) {
		for name, check := range bank() {
			if check(value) && !alphanumeric(value, len(value)) {
				t.Errorf("%s takes %d bytes that are not compact", name, len(value))
			}
		}
	})
}
