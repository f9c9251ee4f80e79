// Package channel knows the three messaging channels: what each JSON path of a
// webhook, a call or an answer is, whose conversation it belongs to, whether a
// delivery is signed, and what messages of our own look like: the button that
// takes the place of a prompt, and the delivery that resumes a conversation.
//
// It promises never to guess. A string that no line of paths.tsv names is
// Unlisted, a recipient that is not certainly one person is nobody, and a header
// that is not exactly one well-formed signature does not verify. Nothing in here
// changes a document in place, and no error holds any part of one.
//
// The knowledge about paths is in paths.tsv; the code only reads it. Limits and
// forms of messages are in docs/swap.md.
package channel

import "sync"

// Name is the name of a channel as configuration writes it.
type Name string

// The channels. Messenger and Instagram share their paths.
const (
	Messenger Name = "messenger"
	Instagram Name = "instagram"
	WhatsApp  Name = "whatsapp"
)

// Class says what may be done with the value at a path.
type Class uint8

// The classes, from paths.tsv. Numbers are looked up like strings.
const (
	Unlisted   Class = iota // no line names it: scanned, edited only where a validator passed
	Free                    // people's words: scanned and edited
	Structural              // never touched, not even looked into
	Routing                 // an id that is personal data: never touched, never logged
	URL                     // a link, left as it is
	Opaque                  // encrypted or binary: cannot be read
	Personal                // personal data by definition, of the kind Step.Kind names
	Report                  // an opaque string of the developer: scanned, reported, never altered
	Copy                    // a quick reply's payload: edited iff it equals message.text and that was edited
	Parameter               // text of a template parameter: see Channel.Parameter
)

// String returns the name of the class in lower case, as logs and tools show it.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "invalid"
}

var classNames = [...]string{
	Unlisted: "unlisted", Free: "free", Structural: "structural", Routing: "routing", URL: "url",
	Opaque: "opaque", Personal: "personal", Report: "report", Copy: "copy", Parameter: "parameter",
}

// Channel is one of the three channels. It holds nothing of any message and may
// be used by any number of goroutines.
type Channel struct {
	name    Name
	object  string // the envelope's "object" in webhooks
	user    string // prefix of the aliases of its users
	webhook *Table
	request *Table
	answer  *Table
}

// channels are compiled from paths.tsv on first use, which takes some
// milliseconds, and never written to again.
var channels = sync.OnceValue(loadChannels)

// ByName returns the channel that configuration calls n.
func ByName(n string) (*Channel, bool) {
	for _, c := range channels() {
		if string(c.name) == n {
			return c, true
		}
	}
	return nil, false
}

// ByObject returns the channel whose webhooks carry object: page, instagram or
// whatsapp_business_account.
func ByObject(object string) (*Channel, bool) {
	for _, c := range channels() {
		if c.object == object {
			return c, true
		}
	}
	return nil, false
}

// Name returns the channel's name.
func (c *Channel) Name() Name { return c.name }

// Object returns what webhooks of the channel carry as "object".
func (c *Channel) Object() string { return c.object }

// Webhook returns the paths of webhook deliveries.
func (c *Channel) Webhook() *Table { return c.webhook }

// Request returns the paths of calls that the bot makes. Fields of a form or a
// query are looked up like members of the root.
func (c *Channel) Request() *Table { return c.request }

// Response returns the paths of the platform's answers.
func (c *Channel) Response() *Table { return c.answer }

func loadChannels() []*Channel {
	tables := loadTables()
	facebook := func(name Name, object, user string) *Channel {
		return &Channel{name, object, user, tables["fb webhook"], tables["fb request"], tables["fb response"]}
	}
	return []*Channel{
		facebook(Messenger, "page", "psid:"),
		facebook(Instagram, "instagram", "igsid:"),
		{
			WhatsApp, "whatsapp_business_account", "wa:",
			tables["wa webhook"], tables["wa request"], tables["wa response"],
		},
	}
}
