package form

import (
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/rules"
)

// identifierChecks are the validators of what a region's authorities issue, by
// kind and region: names as in rules.Validators. A region is listed when every
// such identifier of its people has a check; of others only the length is judged.
var identifierChecks = map[string]map[string]string{
	"national_id": {
		"AE": "ae_eid", "BE": "be_nrn be_card", "CN": "cn_ric cn_ric15", "CO": "co_nuip", "EC": "ec_cedula", "ES": "es_dni es_nie es_nss",
		"HK": "hk_hkid", "ID": "id_nik", "IE": "ie_pps", "IL": "il_id", "IN": "in_aadhaar in_vid in_epic", "KR": "kr_rrn", "MY": "my_nric",
		"NL": "nl_bsn nl_document", "PK": "pk_cnic", "PL": "pl_pesel pl_pesel_sum pl_dowod", "SG": "sg_nric", "TH": "th_pin", "TR": "tr_tckn",
		"TW": "tw_id", "ZA": "za_id",
	},
	"tax_id": {
		"AR": "ar_cuit", "AT": "at_tin at_uid", "AU": "au_tfn au_abn au_acn", "BR": "br_cpf br_cnpj", "CL": "cl_rut", "CO": "co_nit",
		"ES": "es_nif es_dni es_nie", "ID": "id_npwp id_nik", "IT": "it_codice_fiscale it_partita_iva", "NZ": "nz_ird nz_nzbn", "PE": "pe_ruc",
		"PL": "pl_nip pl_regon pl_pesel", "PT": "pt_nif", "TR": "tr_vkn tr_tckn",
	},
	"medical_id": {"GB": "gb_nhs", "NZ": "nz_nhi"},
	"routing_number": {
		"AU": "au_bsb bic", "CA": "ca_routing bic", "GB": "gb_sort_code bic", "IN": "in_ifsc bic", "US": "us_aba_routing bic",
	},
}

// lengths bound identifiers without separators, in characters.
var lengths = map[string][2]int{
	"national_id": {4, 25}, "tax_id": {5, 20}, "passport": {5, 20}, "drivers_license": {4, 25}, "medical_id": {4, 25},
	"bank_account": {4, 34}, "routing_number": {3, 15},
}

func readIdentifier(a answer) verdict {
	text := compact(a.text)
	bounds := lengths[a.kind]
	switch {
	case len(text) < bounds[0] || len(text) > bounds[1]:
		return problem("length")
	case strings.Trim(text, alphanumeric) != "" || !strings.ContainsAny(text, "0123456789"):
		return problem("check")
	case !wellFormed(a.kind, text, a.regions):
		return problem("check")
	}
	return same(text)
}

func readAccount(a answer) verdict { return readIdentifier(a) }
func readRouting(a answer) verdict {
	if text := compact(a.text); rules.Valid("bic", text, nil) { // a BIC may lack digits
		return same(text)
	}
	return readIdentifier(a)
}

// wellFormed tells whether a check of one of the regions accepts an identifier,
// or whether there are regions without a check.
func wellFormed(kind, text string, regions []string) bool {
	judged := false
	for _, region := range regions {
		names := strings.Fields(identifierChecks[kind][region])
		if len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return rules.Valid(name, text, nil) }) {
			return true
		}
		judged = true
	}
	return !judged
}
