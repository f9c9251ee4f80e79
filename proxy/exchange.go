package proxy

import (
	"net/http"
	"net/url"
	"time"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/media"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/rules"
)

// exchange is one call of a bot on its way to the platform and back.
type exchange struct {
	account  *Account
	rules    *Rulebook // that call and answer are judged by
	path     string    // of the call, without the account's own segment
	method   string    // what the call does, whatever the request's own is
	call     channel.Call
	query    url.Values        // what is left of it beside the parameters
	document *payload.Document // the parameters; nil when the call has none
	carrier  carrier           // that brought them; nil when the call has none
	doubtful []string          // parameters that look like documents and are none
	parts    *parts            // of a multipart body; nil: it is none
	passed   bool              // it was handed to the transport, which closes its body
	send     channel.Send
	record   *record
	started  time.Time
	sent     time.Time   // when it went to the platform
	header   http.Header // of the answer to the bot
	holding  held
	try      attempt  // at the platform
	refused  *Refusal // why the platform's answer was not passed on
	batch    *batch   // the calls that it holds; nil when it is one call

	from     origin // of the call, and of each call in a batch
	file     bool   // it fetches a file
	location string // of the answer: where a file is that it was redirected to

	overridden bool // a parameter named the method

	readings []*media.Reading // files that the extractor has read

	conversation *conversation.Conversation // that the call goes to, where it is needed
	state        conversation.State         // of it, before the call
	made         bool                       // it is as new as the call
	asks         []rules.Ask                // of a call that made it
	words        string                     // of the message, as the bot wrote them
	swapped      *ask                       // the form that took the place of a question
	ends         bool                       // an earlier question is open, which the message may end
}

// own says whose call it is.
func (x *exchange) own(account *Account, p *Proxy) {
	x.account, x.record.account = account, account
	x.record.mode, _, _ = account.mode(p.config.Now)
}

// free gives back what the call's document took, and files that were held. The
// ways on which a file is not passed on to its end are many, and one slot of the
// extractor that is not given back is one less for good.
func (x *exchange) free() {
	for _, reading := range x.readings {
		_ = reading.Close() // memory only
	}
	x.holding.leave()
	if x.parts != nil && x.parts.stream != nil && !x.passed {
		_ = x.parts.stream.Close() // memory only
	}
	if x.document != nil {
		x.document.Free()
	}
	if x.batch != nil {
		for _, i := range x.batch.items {
			i.free()
		}
	}
}
