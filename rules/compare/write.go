package compare

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Write prints a sorted report for people: sums, then one line a rule and change.
func (r *Report) Write(to io.Writer) error {
	var page strings.Builder
	fmt.Fprintf(&page, "%d texts: %d findings before, %d now, %d of them the same\n", r.Texts, r.Old, r.New, r.Same)
	for _, change := range order {
		n := r.Count(change)
		if n == 0 && change != Missed && change != Caught {
			continue
		}
		fmt.Fprintf(&page, "%6d %s\n", n, change.title())
	}
	if len(r.Unread) > 0 {
		fmt.Fprintf(&page, "%6d texts could not be read within the budget and are left out, first %s\n", len(r.Unread), r.Unread[0])
	}
	for _, change := range order {
		r.section(&page, change)
	}
	_, err := io.WriteString(to, page.String())
	return err
}

func (c Change) title() string {
	switch c {
	case Missed, Caught:
		return string(c)
	case Rule:
		return "found by another rule"
	case Extent:
		return "changed extent"
	}
	return "changed " + string(c)
}

func (r *Report) section(page *strings.Builder, change Change) {
	if r.Count(change) == 0 {
		return
	}
	fmt.Fprintf(page, "\n%s\n", change.title())
	table := tabwriter.NewWriter(page, 0, 4, 2, ' ', 0)
	for _, line := range r.Lines {
		if line.Change != change {
			continue
		}
		from := ""
		switch {
		case change == Extent && line.From != line.Rule:
			from = line.To + ", before by " + line.From
		case change == Extent:
			from = line.To
		case line.To != "":
			from = line.From + " -> " + line.To
		}
		examples := make([]string, len(line.Examples))
		for i, e := range line.Examples {
			examples[i] = e.String()
		}
		fmt.Fprintf(table, "%6d\t%s\t%s\t%s\t%s\n", line.Count, line.Rule, line.Kind, from, strings.Join(examples, "; "))
	}
	_ = table.Flush() // into memory
}
