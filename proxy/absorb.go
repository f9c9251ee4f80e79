package proxy

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/piiproxy/piiproxy/channel"
)

// reasonAbsorbed is the reason of a call that the platform has no part in.
const reasonAbsorbed = "absorbed"

// absorb looks for messages of ours that a call refers to: the bot got them from
// piiproxy, and the platform knows none of them. A call that does nothing else
// has an answer of ours; a reply loses the quotation and goes on as a message.
func (p *Proxy) absorb(x *exchange) (answer []byte, refused *Refusal) {
	references := x.account.Channel.References(x.document, x.call)
	ours := func(r channel.Reference) bool { return p.ours(x.account, r.ID) }
	whole := func(r channel.Reference) bool { return r.Kind != channel.RefersReply && ours(r) }
	if slices.ContainsFunc(references, whole) {
		return p.absorbed(x), nil
	}
	if !slices.ContainsFunc(references, ours) {
		return nil, nil
	}
	raw, err := x.account.Channel.Detach(x.document, func(id string) bool { return p.ours(x.account, id) })
	if err != nil {
		return nil, &refuseInternal
	}
	document, err := p.edited(raw)
	if err != nil {
		return nil, &refuseInternal
	}
	x.document.Free()
	x.document = document
	return nil, nil
}

// absorbed is what the platform would have said.
func (p *Proxy) absorbed(x *exchange) []byte {
	var derived [16]byte
	copy(derived[:], p.config.Records.Keys.PRF("reaction of ours", x.record.trace, strconv.Itoa(x.record.item)))
	x.record.reason, x.record.status = reasonAbsorbed, http.StatusOK
	return x.account.Channel.AbsorbedAnswer(x.call, x.document, x.account.Channel.MessageID(derived, p.messageTag(x.account, derived)))
}

// answerOurs gives the bot an answer of ours that is no error.
func answerOurs(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the bot may be gone
}
