package proxy

import (
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
)

// register rewrites calls that register a webhook to piiproxy's own address,
// or refuses them: a bot must not undo the proxy by itself.
// A call that sends a message registers nothing, whatever its text says.
func (p *Proxy) register(x *exchange) *Refusal {
	if x.call.Kind == channel.CallSend {
		return nil
	}
	fields := channel.Registration(x.document)
	if len(fields) == 0 {
		return nil
	}
	if p.config.PublicURL == "" {
		return &refuseRegister
	}
	edits := make([]payload.Edit, 0, len(fields))
	for _, node := range fields {
		by, ok := p.registered(x, node)
		if !ok {
			return &refuseRegister
		}
		edits = append(edits, payload.Edit{
			Codecs: []payload.Codec{x.document.Scope(node)}, End: len(x.document.Text(node)), Text: by,
		})
	}
	raw, err := payload.Splice(x.document.Raw, edits)
	if err != nil {
		return &refuseRegister
	}
	document, err := p.edited(raw)
	if err != nil {
		return &refuseRegister
	}
	x.document = document
	x.record.event, x.record.reason = "registration_rewritten", "registration_rewritten"
	return nil
}

// registered is what a field of a registration becomes. False: the field is no
// string, or hides a registration in a document of its own.
func (p *Proxy) registered(x *exchange, node int) (string, bool) {
	if x.document.Nodes[node].Kind != payload.String {
		return "", false
	}
	switch x.document.Name(node) {
	case "callback_url", "override_callback_uri":
		return p.config.PublicURL + "/webhook/" + x.account.App.Name, true
	case "verify_token":
		return x.account.App.VerifyToken(), true
	}
	return "", false
}
