package config

import (
	"strconv"
	"strings"
	"time"
)

// Limits bound what one message may cost. The defaults are far above what
// Meta sends and far below what hurts.
type Limits struct {
	Bodies     Bodies        `yaml:"bodies" doc:"bodies"`
	Server     Server        `yaml:"server" doc:"connections that come in"`
	Upstream   Upstream      `yaml:"upstream" doc:"calls to the platform"`
	BotTimeout time.Duration `yaml:"bot_timeout" doc:"how long the bot may take for a webhook; the platform gives up after 20s"`
	Outbox     Outbox        `yaml:"outbox" doc:"deliveries that wait for the bot"`
	Arm        Arm           `yaml:"arm" doc:"how long a question of the bot stays open"`
	Hold       Hold          `yaml:"hold" doc:"how long the rest of a value that comes in pieces is waited for"`
	Links      Links         `yaml:"links" doc:"links to secure forms"`
	Admission  Admission     `yaml:"admission" doc:"how much is done at once; what is over it is turned away"`
	Rates      Rates         `yaml:"rates" doc:"how often, by each instance"`
	Circuit    Circuit       `yaml:"circuit" doc:"when a bot or the platform that does not answer is not asked for a while"`
}

// Admission bounds what is done at once on the two listeners that carry
// messages. Forms, admin and ops never wait behind them.
type Admission struct {
	Calls      int           `yaml:"calls" doc:"calls of bots at once"`
	Webhooks   int           `yaml:"webhooks" doc:"webhooks at once"`
	PerAccount int           `yaml:"per_account" doc:"of one account at once, in each direction"`
	Queue      int           `yaml:"queue" doc:"that wait for one of those to end, in each direction"`
	Wait       time.Duration `yaml:"wait" doc:"how long they wait"`
	Held       Size          `yaml:"held" doc:"bytes of bodies that are held at once, in each direction"`
}

// Rates bound how often something is done. What is over one of them is refused
// and may come again. A rate that is not set is no limit: none fits a page with ten
// people and one with a million.
type Rates struct {
	Calls    Rate `yaml:"calls" doc:"calls of one account's bot"`
	Webhooks Rate `yaml:"webhooks" doc:"webhooks of one account"`
	Person   Rate `yaml:"person" doc:"calls that send to one person"`
}

// Circuit bounds how often a peer is asked that does not answer.
type Circuit struct {
	Failures int           `yaml:"failures" doc:"requests without an answer, one after the other, until it is asked no more"`
	Open     time.Duration `yaml:"open" doc:"until one request tries it again"`
	Longest  time.Duration `yaml:"longest" doc:"the same, when it still does not answer: twice as long each time, up to this"`
}

// Arm bounds for how long the answer to a question is expected.
type Arm struct {
	Turns int           `yaml:"turns" doc:"messages of the person"`
	Time  time.Duration `yaml:"time" doc:"from the question"`
}

// Hold bounds how long a part of a value is kept back.
type Hold struct {
	Unarmed time.Duration `yaml:"unarmed" doc:"when the bot asked for nothing; 0s: nothing is"`
	Armed   time.Duration `yaml:"armed" doc:"when the bot asked for it; 0s: nothing is"`
}

// Links bounds the links to secure forms.
type Links struct {
	Unopened  time.Duration `yaml:"unopened" doc:"until a link that nobody used expires"`
	Tried     time.Duration `yaml:"tried" doc:"from the first try to fill the form in until it expires"`
	Tries     int           `yaml:"tries" doc:"tries to fill one form in"`
	PerPerson int           `yaml:"per_person" doc:"open links of one person"`
}

// Bodies bounds what is read. Depth and counts are those of strict JSON
// parsing, so a body over one of them is refused, never cut.
type Bodies struct {
	Inspected    Size `yaml:"inspected" doc:"bytes of a body that is scanned"`
	Media        Size `yaml:"media" doc:"bytes of a file that is streamed through"`
	Unpacked     Size `yaml:"unpacked" doc:"bytes of a compressed body, or of an answer, once it is unpacked"`
	Ratio        int  `yaml:"ratio" doc:"unpacked bytes for each compressed one"`
	JSONDepth    int  `yaml:"json_depth" doc:"levels of nesting"`
	Strings      int  `yaml:"strings" doc:"strings in one body"`
	String       Size `yaml:"string" doc:"bytes of one string"`
	NumberDigits int  `yaml:"number_digits" doc:"characters of one number"`
	Values       int  `yaml:"values" doc:"values of any kind in one body; each costs 64 bytes of memory"`
	FormFields   int  `yaml:"form_fields" doc:"fields of a form"`
	Parts        int  `yaml:"parts" doc:"parts of a multipart body"`
	PartHeader   Size `yaml:"part_header" doc:"bytes of the head of one part"`
	BatchItems   int  `yaml:"batch_items" doc:"calls in a batch; the platform takes 50"`
}

