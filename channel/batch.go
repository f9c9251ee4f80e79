package channel

import (
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// Batch is a batch request: several Graph calls in one, as Meta's "Batch
// requests" describes it. It is read so that two readers cannot differ: what is
// doubtful is a *BatchError.
type Batch struct {
	Items []BatchItem

	list  *payload.Document // that the items stand in
	node  int               // of their array
	outer []payload.Codec   // from there out to the document that was given
}

// BatchItem is one call of a batch.
type BatchItem struct {
	Method    string   // GET, POST or DELETE
	Path      string   // of relative_url, escaped, with the slash in front
	Call      Call     // as method and path tell it
	Query     Piece    // of relative_url, behind the question mark
	Body      Piece    // url-encoded, like the query
	Token     string   // access_token beside the call; "" when there is none
	Name      string   // by which other items refer to it; "" when it has none
	DependsOn string   // the name of the item that it waits for; "" when there is none
	Files     string   // attached_files: names of parts of the outer body
	Uses      []string // names of the items whose answers its expressions take from

	node int
}

// Piece is a text in a batch and the way out of it: the codecs that lead from its
// bytes to the bytes of the document, innermost first.
type Piece struct {
	Text   string
	Codecs []payload.Codec
}

// BatchError says why a batch cannot be read. It never quotes it.
type BatchError struct{ Reason string }

// Error implements error.
func (e *BatchError) Error() string { return "reading a batch: " + e.Reason }

// The reasons of a BatchError.
const (
	BatchShape      = "batch"            // a member is missing, of a wrong type, or doubtful
	BatchSize       = "batch_items"      // more items than are read
	BatchURL        = "batch_url"        // a relative_url that is absolute, or that two servers could read in two ways
	BatchNested     = "batch_nested"     // a batch in a batch
	BatchHeader     = "batch_header"     // a header that changes what the item is
	BatchExpression = "batch_expression" // {result=…} that is malformed, or stands where words or structure belong
)

// BatchReasons lists them.
func BatchReasons() []string {
	return []string{BatchShape, BatchSize, BatchURL, BatchNested, BatchHeader, BatchExpression}
}

func batchError(reason string) error { return &BatchError{reason} }

// batchMembers are the members of an item that have a meaning. Another spelling
// of one of them is refused: some readers do not tell letters apart.
var batchMembers = []string{
	"method", "relative_url", "body", "headers", "name", "depends_on", "attached_files", "omit_response_on_success", "access_token",
}

// ParseBatch reads the batch parameter of a call: d is the call's document, and
// items bounds their number. A batch that is JSON text in a string is read like
// the array itself, within lim. The error is a *BatchError, or a *payload.Error of
// such a text.
func ParseBatch(d *payload.Document, items int, lim payload.Limits) (*Batch, error) {
	b := &Batch{list: d, node: d.Child(0, "batch")}
	if b.node < 0 {
		return nil, batchError(BatchShape)
	}
	if inner, err := d.Inner(b.node, lim); err != nil {
		return nil, err
	} else if inner != nil {
		b.outer, b.list, b.node = []payload.Codec{d.Scope(b.node)}, inner, 0
	}
	if b.list.Nodes[b.node].Kind != payload.Array {
		return nil, batchError(BatchShape)
	}
	for node := range b.list.Children(b.node) {
		if len(b.Items) >= items {
			return nil, batchError(BatchSize)
		}
		item, err := b.item(node)
		if err != nil {
			return nil, err
		}
		b.Items = append(b.Items, item)
	}
	if len(b.Items) == 0 {
		return nil, batchError(BatchShape)
	}
	return b, b.named()
}

// item reads one call.
func (b *Batch) item(node int) (BatchItem, error) {
	item := BatchItem{node: node}
	if b.list.Nodes[node].Kind != payload.Object || !b.plain(node) {
		return item, batchError(BatchShape)
	}
	var target string
	at := -1
	for _, member := range []struct {
		name string
		to   *string
	}{
		{"method", &item.Method},
		{"relative_url", &target},
		{"body", &item.Body.Text},
		{"access_token", &item.Token},
		{"name", &item.Name},
		{"depends_on", &item.DependsOn},
		{"attached_files", &item.Files},
	} {
		child, ok := b.text(node, member.name, member.to)
		if !ok {
			return item, batchError(BatchShape)
		}
		switch {
		case child < 0:
		case member.name == "body":
			item.Body.Codecs = b.way(child)
		case member.name == "relative_url":
			at = child
		}
	}
	item.Method = strings.ToUpper(item.Method)
	if !slices.Contains([]string{"GET", "POST", "DELETE"}, item.Method) || at < 0 {
		return item, batchError(BatchShape)
	}
	if err := b.headers(b.list.Child(node, "headers")); err != nil {
		return item, err
	}
	if err := item.target(target, b.way(at)); err != nil {
		return item, err
	}
	return item, item.expressions()
}

// plain says that no member of an item is spelled like another one.
func (b *Batch) plain(node int) bool {
	for member := range b.list.Children(node) {
		name := b.list.Name(member)
		if slices.Contains(batchMembers, name) {
			continue
		}
		folded := foldMember.Replace(strings.TrimSpace(name))
		if slices.ContainsFunc(batchMembers, func(known string) bool { return strings.EqualFold(folded, known) }) {
			return false
		}
	}
	return true
}

// foldMember writes a name as PHP folds it.
var foldMember = strings.NewReplacer("-", "_", " ", "_", ".", "_", "[", "_")

// text reads a member that is a string, or null, or not there; its node is -1
// when it has no text.
func (b *Batch) text(node int, name string, to *string) (int, bool) {
	child := b.list.Child(node, name)
	if child < 0 || b.list.Nodes[child].Kind == payload.Null {
		return -1, true
	}
	if b.list.Nodes[child].Kind != payload.String {
		return -1, false
	}
	*to = b.list.Text(child)
	return child, true
}

// way leads from the text of a string to the bytes of the outermost document.
func (b *Batch) way(node int) []payload.Codec {
	return append([]payload.Codec{b.list.Scope(node)}, b.outer...)
}

// target reads relative_url. The slash in front may be missing.
func (item *BatchItem) target(text string, way []payload.Codec) error {
	path, query, asked := strings.Cut(text, "?")
	if strings.ContainsRune(text, '#') {
		return batchError(BatchURL)
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	call, err := ParseCall(item.Method, path)
	if err != nil {
		return batchError(BatchURL)
	}
	if call.Kind == CallBatch {
		return batchError(BatchNested)
	}
	item.Path, item.Call = path, call
	if asked {
		item.Query = Piece{query, append([]payload.Codec{tail(len(text) - len(query))}, way...)}
	}
	return nil
}

// tail is the codec of the end of a text, so many bytes behind its beginning.
type tail int

// Span implements payload.Codec.
func (t tail) Span(start, end int) (int, int) {
	if start < 0 || end < start {
		return -1, -1
	}
	return start + int(t), end + int(t)
}

// Encode implements payload.Codec.
func (tail) Encode(text string) string { return text }

// Remove returns the edits of the document that take items out, and with them
// what the others say of waiting for those in done: they need not any more.
func (b *Batch) Remove(gone, done map[int]bool) []payload.Edit {
	edits := b.list.Keep(b.node, func(i int) bool { return !gone[i] })
	names := map[string]bool{}
	for i, item := range b.Items {
		if done[i] && item.Name != "" {
			names[item.Name] = true
		}
	}
	for i, item := range b.Items {
		if !gone[i] && names[item.DependsOn] {
			waits := b.list.Child(item.node, "depends_on")
			edits = append(edits, b.list.Keep(item.node, func(at int) bool { return at != b.list.Nodes[waits].Index })...)
		}
	}
	for i := range edits {
		edits[i].Codecs = b.outer
	}
	return edits
}
