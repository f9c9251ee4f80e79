// Package config reads the configuration of piiproxy and promises three
// things: a file that is not understood in full is not used at all, every
// complaint is made at once with its line, and no secret can be printed.
//
// Read decodes the YAML over the defaults, Load does the same and turns
// complaints into an error. A Config is read-only from then on. Secrets and
// certificates are the exception that the outside sees: their files are read
// again when they change.
package config

import (
	"net/netip"
)

// Config is the whole file. Its keys are a contract (people script against
// them), which is why this one struct has a field for each.
type Config struct {
	Listen         Listen            `yaml:"listen" doc:"the addresses piiproxy listens on"`
	PublicURL      string            `yaml:"public_url" expand:"yes" doc:"how the platform and people reach listen.public from outside; https"`
	TrustedProxies []netip.Prefix    `yaml:"trusted_proxies" doc:"networks whose X-Forwarded-For is believed"`
	Apps           []App             `yaml:"apps" doc:"Meta apps: a webhook and its secrets each"`
	Accounts       []Account         `yaml:"accounts" doc:"pages, Instagram accounts and phone numbers, each with its bot"`
	Callers        []Caller          `yaml:"callers" doc:"machines that may call the admin API, each with a token; none by default"`
	Fetch          Fetch             `yaml:"fetch" doc:"pages of answers and files of the platform, which the bot fetches by their URLs"`
	Routes         []Route           `yaml:"routes" doc:"APIs that the bot reaches through piiproxy, which puts values in the place of tokens there; none by default"`
	Rules          []string          `yaml:"rules" doc:"rule packs (builtin, builtin/cards, …) and paths of rule files"`
	Overrides      []Override        `yaml:"overrides" doc:"changes to single rules by id"`
	Policies       map[string]Policy `yaml:"policies" doc:"what is done with each kind of personal data"`
	Extractor      Extractor         `yaml:"extractor" doc:"a program that reads files which the rules cannot read; none by default"`
	Store          Store             `yaml:"store" doc:"where sealed records are kept"`
	Keys           Keys              `yaml:"keys" doc:"where the key set is kept"`
	Erasure        Erasure           `yaml:"erasure" doc:"what stays of people who were erased, and who may ask for it"`
	Audit          Audit             `yaml:"audit" doc:"the record of who did or decided what"`
	Log            Log               `yaml:"log" doc:"the log"`
	Limits         Limits            `yaml:"limits" doc:"how big, how deep, how long"`

	file     string
	lines    map[string]int // key path -> line, for complaints made after decoding
	warnings []Complaint
}

// File is the path that the configuration was read from.
func (c *Config) File() string { return c.file }

// Warnings are the complaints that do not keep piiproxy from running, in the
// order of the file.
func (c *Config) Warnings() []Complaint { return c.warnings }

// Listen holds the listeners. They are apart because their callers are: the
// platform and people, the bot, operators, machines that watch, and bots that
// only honour HTTPS_PROXY.
type Listen struct {
	Public  Endpoint `yaml:"public" doc:"webhooks from the platform, capture pages"`
	Bot     Endpoint `yaml:"bot" doc:"the bot's API base URL"`
	Admin   Endpoint `yaml:"admin" doc:"console and admin API"`
	Ops     Endpoint `yaml:"ops" doc:"/healthz /readyz /metrics"`
	Forward Forward  `yaml:"forward" doc:"a proxy for bots whose base URL is fixed and that honour HTTPS_PROXY; off by default"`
}

// Endpoint is one listener. In YAML it is an address, or {addr, tls}.
type Endpoint struct {
	Addr string `yaml:"addr" expand:"yes" doc:"host:port, or :port for every interface"`
	TLS  TLS    `yaml:"tls" doc:"serve TLS with this certificate"`

	// URL is what URLs that the bot gets begin with.
	URL string `yaml:"url" expand:"yes" doc:"for bot: how the bot reaches it, in URLs of pages and files; absent: answers lead to where the bot called, webhooks to addr"`
	// Hosts are beside IP addresses, localhost and the host in Addr.
	Hosts []string `yaml:"hosts" doc:"for admin: further names by which it is called; requests under any other are refused"`
}

// TLS names the files of a listener's certificate. The zero value means
// plain HTTP. They are read again when they change (see Certificate).
type TLS struct {
	Cert     string `yaml:"cert" expand:"yes" path:"yes" doc:"certificate chain, PEM"`
	Key      string `yaml:"key" expand:"yes" path:"yes" doc:"private key, PEM, readable by its owner only"`
	ClientCA string `yaml:"client_ca" expand:"yes" path:"yes" doc:"clients must show a certificate of one of these authorities, PEM"`

	// CA and Names are for the bot listener alone; see docs/roads.md.
	CA    string   `yaml:"ca" expand:"yes" path:"yes" doc:"for bot, instead of cert and key: folder made by piiproxy ca init, for bots that reach piiproxy under the platform's names"`
	Names []string `yaml:"names" doc:"for bot, with ca: the names; connections to any other are refused; all of the CA's when absent"`
}

