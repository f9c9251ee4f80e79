package config

import "time"

// Policy says what is done with each kind. Every table has the key
// "default" for kinds that it does not name. A table that a policy leaves
// out is the built-in one's; a table that it writes replaces the built-in
// one's whole, because a table is read best alone.
type Policy struct {
	Inbound  map[string]string `yaml:"inbound" oneof:"allow,report,mask,tokenize,redact,generalize,block" doc:"toward the bot"`
	Outbound map[string]string `yaml:"outbound" oneof:"allow,report,mask,redact,generalize,block" doc:"toward the platform"`
	Tokens   map[string]string `yaml:"tokens" oneof:"restore,mask,redact,generalize,block" doc:"tokens that the bot sends into their own conversation"`
	Prompts  map[string]string `yaml:"prompts" oneof:"capture,arm,report,allow" doc:"when the bot asks for the kind"`
	Format   map[string]string `yaml:"format" oneof:"word,like" doc:"what a token of the kind looks like: a word, or a value that passes a bot's own checks"`
	Need     map[string]string `yaml:"need" oneof:"full,last4,bin,over_18,zip" doc:"how much of a kind a form asks for and keeps"`
	Media    Media             `yaml:"media" doc:"pictures, recordings and files"`

	Lifetimes     map[string]time.Duration `yaml:"lifetimes" doc:"how long a value of the kind is kept; cvv and otp 15m at most, in memory"`
	LifetimesFrom string                   `yaml:"lifetimes_from" oneof:"use,creation" doc:"whether a value that comes again is kept for a whole lifetime again"`
	Destroy       Destroy                  `yaml:"destroy" doc:"when all that is kept of a conversation ends by itself, and what is left"`
	TokenCodes    string                   `yaml:"token_codes" oneof:"derived,random" doc:"whether a token is computed from its value or drawn (HIPAA)"`

	Templates string   `yaml:"templates" oneof:"report,refuse" doc:"approved templates that ask for a kind to be captured: they cannot be changed"`
	Unfilled  string   `yaml:"unfilled" doc:"what the bot gets as the person's message when a form was not filled in; nothing when absent"`
	Notice    string   `yaml:"notice" oneof:"off,conversation,risky,both" doc:"when the person gets a privacy notice, once in 24 hours"`
	Erasure   Forget   `yaml:"erasure" doc:"messages with which a person has everything about them erased"`
	Warn      []string `yaml:"warn" doc:"kinds about which a person who types one unasked is warned, once a day"`
}

// Destroy ends a conversation after its last message.
type Destroy struct {
	After      time.Duration `yaml:"after" doc:"how long after the last message; a day later at most"`
	Transcript time.Duration `yaml:"transcript" doc:"how long a signed list of its tokens, times and messages stays, without values; none when absent"`
}

// Media has one table per direction; its keys are image, audio, video, file,
// sticker and default.
type Media struct {
	Inbound  map[string]string `yaml:"inbound" oneof:"pass,block,capture" doc:"toward the bot; capture blocks, and offers the person a form for what the bot asked"`
	Outbound map[string]string `yaml:"outbound" oneof:"pass,block" doc:"toward the platform"`
	URLs     string            `yaml:"urls" oneof:"proxy,platform" doc:"proxy: the bot fetches files through piiproxy; platform: their URLs stay, and policy does not see the files"`
	Metadata string            `yaml:"metadata" oneof:"strip,keep" doc:"what JPEG, PNG and WebP pictures say beside the picture: where, when and by whom it was taken"`
}

// DefaultPolicyName is the policy of accounts that name none.
const DefaultPolicyName = "default"

// BuiltinPolicy is the policy named "default" where the configuration does
// not write its own: the one that docs and design print. Each call returns
// fresh maps.
func BuiltinPolicy() Policy {
	return Policy{
		Inbound: map[string]string{
			"otp": "allow", "person": "allow", "account_ref": "allow", "url": "report", "age": "report",
			"geo": "report", "username": "report", "date": "report", "default": "tokenize",
		},
		Outbound: map[string]string{
			"person": "allow", "account_ref": "allow", "url": "allow", "age": "allow",
			"geo": "allow", "username": "allow", "date": "allow", "default": "mask",
		},
		Tokens: map[string]string{
			"email": "restore", "phone": "restore", "person": "restore", "address": "restore", "default": "mask",
		},
		Prompts: map[string]string{
			"credit_card": "capture", "card_expiry": "capture", "cvv": "capture", "iban": "capture",
			"bank_account": "capture", "routing_number": "capture", "ssn": "capture", "national_id": "capture",
			"tax_id": "capture", "passport": "capture", "password": "capture", "default": "arm",
		},
		Format: map[string]string{"default": "word"}, Need: map[string]string{"credit_card": "full"}, Templates: "report", Notice: "off", Warn: []string{}, Erasure: Forget{Phrases: []string{}, Confirm: "again"},
		Lifetimes: map[string]time.Duration{"default": 30 * 24 * time.Hour}, LifetimesFrom: "use", TokenCodes: "derived",
		Media: Media{
			URLs:     "proxy",
			Inbound:  map[string]string{"default": "pass"},
			Outbound: map[string]string{"default": "pass"},
			Metadata: "strip",
		},
	}
}

// table is one table of a policy with the built-in one that stands behind it.
type table struct {
	key     string // "inbound", "media.outbound"
	entries map[string]string
	builtin map[string]string
}

// tables lists all seven tables, those with kinds as keys first.
func (p Policy) tables(builtin Policy) []table {
	return append(p.kindTables(builtin),
		table{"media.inbound", p.Media.Inbound, builtin.Media.Inbound},
		table{"media.outbound", p.Media.Outbound, builtin.Media.Outbound})
}

func (p Policy) kindTables(builtin Policy) []table {
	return []table{
		{"inbound", p.Inbound, builtin.Inbound},
		{"outbound", p.Outbound, builtin.Outbound},
		{"tokens", p.Tokens, builtin.Tokens},
		{"prompts", p.Prompts, builtin.Prompts},
		{"format", p.Format, builtin.Format},
	}
}
