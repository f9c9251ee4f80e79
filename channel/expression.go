package channel

import (
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// expressions finds the expressions in a text of a batch, such as
// {result=first:$.data[0].id}: the platform puts there what it answered to the
// item of that name. It returns the names; false: something begins like an
// expression and is not certainly one.
func expressions(text string) (names []string, ok bool) {
	for {
		at := strings.IndexByte(text, '{')
		if at < 0 {
			return names, true
		}
		text = text[at:]
		if !beginsExpression(text) {
			text = text[1:]
			continue
		}
		inside, rest, closed := strings.Cut(strings.TrimPrefix(text, expression), "}")
		name, path, parted := strings.Cut(inside, ":")
		if !closed || !parted || !strings.HasPrefix(text, expression) || !isItemName(name) || !isJSONPath(path) {
			return nil, false
		}
		names, text = append(names, name), rest
	}
}

const expression = "{result="

// beginsExpression is lenient, so that no reader sees an expression that is none
// here: letters may be capital, spaces may stand between.
func beginsExpression(text string) bool {
	word, _, assigned := strings.Cut(text[1:], "=")
	return assigned && strings.EqualFold(strings.TrimSpace(word), "result")
}

// isItemName accepts the names of items that expressions can refer to.
func isItemName(name string) bool {
	return name != "" && len(name) <= maxID && strings.IndexFunc(name, func(r rune) bool {
		return !isLetterOrDigit(r) && r != '-' && r != '_' && r != '.'
	}) < 0
}

func isLetterOrDigit(r rune) bool {
	return r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
}

// isJSONPath accepts the paths that Meta's documentation writes: names, indexes,
// stars, all below $. A number in it is an index, and has few digits.
func isJSONPath(path string) bool {
	digits := 0
	for _, r := range path {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !isLetterOrDigit(r) && !strings.ContainsRune("$.*[]_-", r):
			return false
		}
	}
	return strings.HasPrefix(path, "$") && digits < 7
}

// expressions notes which items an item takes from, and refuses expressions where
// they would decide what the call is: in a path only the first segment may be one.
func (item *BatchItem) expressions() error {
	for i, segment := range item.Call.Segments {
		if names, ok := expressions(segment); !ok || len(names) > 0 && (i > 0 || len(names) > 1 || !strings.HasSuffix(segment, "}") || !strings.HasPrefix(segment, "{")) {
			return batchError(BatchExpression)
		}
	}
	for _, text := range []string{item.Path, item.Query.Text, item.Body.Text} {
		names, ok := expressions(text)
		if !ok {
			return batchError(BatchExpression)
		}
		item.Uses = append(item.Uses, names...)
	}
	return nil
}

// Expressions returns the names that expressions in the parameters of an item
// refer to. False: one stands where words do, or where it would decide what the
// call does; what the platform puts there cannot be seen. It may stand for ids
// and choices only, in a string of a place that the table calls so.
func (c *Channel) Expressions(d *payload.Document) (names []string, ok bool) {
	return expressionsIn(d, c.request.root, maxNesting)
}

func expressionsIn(d *payload.Document, root *Step, levels int) (names []string, ok bool) {
	for i := range d.Nodes {
		if strings.ContainsAny(d.Name(i), "{}") {
			return nil, false
		}
		if d.Nodes[i].Kind != payload.String {
			continue
		}
		if strings.IndexByte(d.Text(i), '{') < 0 {
			continue
		}
		found, ok := expressionsAt(d, i, stepTo(d, i, root), levels)
		if !ok {
			return nil, false
		}
		names = append(names, found...)
	}
	return names, true
}

// expressionsAt reads the text of a string, or the document in it.
func expressionsAt(d *payload.Document, node int, at *Step, levels int) (names []string, ok bool) {
	if levels > 0 {
		if inner, err := d.Inner(node, payload.DefaultLimits()); err == nil && inner != nil {
			return expressionsIn(inner, at.Inner(), levels-1)
		}
	}
	names, ok = expressions(d.Text(node))
	return names, ok && (len(names) == 0 || at.Class() == Structural || at.Class() == Routing)
}

// stepTo is the place of a node.
func stepTo(d *payload.Document, node int, root *Step) *Step {
	n := &d.Nodes[node]
	if n.Parent < 0 {
		return root
	}
	parent := stepTo(d, n.Parent, root)
	if n.KeyEnd == 0 {
		return parent.Element()
	}
	return parent.Member(d.Name(node))
}

// named sees that names are unique and plain.
func (b *Batch) named() error {
	var seen []string
	for _, item := range b.Items {
		if item.Name == "" {
			continue
		}
		if !isItemName(item.Name) || slices.Contains(seen, item.Name) {
			return batchError(BatchShape)
		}
		seen = append(seen, item.Name)
	}
	return nil
}
