package payload

import "sync"

// maxSpare bounds the node lists that are kept for reuse: 512 nodes are a
// webhook of some dozen messages, and 40 KiB.
const maxSpare = 512

// spares holds node lists of documents that were freed. Nodes are positions;
// nothing of a document's text is kept.
var spares sync.Pool

// leastSpare is the room of a new list, so that a short answer's list serves the
// next webhook.
const leastSpare = 128

// spareNodes gives an empty list with room for n nodes.
func spareNodes(n int) []Node {
	if spare, ok := spares.Get().(*[]Node); ok && cap(*spare) >= n {
		return (*spare)[:0]
	}
	return make([]Node, 0, max(n, leastSpare))
}

// Free gives the memory of a document's nodes back. Afterwards the document is
// empty; texts that were read from it stay good. Calling it is never needed.
func (d *Document) Free() {
	nodes := d.Nodes
	d.Nodes = nil
	if cap(nodes) > 0 && cap(nodes) <= maxSpare {
		spares.Put(&nodes)
	}
}
