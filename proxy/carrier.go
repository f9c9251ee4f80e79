package proxy

import (
	"net/http"

	"github.com/piiproxy/piiproxy/payload"
)

// carrier is what brings the parameters of a call: a body, a query, or both.
type carrier interface {
	// put writes the judged parameters back into the request. Whatever carries none
	// of them stays as it is.
	put(r *http.Request, parameters *payload.Document) *Refusal
}

// put writes what judge left of the parameters into the request.
func (x *exchange) put(r *http.Request) *Refusal {
	if x.carrier == nil {
		return nil
	}
	x.record.bytesOut = len(x.document.Raw)
	return x.carrier.put(r, x.document)
}

// jsonBody is a body whose members are the parameters.
type jsonBody struct{}

// put implements carrier.
func (jsonBody) put(r *http.Request, parameters *payload.Document) *Refusal {
	setBody(r, parameters.Raw)
	return nil
}
