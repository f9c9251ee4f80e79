package identifier

import (
	"strings"
	"testing"
)

// cases are examples of one check.
type cases struct {
	valid   string // space-separated
	refused string // space-separated
}

// judge runs a region's examples: what is valid passes, and neither what is
// refused nor a valid value with one character more or less does.
func judge(t *testing.T, checks map[string]Check, examples map[string]cases) {
	t.Helper()
	for name, check := range checks {
		example, ok := examples[name]
		if !ok {
			t.Errorf("%s has no examples", name)
		}
		for _, value := range strings.Fields(example.valid) {
			if !check(value) {
				t.Errorf("%s refuses %s", name, value)
			}
			if check(value+"00000000") || check("?"+value) || check(strings.ToLower(value)+" ") {
				t.Errorf("%s takes more than the value of %s", name, value)
			}
		}
		for _, value := range strings.Fields(example.refused) {
			if check(value) {
				t.Errorf("%s takes %s", name, value)
			}
		}
	}
	for name := range examples {
		if checks[name] == nil {
			t.Errorf("no check %s", name)
		}
	}
}

// TestLastCharacterIsChecked says which checks have a check character, and that
// no other character passes in its place.
func TestLastCharacterIsChecked(t *testing.T) {
	for name, value := range map[string]string{
		"ca_sin": "730429180", "ca_bc_phn": "9341027584", "mx_curp": "LOPR850417HDFPRB05", "mx_rfc_digit": "SAOM0209113T4",
		"mx_nss": "41897326157", "br_cpf": "30618492542", "br_cnpj": "K7M2X94R000149", "br_pis": "27019384655",
		"br_titulo": "739201841708", "br_cnh": "62847292708", "br_cns": "796030824628194", "ar_cuit": "20318942057",
		"cl_rut": "9182731K", "co_nit": "10192837461", "ec_cedula": "1718392044", "pe_ruc": "20601827345",
		"py_ruc": "80019285", "uy_ci": "39182041", "uy_rut": "218392010017", "ve_rif": "J309182749",
		"do_cedula": "40219384753", "do_rnc": "131829309", "gt_nit": "1938274K", "sv_dui": "041829374",
		"sv_nit": "06141706851032", "ni_cedula": "0011704850012G", "in_aadhaar": "582039174621",
		"in_vid": "9182736455091822", "in_gstin": "29ABCPK4821M1ZF", "in_epic": "XGT4819025", "cn_ric": "11010519491231002X",
		"cn_uscc": "91440300MA5K7X2D8T", "hk_hkid": "G123456A", "tw_id": "A123456789", "jp_mynumber": "482019374658",
		"kr_brn": "2208193742", "sg_nric": "S1234567D", "sg_uen": "201583926W",
		"th_pin": "1101402839151", "vn_mst": "0109283740", "il_id": "039182746", "ir_melli": "0072918349",
		"kw_civil": "290110538416", "kz_iin": "850417301923", "sa_id": "1084726197", "za_id": "8504175927089",
		"za_tax": "1938472659", "mu_nid": "B170485192837F", "mz_nuit": "400182736", "gn_nif": "482019379",
		"ma_ice": "001928374000010", "sn_ninea": "4918275", "au_tfn": "829104738", "au_abn": "49182736650",
		"au_acn": "129384756", "au_ihi": "8003608192736452", "nz_ird": "119283744", "nz_nzbn": "9429049182736",
	} {
		check, others := Checks()[name], 0
		for _, last := range "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
			if check(value[:len(value)-1] + string(last)) {
				others++
			}
		}
		if others != 1 || !check(value) {
			t.Errorf("%s takes %d characters at the end of %s", name, others, value)
		}
	}
}

func TestArithmetic(t *testing.T) {
	for value, want := range map[string]bool{
		"850229": false, "840229": true, "000229": true, "850230": false, "851301": false, "850431": false, "850430": true,
	} {
		if got := dateAs(value[:2], value[2:4], value[4:]); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
	if !luhnPasses("79927398713") || luhnPasses("79927398710") {
		t.Error("luhn: the example of the patent")
	}
	if !verhoeffPasses("2363") || verhoeffPasses("2364") {
		t.Error("verhoeff: 236 has the digit 3")
	}
	if !mod11And2("079X") || mod11And2("0794") {
		t.Error("ISO/IEC 7064: 079 has the character X")
	}
}

// FuzzChecks promises that these checks are safe on any string and take only
// capital letters and digits.
func FuzzChecks(f *testing.F) {
	for _, seed := range []string{
		"", "0", "9", "\x00", "K", "é", "000000000", "11111111111", "XAXX010101000", "11010519491231002X", "K7M2X94R000149",
		strings.Repeat("0", 64), strings.Repeat("A", 64), "99999999999999999999", "T15LL0482J", "29ABCPK4821M1ZF", "１２３",
	} {
		f.Add(seed)
	}
	checks := join(americas(), asia(), africa(), oceania())
	f.Fuzz(func(t *testing.T, value string) {
		clean := strings.Trim(value, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
		for name, check := range checks {
			if check(value) && !clean {
				t.Errorf("%s takes a value with other characters", name)
			}
		}
	})
}
