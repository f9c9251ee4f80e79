package form_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// parse reads a page as a browser does.
func parse(t testing.TB, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// elements returns every element of a tree in document order.
func elements(root *html.Node) []*html.Node {
	var list []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			list = append(list, n)
		}
	}
	return list
}

// attribute returns an attribute's value, "" when there is none.
func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// words returns the text within a node.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// free are the attributes whose values come from outside or from texts.
var free = map[string]bool{
	"value": true, "href": true, "src": true, "integrity": true, "action": true, "content": true,
	"data-wrong": true, "data-late": true, "data-show": true, "data-hide": true,
}

// skeleton is a page without its words: every element, indented, with its
// attributes in order.
func skeleton(root *html.Node) string {
	var b strings.Builder
	var visit func(n *html.Node, depth int)
	visit = func(n *html.Node, depth int) {
		if n.Type == html.ElementNode {
			b.WriteString(strings.Repeat("  ", depth) + n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key)
				if !free[a.Key] {
					b.WriteString("=" + a.Val)
				}
			}
			b.WriteByte('\n')
		}
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			visit(child, depth+1)
		}
	}
	visit(root, -1)
	return b.String()
}