// Server bounds the listeners.
type Server struct {
	HeaderTimeout  time.Duration `yaml:"header_timeout" doc:"to read the request head"`
	ReadTimeout    time.Duration `yaml:"read_timeout" doc:"to read the whole request"`
	WriteTimeout   time.Duration `yaml:"write_timeout" doc:"from the end of the head to the end of the answer; longer than upstream.total_timeout"`
	IdleTimeout    time.Duration `yaml:"idle_timeout" doc:"until an idle connection is closed"`
	MaxHeaderBytes Size          `yaml:"max_header_bytes" doc:"bytes of the request head"`
	Headers        int           `yaml:"headers" doc:"header lines of a request"`
	URL            Size          `yaml:"url" doc:"bytes of the request target"`
	HTTP2Streams   int           `yaml:"http2_streams" doc:"requests at once on one HTTP/2 connection"`
	Tunnels        int           `yaml:"tunnels" doc:"connections at once through listen.forward"`
}

// Upstream bounds calls to the platform.
type Upstream struct {
	DialTimeout   time.Duration `yaml:"dial_timeout" doc:"to connect"`
	TLSTimeout    time.Duration `yaml:"tls_timeout" doc:"for the TLS handshake"`
	HeaderTimeout time.Duration `yaml:"header_timeout" doc:"until the answer begins"`
	TotalTimeout  time.Duration `yaml:"total_timeout" doc:"until the answer has ended"`
}

// Outbox bounds what waits for a bot that is down, per account.
type Outbox struct {
	Bytes Size          `yaml:"bytes" doc:"sealed bytes that may wait; over it the platform gets 503 and retries"`
	Age   time.Duration `yaml:"age" doc:"how long a delivery may wait before it goes to quarantine"`
}

// Size is a number of bytes: in YAML a number, or one with B, KiB, MiB or GiB.
type Size int64

const (
	kib Size = 1 << 10
	mib Size = 1 << 20
	gib Size = 1 << 30
)

// sizeUnits has B last, because the others end with it too.
var sizeUnits = []struct {
	name string
	size Size
}{{"KiB", kib}, {"MiB", mib}, {"GiB", gib}, {"B", 1}}

// DefaultLimits are the limits of a configuration that sets none.
func DefaultLimits() Limits {
	return Limits{
		Bodies: Bodies{
			Inspected: 4 * mib, Media: 100 * mib, Unpacked: 8 * mib, Ratio: 100,
			JSONDepth: 64, Strings: 10_000, String: mib, NumberDigits: 64, Values: 250_000,
			FormFields: 1_000, Parts: 100, PartHeader: 8 * kib, BatchItems: 50,
		},
		Server: Server{
			HeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
			WriteTimeout: 65 * time.Second, IdleTimeout: 75 * time.Second,
			MaxHeaderBytes: 32 * kib, Headers: 100, URL: 8 * kib, HTTP2Streams: 100, Tunnels: 1000,
		},
		Upstream: Upstream{
			DialTimeout: 5 * time.Second, TLSTimeout: 5 * time.Second,
			HeaderTimeout: 30 * time.Second, TotalTimeout: 60 * time.Second,
		},
		BotTimeout: 18 * time.Second,
		Outbox:     Outbox{Bytes: 256 * mib, Age: 24 * time.Hour},
		Arm:        Arm{Turns: 3, Time: 30 * time.Minute},
		Hold:       Hold{Unarmed: 2 * time.Second, Armed: 20 * time.Second},
		Links:      Links{Unopened: time.Hour, Tried: 15 * time.Minute, Tries: 5, PerPerson: 5},
		Admission: Admission{
			Calls: 1024, Webhooks: 1024, PerAccount: 512, Queue: 256, Wait: 100 * time.Millisecond, Held: 256 * mib,
		},
		Circuit: Circuit{Failures: 5, Open: 5 * time.Second, Longest: 30 * time.Second},
	}
}

// parseSize reads a whole number of bytes, KiB, MiB or GiB.
func parseSize(text string) (Size, error) {
	unit := Size(1)
	for _, known := range sizeUnits {
		if number, ok := strings.CutSuffix(text, known.name); ok {
			text, unit = strings.TrimSpace(number), known.size
			break
		}
	}
	number, err := strconv.ParseInt(text, 10, 32)
	return Size(number) * unit, err
}
