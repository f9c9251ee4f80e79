package form

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostTitle bounds what is shown of a business's name, in characters.
const mostTitle = 80

// view is what a template reads: every text already in the person's language.
type view struct {
	page       Page
	Lang       string // for the lang attribute (BCP 47)
	Title      string
	Who        string
	Initial    string
	Logo       string
	Icon       asset
	Style      asset
	BrandStyle asset
	Script     *asset

	Heading, Lead, Asks, Kept, Left string
	Tone, Button                    string // of a notice
	Again                           bool   // its button posts InputAgain

	Action, Proof string
	Sections      []section
	Problems      []trouble
	Remember      bool
	Remembered    bool
}

// section is fields that stand together.
type section struct {
	Legend   string
	Controls []control
}

// trouble is a line of the summary.
type trouble struct{ ID, Label, Text string }

func newView(page Page, title string) *view {
	assets := ownAssets()
	v := &view{
		page: page, Lang: base(page.Language), Who: name(page.Brand.Title), Logo: local(page.Brand.Logo),
		Icon: assets["lock.svg"], Style: assets["form.css"], BrandStyle: brandAsset(page.Brand.Color),
		Action: local(page.Action), Proof: page.Proof, Remember: page.Remember, Remembered: page.Typed.Get(InputRemember) != "",
	}
	if v.Lang == "hi" {
		v.Lang = "hi-Latn" // as people type it
	}
	if first, _ := utf8.DecodeRuneInString(v.Who); unicode.IsLetter(first) || unicode.IsDigit(first) {
		v.Initial = string(unicode.ToUpper(first))
	}
	v.Title = v.T(title)
	if v.Who != "" {
		v.Title += " – " + v.Who
	}
	return v
}

// T is a text in the person's language.
func (v *view) T(key string) string { return v.page.Texts.Lookup(v.page.Language, key) }

func (v *view) lookup(key string, args ...string) string {
	return v.page.Texts.Lookup(v.page.Language, key, args...)
}

// name is a business's name as one short line.
func name(title string) string {
	title = oneLine(strings.ToValidUTF8(title, ""))
	if utf8.RuneCountInString(title) <= mostTitle {
		return title
	}
	return string([]rune(title)[:mostTitle]) + "…"
}

// local is a path on this site, "" for anything else.
func local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\n\r\t") {
		return ""
	}
	return path
}

// askFor fills in the form itself.
func (v *view) askFor() {
	asked := v.page.Texts.Asked(v.page.Language, v.page.Fields)
	if v.Who == "" {
		v.Asks = v.lookup("page.asks.nobody", "fields", asked)
	} else {
		v.Asks = v.lookup("page.asks", "who", v.Who, "fields", asked)
	}
	v.Kept = v.T("page.keep.open")
	if v.page.Keep > 0 {
		v.Kept = v.lookup("page.keep", "time", v.page.Texts.Lasting(v.page.Language, v.page.Keep))
	}
	script := ownAssets()["form.js"]
	v.Script = &script
	if v.page.Code {
		v.add("", v.codeControl("f0"))
	}
	kinds := kindsOf(v.page.Fields)
	for i, kind := range kinds {
		v.place(kinds, i, kind)
	}
	v.summarize()
}

// askForCode fills in the page of the code.
func (v *view) askForCode() {
	v.add("", v.codeControl("f0"))
	v.summarize()
}

// place adds a kind's control; the first of a group brings the others with it.
func (v *view) place(kinds []string, i int, kind string) {
	name := specOf(kind).group
	var members []string
	for _, member := range groups[name] {
		if slices.Contains(kinds, member) {
			members = append(members, member)
		}
	}
	switch {
	case len(members) < 2:
		v.add("", v.control(kind, "f"+strconv.Itoa(i+1)))
	case kind == firstOf(kinds, members):
		var controls []control
		for _, member := range members {
			controls = append(controls, v.control(member, "f"+strconv.Itoa(slices.Index(kinds, member)+1)))
		}
		v.add(v.T("page."+name), controls...)
	}
}

func firstOf(kinds, members []string) string {
	return kinds[slices.IndexFunc(kinds, func(kind string) bool { return slices.Contains(members, kind) })]
}

func (v *view) add(legend string, controls ...control) {
	v.Sections = append(v.Sections, section{legend, controls})
}

// summarize lists the problems in the order of the page.
func (v *view) summarize() {
	for _, s := range v.Sections {
		for _, c := range s.Controls {
			if c.Problem != "" {
				v.Problems = append(v.Problems, trouble{c.target(), c.Label, c.Problem})
			}
		}
	}
	if len(v.Problems) == 0 {
		return
	}
	v.Title = v.T("page.problem") + ": " + v.Title
	switch v.page.Tries {
	case 0:
	case 1:
		v.Left = v.T("page.try")
	default:
		v.Left = v.lookup("page.tries", "n", strconv.Itoa(v.page.Tries))
	}
}

// problemText is the text of a problem, of an unknown one that something is
// wrong.
func (v *view) problemText(key string) string {
	if key == "" {
		return ""
	}
	return v.page.Texts.Problem(v.page.Language, key)
}

// Plain says that the page does not come over TLS.
func (v *view) Plain() bool { return v.page.Plain }
