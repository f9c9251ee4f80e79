package channel

import (
	"mime"
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// headers reads the headers of an item: a list of {name, value}, of "Name: value",
// or an object. Only those are let through that cannot change what the item is.
func (b *Batch) headers(node int) error {
	if node < 0 || b.list.Nodes[node].Kind == payload.Null {
		return nil
	}
	kind := b.list.Nodes[node].Kind
	if kind != payload.Object && kind != payload.Array {
		return batchError(BatchShape)
	}
	for header := range b.list.Children(node) {
		name, value, ok := b.header(header, kind)
		if !ok {
			return batchError(BatchShape)
		}
		if !harmless(name, value) {
			return batchError(BatchHeader)
		}
	}
	return nil
}

// header is the name and value of one header.
func (b *Batch) header(node int, in payload.Kind) (name, value string, ok bool) {
	if in == payload.Object {
		return b.list.Name(node), b.list.Text(node), b.list.Nodes[node].Kind == payload.String
	}
	switch b.list.Nodes[node].Kind {
	case payload.String:
		name, value, ok = strings.Cut(b.list.Text(node), ":")
		return name, strings.TrimSpace(value), ok
	case payload.Object:
		at, of := b.list.Child(node, "name"), b.list.Child(node, "value")
		ok = at >= 0 && of >= 0 && b.list.Nodes[at].Kind == payload.String && b.list.Nodes[of].Kind == payload.String
		if !ok {
			return "", "", false
		}
		return b.list.Text(at), b.list.Text(of), true
	}
	return "", "", false
}

// harmless says that a header of an item tells nothing new about it. An expression
// in one would.
func harmless(name, value string) bool {
	if strings.ContainsRune(value, '{') {
		return false
	}
	switch strings.ToLower(name) {
	case "accept", "accept-language", "user-agent", "if-none-match", "if-modified-since":
		return true
	case "content-type":
		kind, parameters, err := mime.ParseMediaType(value)
		charset, declared := parameters["charset"]
		return err == nil && kind == "application/x-www-form-urlencoded" && (!declared || strings.EqualFold(charset, "utf-8"))
	}
	return false
}
