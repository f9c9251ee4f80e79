package form

// Widgets: how a kind is asked for.
const (
	asLine    = "line"    // one line of text
	asText    = "text"    // several lines
	asDate    = "date"    // day, month and year
	asChoice  = "choice"  // yes or no
	asAddress = "address" // street, town, postcode
)

// spec is how one kind is asked for and judged.
type spec struct {
	widget  string
	kind    string // type of the input; text when empty
	mode    string // inputmode
	fill    string // autocomplete (WCAG 2.2, 1.3.5); off when empty
	format  string // live help, see assets/form.js
	capital string // autocapitalize; off when empty
	width   string // short or middle; full when empty
	longest int    // characters of an input
	secret  bool   // never written into a page
	covered bool   // shown as dots while it is typed
	group   string // fields of one group stand together, in the order of the table
	read    reader
}

// specOf returns the spec of a kind; kinds that rules declare themselves are a
// line of text.
func specOf(kind string) spec {
	if s, ok := specs[kind]; ok {
		return s
	}
	// Nobody knows what it is: it may be a PIN.
	return spec{widget: asLine, longest: 200, secret: true, read: readLine}
}

// groups lists the kinds of each group in the order in which people find them on
// the card or the statement before them.
var groups = map[string][]string{
	"card": {"credit_card", "card_bin", "card_last4", "card_expiry", "cvv"},
	"bank": {"iban", "bank_account", "routing_number"},
}

// specs has every built-in kind and those of lessThanAll. A secret is what opens
// an account or proves who somebody is; what stands on letters and invoices, and
// what takes long to type, is kept after an error.
var specs = map[string]spec{
	"credit_card":    {widget: asLine, mode: "numeric", fill: "cc-number", format: "card", longest: 40, secret: true, group: "card", read: readCard},
	"card_bin":       {widget: asLine, mode: "numeric", width: "short", longest: 12, group: "card", read: readBIN},
	"card_last4":     {widget: asLine, mode: "numeric", width: "short", longest: 10, group: "card", read: readLast4},
	"card_expiry":    {widget: asLine, mode: "numeric", fill: "cc-exp", format: "expiry", width: "half", longest: 12, group: "card", read: readExpiry},
	"cvv":            {widget: asLine, mode: "numeric", width: "half", longest: 8, secret: true, covered: true, group: "card", read: readCVV},
	"iban":           {widget: asLine, format: "iban", capital: "characters", longest: 60, group: "bank", read: readIBAN},
	"bank_account":   {widget: asLine, longest: 50, secret: true, group: "bank", read: readAccount},
	"routing_number": {widget: asLine, capital: "characters", width: "middle", longest: 24, group: "bank", read: readRouting},
	"ssn":            {widget: asLine, mode: "numeric", format: "ssn", width: "middle", longest: 20, secret: true, read: readSSN},
	"ssn_last4":      {widget: asLine, mode: "numeric", width: "short", longest: 10, secret: true, read: readSSNLast4},
	"national_id":    {widget: asLine, capital: "characters", longest: 40, secret: true, read: readIdentifier},
	"tax_id":         {widget: asLine, capital: "characters", longest: 40, secret: true, read: readIdentifier},
	"passport":       {widget: asLine, capital: "characters", longest: 30, secret: true, read: readIdentifier},
	"drivers_license": {
		widget: asLine, capital: "characters", longest: 40, secret: true, read: readIdentifier,
	},
	"medical_id":  {widget: asLine, capital: "characters", longest: 40, secret: true, read: readIdentifier},
	"health":      {widget: asText, capital: "sentences", longest: 2000, read: readText},
	"person":      {widget: asLine, fill: "name", capital: "words", longest: 120, read: readName},
	"address":     {widget: asAddress, capital: "words", longest: 200, read: readAddress},
	"postcode":    {widget: asLine, fill: "postal-code", capital: "characters", width: "short", longest: 16, read: readPostcode},
	"dob":         {widget: asDate, fill: "bday", longest: 12, read: readBirth},
	"over_18":     {widget: asChoice, read: readChoice},
	"date":        {widget: asDate, longest: 12, read: readDate},
	"age":         {widget: asLine, mode: "numeric", width: "short", longest: 6, read: readAge},
	"email":       {widget: asLine, kind: "email", mode: "email", fill: "email", longest: 320, read: readEmail},
	"phone":       {widget: asLine, kind: "tel", mode: "tel", fill: "tel", longest: 40, read: readPhone},
	"ip":          {widget: asLine, width: "middle", longest: 60, read: readIP},
	"mac":         {widget: asLine, width: "middle", longest: 30, read: readMAC},
	"url":         {widget: asLine, kind: "url", mode: "url", fill: "url", longest: 2000, read: readURL},
	"geo":         {widget: asLine, longest: 60, read: readPlace},
	"crypto":      {widget: asLine, longest: 120, read: readCrypto},
	"password":    {widget: asLine, kind: "password", longest: 256, secret: true, covered: true, read: readPassword},
	"otp":         {widget: asLine, mode: "numeric", fill: "one-time-code", width: "middle", longest: 20, secret: true, read: readOTP},
	"secret":      {widget: asText, longest: 4000, secret: true, read: readSecret},
	"account_ref": {widget: asLine, longest: 60, read: readReference},
	"vehicle":     {widget: asLine, capital: "characters", width: "middle", longest: 30, read: readReference},
	"imei":        {widget: asLine, mode: "numeric", longest: 40, read: readIMEI},
	"username":    {widget: asLine, fill: "username", longest: 100, read: readReference},
}
