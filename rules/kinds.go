package rules

import "slices"

// builtinKinds are the kinds of the contract, in its order.
var builtinKinds = []string{
	"credit_card", "card_expiry", "cvv", "card_last4", "iban", "bank_account", "routing_number", "ssn",
	"ssn_last4", "national_id", "tax_id", "passport", "drivers_license", "medical_id", "health", "person",
	"address", "postcode", "dob", "date", "age", "email", "phone", "ip", "mac", "url", "geo", "crypto",
	"password", "otp", "secret", "account_ref", "vehicle", "imei", "username",
}

// BuiltinKinds returns the kinds that piiproxy names itself, whether or not a
// loaded rule finds them. A rule may declare others.
func BuiltinKinds() []string { return slices.Clone(builtinKinds) }
