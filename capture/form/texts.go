package form

import (
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

//go:embed texts.tsv
var textFile embed.FS

// english is the language of last resort.
const english = "en"

// mostButton is how many characters a button's title may have on every channel.
const mostButton = 20

// mostNamed is how many fields a sentence names; of more it speaks as a whole.
const mostNamed = 4

// builtinTexts is texts.tsv by language and key.
var builtinTexts = sync.OnceValue(func() map[string]map[string]string {
	raw, _ := textFile.ReadFile("texts.tsv") // embedded: cannot fail
	table := map[string]map[string]string{}
	var languages []string
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case languages == nil:
			languages = cells[1:]
			for _, language := range languages {
				table[language] = map[string]string{}
			}
		default:
			for i, text := range cells[1:] {
				table[languages[i]][cells[0]] = text
			}
		}
	}
	return table
})

// Languages returns the languages that every built-in text is in, sorted.
func Languages() []string { return slices.Sorted(maps.Keys(builtinTexts())) }

// Texts are the words that people read, in the form and in the chat, with an
// account's own ones before the built-in ones. The zero value has the built-in
// ones only; it is safe for concurrent use.
type Texts struct {
	own map[string]map[string]string
}

// kindText is the key of a text that belongs to a kind.
var kindText = regexp.MustCompile(`^(?:label|ask|hint)\.[a-z0-9_]+$`)

// NewTexts takes an account's own texts by language and key. It returns every
// complaint at once: an unknown language or key, an empty text, a button's title
// of more than 20 characters.
func NewTexts(own map[string]map[string]string) (Texts, error) {
	var complaints []string
	for _, language := range slices.Sorted(maps.Keys(own)) {
		builtin := builtinTexts()[language]
		if builtin == nil {
			complaints = append(complaints, fmt.Sprintf("%s: no such language; there are %s", language, strings.Join(Languages(), ", ")))
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(own[language])) {
			if complaint := complain(builtin, key, own[language][key]); complaint != "" {
				complaints = append(complaints, language+": "+complaint)
			}
		}
	}
	if complaints != nil {
		return Texts{}, fmt.Errorf("reading form texts:\n  %s", strings.Join(complaints, "\n  "))
	}
	return Texts{own}, nil
}

func complain(builtin map[string]string, key, text string) string {
	switch {
	case builtin[key] == "" && !kindText.MatchString(key):
		return fmt.Sprintf("%q: no such text; capture/form/texts.tsv has them all", key)
	case strings.TrimSpace(text) == "":
		return fmt.Sprintf("%q is empty; leave it out to have the built-in text", key)
	case key == "chat.button" && utf8.RuneCountInString(text) > mostButton:
		return fmt.Sprintf("%q has more than %d characters, platforms cut it", key, mostButton)
	}
	return ""
}

// base is the language of a tag, en of en-GB; English for an unknown one.
func base(language string) string {
	language, _, _ = strings.Cut(strings.ToLower(language), "-")
	language, _, _ = strings.Cut(language, "_")
	if builtinTexts()[language] == nil {
		return english
	}
	return language
}

// Problem is what a person reads about a value that Read refused, by the key that
// it gave; of an unknown one that something is wrong.
func (t Texts) Problem(language, key string) string {
	year := time.Now().AddDate(3, 0, 0).Format("06")
	if text := t.Lookup(language, "problem."+key, "year", year); text != "" {
		return text
	}
	return t.Lookup(language, "problem.other")
}

// Lookup returns a text by its key in texts.tsv, "" for an unknown key. The
// arguments are pairs: "who", "Shop" puts Shop for {who}. What is put in is not
// read again.
func (t Texts) Lookup(language, key string, args ...string) string {
	language = base(language)
	text := t.own[language][key]
	if text == "" {
		text = builtinTexts()[language][key]
	}
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	pairs := slices.Clone(args)
	for i := 0; i+1 < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs[:len(pairs)&^1]...).Replace(text)
}

// List joins items as the language does: "a, b and c".
func (t Texts) List(language string, items []string) string {
	switch n := len(items); n {
	case 0:
		return ""
	case 1:
		return items[0]
	case 2:
		return t.Lookup(language, "list.two", "a", items[0], "b", items[1])
	default:
		return t.Lookup(language, "list.last", "a", strings.Join(items[:n-1], ", "), "b", items[n-1])
	}
}

// Asked names what fields ask for as the object of a sentence: "your card number
// and the expiry date". Kinds without words, and more than four fields, are "your
// details".
func (t Texts) Asked(language string, fields []Field) string {
	var items []string
	card := false
	for _, kind := range kindsOf(fields) {
		item := t.Lookup(language, "ask."+kind)
		if beside := t.Lookup(language, "beside."+kind); card && beside != "" {
			item = beside
		}
		if item == "" {
			item = t.Lookup(language, "ask.other")
		}
		card = card || kind == "credit_card"
		if !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	if len(items) == 0 || len(items) > mostNamed {
		return t.Lookup(language, "ask.other")
	}
	return t.List(language, items)
}

// Lead is the sentence in the chat that stands before the button to the form.
func (t Texts) Lead(language string, fields []Field) string {
	if kinds := kindsOf(fields); len(kinds) == 1 {
		if lead := t.Lookup(language, "chat.lead."+kinds[0]); lead != "" {
			return lead
		}
	}
	return t.Lookup(language, "chat.lead", "fields", t.Asked(language, fields))
}

// Label names a kind beside its input. A kind that only rules know is called as
// they call it.
func (t Texts) Label(language, kind string) string {
	if label := t.Lookup(language, "label."+kind); label != "" {
		return label
	}
	words := strings.ReplaceAll(kind, "_", " ")
	if words == "" {
		return words
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// Lasting says how long something lasts in the largest whole unit up to days,
// rounded up: "90 days".
func (t Texts) Lasting(language string, d time.Duration) string {
	unit, name := 24*time.Hour, "time.day"
	switch {
	case d <= 90*time.Minute:
		unit, name = time.Minute, "time.minute"
	case d <= 48*time.Hour:
		unit, name = time.Hour, "time.hour"
	}
	n := int64((d + unit - 1) / unit)
	if n <= 1 {
		return t.Lookup(language, name)
	}
	return t.Lookup(language, name+"s", "n", strconv.FormatInt(n, 10))
}
