// Command pathcheck shows what paths.tsv says about recorded payloads.
//
//	go run ./internal/pathcheck FILE
//
// FILE has one JSON object a line with the members id, channel (messenger,
// instagram or whatsapp), direction (webhook, request or response) and payload.
// Each payload is parsed, split into parts and walked; a row passes when it
// parses, its parts stand in document order and inside it, and splicing nothing
// gives the same bytes. Strings that no path names are listed by path, with how
// often they occur, so that somebody can judge them. The exit code is 1 when a
// row fails, 2 when the file cannot be read. Values are never printed.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pathcheck FILE")
		os.Exit(2)
	}
	file, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	defer file.Close()
	failed, err := check(file, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// maxNesting is how deep documents in strings are followed.
const maxNesting = 4

type checker struct {
	classes  map[string]int // string leaves by class
	unlisted map[string]int // by channel, direction and path
	people   int
	parts    int
}

func check(rows io.Reader, out io.Writer) (failed int, err error) {
	c := checker{classes: map[string]int{}, unlisted: map[string]int{}}
	passed := 0
	scanner := bufio.NewScanner(rows)
	scanner.Buffer(nil, 16<<20)
	for n := 1; scanner.Scan(); n++ {
		if err := c.row(scanner.Bytes()); err != nil {
			failed++
			fmt.Fprintf(out, "row %d: %v\n", n, err)
			continue
		}
		passed++
	}
	if err := scanner.Err(); err != nil {
		return failed, fmt.Errorf("reading rows: %w", err)
	}
	c.report(out)
	fmt.Fprintf(out, "%d passed, %d failed\n", passed, failed)
	return failed, nil
}

func (c *checker) row(raw []byte) error {
	row, err := payload.Parse(raw, payload.DefaultLimits())
	if err != nil {
		return err
	}
	member := func(name string) string {
		if i := row.Child(0, name); i >= 0 {
			return row.Text(i)
		}
		return ""
	}
	ch, ok := channel.ByName(member("channel"))
	node := row.Child(0, "payload")
	if !ok || node < 0 {
		return fmt.Errorf("no channel or payload")
	}
	body := row.Raw[row.Nodes[node].Start:row.Nodes[node].End]
	d, err := payload.Parse(body, payload.DefaultLimits())
	if err != nil {
		return err
	}
	return c.payload(ch, member("direction"), d)
}

func (c *checker) payload(ch *channel.Channel, direction string, d *payload.Document) error {
	same, err := payload.Splice(d.Raw, nil)
	if err != nil || !bytes.Equal(same, d.Raw) {
		return fmt.Errorf("splicing nothing changed bytes")
	}
	var table *channel.Table
	switch direction {
	case "webhook":
		table = ch.Webhook()
		if err := c.delivery(ch, d); err != nil {
			return err
		}
	case "request":
		table = ch.Request()
		if ch.Send(d).Person.Known() {
			c.people++
		}
	case "response":
		table = ch.Response()
		ch.Answer(d)
	default:
		return fmt.Errorf("unknown direction")
	}
	w := walk{checker: c, label: string(ch.Name()) + " " + direction + " "}
	w.node(d, 0, table.Root(), "", 0)
	return nil
}

func (c *checker) delivery(ch *channel.Channel, d *payload.Document) error {
	parts, err := ch.Delivery(d)
	if err != nil {
		return err
	}
	last := -1
	for _, p := range parts {
		if p.Root <= last || p.Element > p.Root || p.Entry > p.Element {
			return fmt.Errorf("parts out of order")
		}
		last = p.Root
		c.parts++
		if p.Person.Known() {
			c.people++
		}
	}
	return nil
}

type walk struct {
	*checker
	label string
}

func (w walk) node(d *payload.Document, i int, step *channel.Step, path string, nesting int) {
	switch d.Nodes[i].Kind {
	case payload.Object:
		for member := range d.Children(i) {
			name := d.Name(member)
			w.node(d, member, step.Member(name), strings.TrimPrefix(path+"."+name, "."), nesting)
		}
	case payload.Array:
		for element := range d.Children(i) {
			w.node(d, element, step.Element(), path+"[]", nesting)
		}
	case payload.String:
		w.text(d, i, step, path, nesting)
	}
}

func (w walk) text(d *payload.Document, i int, step *channel.Step, path string, nesting int) {
	switch step.Class() {
	case channel.Structural, channel.Routing, channel.URL, channel.Opaque:
	default:
		inner, err := d.Inner(i, payload.DefaultLimits())
		if err == nil && inner != nil && nesting < maxNesting {
			w.node(inner, 0, step.Inner(), path+"(", nesting+1)
			return
		}
	}
	w.classes[step.Class().String()]++
	if step.Class() == channel.Unlisted {
		w.unlisted[w.label+path]++
	}
}

func (c *checker) report(out io.Writer) {
	for _, path := range slices.Sorted(maps.Keys(c.unlisted)) {
		fmt.Fprintf(out, "unlisted %5d  %s\n", c.unlisted[path], path)
	}
	total := 0
	for _, n := range c.classes {
		total += n
	}
	for _, class := range slices.Sorted(maps.Keys(c.classes)) {
		fmt.Fprintf(out, "%-10s %6d strings\n", class, c.classes[class])
	}
	fmt.Fprintf(out, "%d strings, %d in no path (%.2f %%), %d parts, %d persons\n",
		total, c.classes["unlisted"], 100*float64(c.classes["unlisted"])/float64(max(total, 1)), c.parts, c.people)
}
