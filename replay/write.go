package replay

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Write prints a report for people.
func (r *Report) Write(to io.Writer) error {
	var page strings.Builder
	fmt.Fprintf(&page, "%d payloads: %d inbound, %d outbound, %d would come out changed\n", r.Payloads, r.Inbound, r.Outbound, r.Changed)
	r.findings(&page)
	r.prompts(&page)
	r.asked(&page)
	writeRefusals(&page, "would not be passed on", r.Refusals)
	writeRefusals(&page, "could not be read", r.Unread)
	if r.Unlike != nil {
		page.WriteString("\nagainst the older configuration\n")
		if err := r.Unlike.Write(&page); err != nil {
			return err
		}
		writeRefusals(&page, "newly refused", r.Unlike.Refused)
		writeRefusals(&page, "no longer refused", r.Unlike.Accepted)
	}
	_, err := io.WriteString(to, page.String())
	return err
}

func (r *Report) findings(page *strings.Builder) {
	if len(r.Findings) == 0 {
		page.WriteString("\nno findings\n")
		return
	}
	page.WriteString("\nfindings\n")
	table := tabwriter.NewWriter(page, 0, 4, 2, ' ', 0)
	for _, line := range r.Findings {
		action := line.Action
		if line.Mode != "enforce" {
			action += " (" + line.Mode + ")"
		}
		examples := make([]string, len(line.Examples))
		for i, e := range line.Examples {
			examples[i] = e.String()
		}
		fmt.Fprintf(table, "%6d\t%s\t%s\t%s\t%s\t%s\n", line.Count, line.Rule, line.Kind, line.Direction, action, strings.Join(examples, "; "))
	}
	_ = table.Flush() // into memory
}

func (r *Report) prompts(page *strings.Builder) {
	if len(r.Prompts) == 0 {
		return
	}
	page.WriteString("\nprompts\n")
	table := tabwriter.NewWriter(page, 0, 4, 2, ' ', 0)
	for _, line := range r.Prompts {
		what := line.Action
		switch {
		case line.Swapped:
			what = "swapped for a form"
		case line.Reason == reasonTemplate:
			what = "in a template, which cannot be changed"
		case line.Reason != "":
			what = "refused: " + line.Reason
		}
		places := make([]string, len(line.Examples))
		for i, e := range line.Examples {
			places[i] = e.String()
		}
		fmt.Fprintf(table, "%6d\t%s\tasks %s\t%s\t%s\n", line.Count, line.Rule, line.Asks, what, strings.Join(places, "; "))
	}
	_ = table.Flush()
}

// asked is what prompts asked for. A recording does not know what anybody ever
// looked at.
func (r *Report) asked(page *strings.Builder) {
	if len(r.Asked) == 0 {
		return
	}
	page.WriteString("\nasked for\n")
	table := tabwriter.NewWriter(page, 0, 4, 2, ' ', 0)
	for _, line := range r.Asked {
		people := "1 person"
		if line.People != 1 {
			people = fmt.Sprintf("%d people", line.People)
		}
		fmt.Fprintf(table, "%6d\t%s\tof %s\t%s\tneed %s", line.Asked, line.Kind, people, line.Action, line.Need)
		if line.Hint != "" {
			fmt.Fprintf(table, "\t%s", line.Hint)
		}
		fmt.Fprintln(table)
	}
	_ = table.Flush()
}

func writeRefusals(page *strings.Builder, title string, list []Refusal) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(page, "\n%s\n", title)
	table := tabwriter.NewWriter(page, 0, 4, 2, ' ', 0)
	for _, r := range list {
		fmt.Fprintf(table, "%6d\t%s\t%s\t%s\n", r.Count, r.Reason, r.Direction, strings.Join(r.Where, "; "))
	}
	_ = table.Flush()
}
