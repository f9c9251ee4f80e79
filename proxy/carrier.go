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
	if refused := x.carrier.put(r, x.document); refused != nil {
		return refused
	}
	x.record.bytesOut = int(max(r.ContentLength, 0))
	return nil
}

// jsonBody is a body whose members are the parameters.
type jsonBody struct{}

// put implements carrier.
func (jsonBody) put(r *http.Request, parameters *payload.Document) *Refusal {
	setBody(r, parameters.Raw)
	return nil
}

// fields are parameters that stand in a form, in a query, or in a body of either
// kind and a query.
type fields struct {
	parameters *payload.Parameters
	body       []byte // nil: there is none
}

// put implements carrier.
func (f *fields) put(r *http.Request, parameters *payload.Document) *Refusal {
	edits, err := f.parameters.Edits(parameters.Raw)
	if err != nil {
		return &refuseInternal
	}
	if f.body != nil {
		body, err := payload.Splice(f.body, edits[0])
		if err != nil {
			return &refuseInternal
		}
		setBody(r, body)
	}
	return editQuery(r, edits[1])
}

// editQuery edits the parameters that stand in a query.
func editQuery(r *http.Request, edits []payload.Edit) *Refusal {
	if len(edits) == 0 {
		return nil
	}
	query, err := payload.Splice([]byte(r.URL.RawQuery), edits)
	if err != nil {
		return &refuseInternal
	}
	r.URL.RawQuery = string(query)
	return nil
}
