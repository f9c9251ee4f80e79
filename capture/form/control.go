package form

import (
	"cmp"
	"strings"
)

// control is one input of the form, or the parts of one.
type control struct {
	ID, Name, Label, Hint string
	Problem, Again        string
	About                 string // ids for aria-describedby
	Widget, Width         string
	Parts                 []control

	Type, Mode, Fill, Capital, Format string
	Wrong, Late, Show, Hide           string // words for the live help
	Yes, No                           string
	Longest                           int
	Secret, Covered, Optional         bool
	Value                             string
}

// target is the id of the input that a link in the summary goes to.
func (c control) target() string {
	if len(c.Parts) > 0 {
		return c.Parts[0].ID
	}
	return c.ID
}

// control makes the input of a kind.
func (v *view) control(kind, id string) control {
	how := specOf(kind)
	c := control{
		ID: id, Name: kind, Label: v.page.Texts.Label(v.page.Language, kind), Hint: v.T("hint." + kind),
		Problem: v.problemText(v.page.Problems[kind]), Widget: how.widget, Width: how.width,
		Type: cmp.Or(how.kind, "text"), Mode: how.mode, Fill: cmp.Or(how.fill, "off"), Capital: cmp.Or(how.capital, "off"),
		Format: how.format, Longest: how.longest, Secret: how.secret, Covered: how.covered,
	}
	typed := strings.ToValidUTF8(v.page.Typed.Get(kind), "")
	switch {
	case !how.secret:
		c.Value = typed
	case typed != "" && c.Problem == "":
		c.Again = v.T("page.hidden")
	}
	v.help(&c)
	if kind == "postcode" {
		c.Label = v.postcodeLabel()
	}
	switch how.widget {
	case asDate:
		c.Parts = v.dateParts(c)
	case asAddress:
		c.Parts = v.addressParts(c)
	case asChoice:
		c.Yes, c.No = v.T("page.yes"), v.T("page.no")
	}
	c.About = c.about()
	return c
}

// about lists the ids of what is said about an input.
func (c control) about() string {
	var ids []string
	for _, said := range []struct{ text, suffix string }{{c.Hint, "-hint"}, {c.Problem, "-problem"}, {c.Again, "-again"}} {
		if said.text != "" {
			ids = append(ids, c.ID+said.suffix)
		}
	}
	return strings.Join(ids, " ")
}

// help gives the script the words it may need.
func (v *view) help(c *control) {
	switch {
	case c.Widget == asDate:
		c.Format, c.Wrong = "date", v.problemText("date")
	case c.Format == "card", c.Format == "iban":
		c.Wrong = v.problemText(c.Format)
	case c.Format == "expiry":
		c.Wrong, c.Late = v.problemText("expiry"), v.problemText("expired")
	}
	if c.Type == "password" {
		c.Show, c.Hide = v.T("page.show"), v.T("page.hide")
	}
}

// codeControl asks for the code from the chat. It is never shown again.
func (v *view) codeControl(id string) control {
	c := control{
		ID: id, Name: InputCode, Label: v.T("label.code"), Problem: v.problemText(v.page.Problems[InputCode]),
		Widget: asLine, Width: "middle", Type: "text", Mode: "numeric", Fill: "one-time-code", Capital: "off", Longest: 12, Secret: true,
	}
	c.About = c.about()
	return c
}

// dateParts are day, month and year in the order of the region.
func (v *view) dateParts(whole control) []control {
	var parts []control
	for _, name := range dateOrder(firstRegion(v.page.Regions)) {
		part := v.part(whole, name)
		part.Mode, part.Width = "numeric", "number" // room for a whole date: the script spreads it
		if name == "year" {
			part.Width = "year"
		}
		if whole.Fill == "bday" {
			part.Fill = "bday-" + name
		}
		parts = append(parts, part)
	}
	return parts
}

// addressParts are the lines of an address in the order of the region; a state
// only where addresses have one.
func (v *view) addressParts(whole control) []control {
	var parts []control
	for _, line := range linesOf(firstRegion(v.page.Regions)) {
		part := v.part(whole, line)
		part.Fill, part.Capital = addressFill[line], whole.Capital
		switch line {
		case "postcode":
			part.Longest, part.Width, part.Capital, part.Optional = 16, "short", "characters", true
			part.Label = v.postcodeLabel()
		case "city":
			part.Width = "rest"
		case "state":
			part.Width, part.Optional = "rest", true
		}
		parts = append(parts, part)
	}
	return parts
}

// postcodeLabel is what the region calls a postcode.
func (v *view) postcodeLabel() string {
	if firstRegion(v.page.Regions) == "US" {
		return v.T("label.zip")
	}
	return v.T("label.postcode")
}

// part is an input within a whole one.
func (v *view) part(whole control, name string) control {
	return control{
		ID: whole.ID + "-" + name, Name: whole.Name + "." + name, Label: v.T("label." + name), Problem: whole.Problem,
		Widget: asLine, Type: "text", Fill: "off", Capital: "off", Longest: whole.Longest,
		Value: strings.ToValidUTF8(v.page.Typed.Get(whole.Name+"."+name), ""), About: whole.about(),
	}
}
