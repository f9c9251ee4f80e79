package presidio

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// kinds are what Presidio's entities are called here
// (https://microsoft.github.io/presidio/supported_entities/).
var kinds = map[string]string{
	"CREDIT_CARD": "credit_card", "CRYPTO": "crypto", "DATE_TIME": "date", "EMAIL_ADDRESS": "email", "IBAN_CODE": "iban",
	"IP_ADDRESS": "ip", "MAC_ADDRESS": "mac", "LOCATION": "address", "PERSON": "person", "PHONE_NUMBER": "phone", "MEDICAL_LICENSE": "medical_id",
	"URL": "url", "ZIP": "postcode", "ZIP_CODE": "postcode", "AGE": "age", "US_BANK_NUMBER": "bank_account", "US_DRIVER_LICENSE": "drivers_license",
	"US_ITIN": "tax_id", "US_MBI": "medical_id", "US_NPI": "medical_id", "US_PASSPORT": "passport", "US_SSN": "ssn", "ABA_ROUTING_NUMBER": "routing_number",
	"UK_NHS": "medical_id", "UK_NINO": "national_id", "UK_PASSPORT": "passport", "UK_POSTCODE": "postcode", "UK_VEHICLE_REGISTRATION": "vehicle",
	"ES_NIF": "national_id", "ES_NIE": "national_id", "IT_FISCAL_CODE": "tax_id", "IT_DRIVER_LICENSE": "drivers_license", "IT_VAT_CODE": "tax_id",
	"IT_PASSPORT": "passport", "IT_IDENTITY_CARD": "national_id", "PL_PESEL": "national_id", "SG_NRIC_FIN": "national_id", "SG_UEN": "tax_id",
	"AU_ABN": "tax_id", "AU_ACN": "tax_id", "AU_TFN": "tax_id", "AU_MEDICARE": "medical_id", "IN_PAN": "tax_id", "IN_AADHAAR": "national_id",
	"IN_VEHICLE_REGISTRATION": "vehicle", "IN_VOTER": "national_id", "IN_PASSPORT": "passport", "IN_GSTIN": "tax_id",
	"FI_PERSONAL_IDENTITY_CODE": "national_id", "KR_RRN": "national_id", "KR_FRN": "national_id", "KR_BRN": "tax_id", "KR_PASSPORT": "passport",
	"KR_DRIVER_LICENSE": "drivers_license", "TH_TNIN": "national_id", "BR_CPF": "tax_id", "BR_CNPJ": "tax_id",
}

// kindOf is the kind of an entity: the built-in one, or its name in lower case.
func kindOf(entity string) string {
	if kind := kinds[strings.ToUpper(entity)]; kind != "" {
		return kind
	}
	if kind := snake(entity); kind != "" {
		return kind
	}
	return "imported"
}

// classEntities are the entities of predefined recognizers whose names do not say
// them.
var classEntities = map[string]string{
	"Iban": "IBAN_CODE", "Ip": "IP_ADDRESS", "Phone": "PHONE_NUMBER", "Email": "EMAIL_ADDRESS", "Date": "DATE_TIME", "Nhs": "UK_NHS",
	"UsBank": "US_BANK_NUMBER", "UsLicense": "US_DRIVER_LICENSE", "SgFin": "SG_NRIC_FIN", "AbaRouting": "ABA_ROUTING_NUMBER", "Spacy": "PERSON",
	"Stanza": "PERSON", "Transformers": "PERSON", "FiPersonalIdentityCode": "FI_PERSONAL_IDENTITY_CODE",
}

// kindOfClass is the kind that a predefined recognizer finds, "" when unknown.
func kindOfClass(name string) string {
	class := strings.TrimSuffix(name, "Recognizer")
	if entity := classEntities[class]; entity != "" {
		return kinds[entity]
	}
	return kinds[strings.ToUpper(snake(class))]
}

// regionOf is a country code in ISO 3166; Presidio writes uk for GB.
func regionOf(country string) string {
	country = strings.ToUpper(country)
	switch {
	case country == "UK":
		return "GB"
	case len(country) == 2 && country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' && country[1] <= 'Z':
		return country
	}
	return ""
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// snake is a name in lower case with underscores: "ZipCode (weak)" is
// zip_code_weak.
func snake(name string) string {
	var split strings.Builder
	previous := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(previous) {
			split.WriteByte('_')
		}
		split.WriteRune(unicode.ToLower(r))
		previous = r
	}
	word := strings.Trim(notWord.ReplaceAllString(split.String(), "_"), "_")
	return word[:min(len(word), 56)]
}

// id makes an id of a recognizer's name that no other rule has.
func (w *importer) id(name string) string {
	base := strings.Trim(strings.ReplaceAll(snake(name), "recognizer", ""), "_")
	if base == "" || base[0] < 'a' || base[0] > 'z' {
		base = "presidio_" + base
	}
	base = strings.TrimRight(base, "_")
	id := base
	for n := 2; w.taken[id]; n++ {
		id = base + "_" + strconv.Itoa(n)
	}
	return id
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// oneLine keeps a name from breaking out of a comment.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return text
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func set(to *yaml.Node, key string, value *yaml.Node) {
	to.Content = append(to.Content, scalar(key), value)
}

func scalar(text string) *yaml.Node {
	var node yaml.Node
	node.SetString(text)
	if _, err := strconv.Atoi(text); err == nil {
		node = yaml.Node{Kind: yaml.ScalarNode, Value: text}
	}
	return &node
}

func number(value float64) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.FormatFloat(value, 'g', 6, 64)}
}

func flow(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: items}
}