// On reports whether the listener serves TLS.
func (t TLS) On() bool { return t.Cert != "" || t.Key != "" || t.ClientCA != "" || t.CA != "" }

// App is an app at Meta: its webhook is /webhook/NAME.
type App struct {
	Name        string   `yaml:"name" required:"yes" doc:"the last part of the webhook: /webhook/NAME"`
	AppSecret   Secrets  `yaml:"app_secret" required:"yes" doc:"the app's secret; of a list the first signs and all verify"`
	VerifyToken Secret   `yaml:"verify_token" required:"yes" doc:"what the platform must present in the webhook handshake"`
	AllowSHA1   []string `yaml:"allow_sha1" oneof:"messenger,instagram,whatsapp" doc:"channels whose webhooks may carry only the old X-Hub-Signature; none by default"`
}

// Account is a page, an Instagram account or a phone number, and its bot.
// Its keys up to own are the contract's.
type Account struct {
	Name        string   `yaml:"name" required:"yes" doc:"used in logs and as the path prefix /NAME/ on the bot listener"`
	App         string   `yaml:"app" required:"yes" doc:"name of one of apps"`
	Channel     string   `yaml:"channel" required:"yes" oneof:"messenger,instagram,whatsapp" doc:"which platform"`
	ID          string   `yaml:"id" expand:"yes" doc:"page, Instagram or phone-number id; may be left out where the app has one account of the channel"`
	BusinessID  string   `yaml:"business_id" expand:"yes" doc:"WhatsApp business account (WABA) id"`
	AccessToken Secret   `yaml:"access_token" doc:"for what piiproxy itself sends, and one way to find the account"`
	Host        string   `yaml:"host" expand:"yes" doc:"Host header that finds the account on the bot listener"`
	BotURL      string   `yaml:"bot_url" required:"yes" expand:"yes" doc:"the bot's webhook"`
	BotSecret   Secret   `yaml:"bot_secret" doc:"signs what the bot receives; the app's first secret when absent"`
	GraphURL    string   `yaml:"graph_url" expand:"yes" doc:"the platform's API; https, or http on loopback"`
	Regions     []string `yaml:"regions" doc:"ISO 3166-1 countries; the first is the default for phone numbers; rules of other regions stay off"`
	Languages   []string `yaml:"languages" doc:"ISO 639-1 languages of prompts and phrases"`
	Policy      string   `yaml:"policy" doc:"name of one of policies"`
	Mode        string   `yaml:"mode" oneof:"enforce,shadow,off" doc:"enforce changes messages, shadow only logs what it would do, off does not scan"`
	Delivery    string   `yaml:"delivery" oneof:"direct,spool" doc:"direct hands the bot's status to the platform, spool seals, acknowledges and queues"`
	Own         Own      `yaml:"own" doc:"the account's own numbers and addresses, never findings in what it sends"`
	Form        Form     `yaml:"form" doc:"the secure form that people get in the place of a question for personal data"`
}

// Own lists what belongs to the account itself, such as its hotline. After
// Load, Values and Patterns also hold the lines of File.
type Own struct {
	Values   []string `yaml:"values" doc:"exact values"`
	Patterns []string `yaml:"patterns" doc:"values with * for any characters and ? for one"`
	File     string   `yaml:"file" expand:"yes" path:"yes" doc:"one value or pattern a line, # starts a comment"`
}

// Override changes a rule that the configuration does not own.
type Override struct {
	ID        string  `yaml:"id" required:"yes" doc:"the rule"`
	Mode      string  `yaml:"mode" oneof:"enforce,shadow,off" doc:"as in the rule"`
	Threshold float64 `yaml:"threshold" doc:"score from which the rule finds, over 0 and up to 1; the rule's own when absent"`
}

// Store says where sealed records are kept.
type Store struct {
	Driver  string `yaml:"driver" oneof:"bolt,postgres" doc:"bolt: one file, one instance; postgres: a database, any number of instances"`
	Path    string `yaml:"path" expand:"yes" path:"yes" doc:"bolt: the file"`
	URL     Secret `yaml:"url" doc:"postgres: the connection URL; a secret because it holds a password"`
	KeysURL Secret `yaml:"keys_url" doc:"postgres: a database of its own for conversations' keys, with its own backup; store.url's when absent"`
}

// Keys says where the key set is kept: never beside a backup of the store.
type Keys struct {
	Path string `yaml:"path" expand:"yes" path:"yes" doc:"folder made by piiproxy keys init"`
	KEK  KEK    `yaml:"kek" doc:"what encrypts the key set: exactly one of file, env, command and vault; the file kek in keys.path when absent"`
}

// Log sets the log, which goes to standard output.
type Log struct {
	Level  string `yaml:"level" oneof:"debug,info,warn,error" doc:"no level ever shows message text"`
	Format string `yaml:"format" oneof:"json,text" doc:"json: one object a line; text: for people"`
}
