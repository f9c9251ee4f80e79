package redact

import (
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// isCard says that a text is a contact card (RFC 6350, 6.1.1; vCard 2.1 and 3.0
// begin alike).
func isCard(text string) bool {
	const begin = "BEGIN:VCARD"
	return len(text) >= len(begin) && strings.EqualFold(text[:len(begin)], begin)
}

// cardKinds are the properties of a card that are personal data by definition, and
// of which kind (RFC 6350, 6.2 to 6.7).
var cardKinds = map[string]string{
	"FN": "person", "N": "person", "NICKNAME": "person", "ORG": "person", "TITLE": "person", "ROLE": "person",
	"SORT-STRING": "person", "RELATED": "person", "AGENT": "person",
	"TEL": "phone", "EMAIL": "email", "IMPP": "username", "URL": "url",
	"ADR": "address", "LABEL": "address", "GEO": "geo", "BDAY": "dob", "ANNIVERSARY": "date", "DEATHDATE": "date",
}

// cardBinary are properties that hold no text.
var cardBinary = map[string]bool{"PHOTO": true, "LOGO": true, "SOUND": true, "KEY": true}

// postcodePart is the sixth component of ADR: the postal code (RFC 6350, 6.3.1).
const postcodePart = 5

// card judges a contact card: its properties are personal by what they are, as the
// fields of a card in JSON are, and what is left is judged as words.
func (w *walk) card(at place, text string) {
	scope, from := w.body.Stretches[at.owner].Scope, len(w.marks)
	for property := range cardProperties(text) {
		w.property(at, scope, text, property)
	}
	covered := make([][2]int, 0, len(w.marks)-from)
	for _, m := range w.marks[from:] {
		covered = append(covered, [2]int{m.start, m.end})
	}
	judged := len(w.marks)
	w.judge(at, blanked(text, covered))
	for _, m := range w.marks[judged:] {
		if m.start == 0 && m.end == len(text) { // nothing is known of it
			w.forget(from)
			w.marks = append(w.marks, m)
			return
		}
	}
}

// property marks the values of one property of a card.
func (w *walk) property(at place, scope *Scope, text string, p cardProperty) {
	kind, personal := cardKinds[p.name]
	for _, v := range p.numbers {
		w.cardValue(at, scope, "phone", text, v)
	}
	switch {
	case p.encoded && !personal && !cardBinary[p.name]:
		w.hideSpan(at, scope, text, p.value) // words that no rule can read
	case !personal:
	case p.name == "N" || p.name == "ADR" || p.name == "ORG":
		for i, component := range components(text, p.value) {
			of := kind
			if p.name == "ADR" && i == postcodePart {
				of = "postcode"
			}
			w.cardValue(at, scope, of, text, component)
		}
	default:
		w.cardValue(at, scope, kind, text, p.value)
	}
}

// cardValue gives one value of a card its action; see walk.personal.
func (w *walk) cardValue(at place, scope *Scope, kind, text string, span [2]int) {
	value := unfolded(text[span[0]:span[1]])
	action, mode := scope.action(kind), scope.mode(kind)
	if action == Allow || strings.TrimSpace(value) == "" || len(vault.FindTokens(value)) > 0 {
		return
	}
	w.tally(ruleField, kind, action, mode)
	w.see(at, Sighting{Rule: ruleField, Kind: kind, Action: action, Mode: mode, Start: span[0], End: span[1], Text: text})
	switch {
	case action == Report, mode != rules.Enforce:
	case at.class == channel.Report:
	case action == Block:
		w.refuse(at.owner, PolicyBlock)
	default:
		w.mark(at, mark{start: span[0], end: span[1], action: action, rule: ruleField, kind: kind, canonical: strings.TrimSpace(value), text: value})
	}
}

// hideSpan makes words unreadable that no rule can read: outbound they are refused.
func (w *walk) hideSpan(at place, scope *Scope, text string, span [2]int) {
	if strings.TrimSpace(text[span[0]:span[1]]) == "" || scope.Mode != rules.Enforce {
		return
	}
	if scope.outbound() || at.class == channel.Report {
		w.refuse(at.owner, UnlistedValue)
		return
	}
	w.mark(at, mark{start: span[0], end: span[1], action: Hide, rule: ruleBudget, kind: "unreadable", text: text[span[0]:span[1]]})
}

// cardProperty is one line of a card: name, and the spans of its value and of the
// numbers among its parameters.
type cardProperty struct {
	name    string
	value   [2]int
	numbers [][2]int // of waid, WhatsApp's own parameter of TEL
	encoded bool     // quoted-printable or base64 (vCard 2.1 and 3.0)
}

// cardProperties yields the properties of a card. A line that begins with white
// space goes on with the one before (RFC 6350, 3.2), and so does one behind a soft
// break of quoted-printable.
func cardProperties(text string) func(yield func(cardProperty) bool) {
	return func(yield func(cardProperty) bool) {
		for at := 0; at < len(text); {
			end := lineEnd(text, at)
			if p, ok := cardLine(text, at, end); ok {
				if p.encoded {
					end = softEnd(text, end)
					p.value[1] = end
				}
				if !yield(p) {
					return
				}
			}
			at = end
			for at < len(text) && (text[at] == '\r' || text[at] == '\n') {
				at++
			}
		}
	}
}

// lineEnd is where the folded line that begins at ends, without its line break.
func lineEnd(text string, at int) int {
	for {
		run := strings.IndexByte(text[at:], '\n')
		if run < 0 {
			return len(text)
		}
		end := at + run
		if end+1 >= len(text) || text[end+1] != ' ' && text[end+1] != '\t' {
			return len(strings.TrimRight(text[:end], "\r"))
		}
		at = end + 1
	}
}

// softEnd goes on while a line ends with the soft break of quoted-printable
// (RFC 2045, 6.7).
func softEnd(text string, end int) int {
	for end > 0 && end < len(text) && text[end-1] == '=' {
		next := end
		for next < len(text) && (text[next] == '\r' || text[next] == '\n') {
			next++
		}
		end = lineEnd(text, next)
	}
	return end
}

// cardLine reads [group.]NAME[;parameter…]:value, which stands between at and end.
func cardLine(text string, at, end int) (cardProperty, bool) {
	line := text[at:end]
	colon := unquotedColon(line)
	if colon < 0 {
		return cardProperty{}, false
	}
	head := line[:colon]
	name, parameters, _ := strings.Cut(head, ";")
	if _, bare, grouped := strings.Cut(name, "."); grouped {
		name = bare
	}
	p := cardProperty{name: strings.ToUpper(strings.TrimSpace(name)), value: [2]int{at + colon + 1, end}}
	upper := strings.ToUpper(parameters)
	p.encoded = slices.ContainsFunc([]string{"QUOTED-PRINTABLE", "ENCODING=B", "BASE64"}, func(s string) bool { return strings.Contains(upper, s) })
	for from := 0; ; {
		found := strings.Index(upper[from:], "WAID=")
		if found < 0 {
			return p, true
		}
		from += found + len("WAID=")
		size := strings.IndexAny(upper[from:]+";", ";,\" \t")
		begin := at + len(head) - len(parameters) + from
		p.numbers = append(p.numbers, [2]int{begin, begin + size})
	}
}

// unquotedColon finds the colon that ends name and parameters: a parameter's value
// may have one in quotes (RFC 6350, 3.3).
func unquotedColon(line string) int {
	quoted := false
	for i := range len(line) {
		switch line[i] {
		case '"':
			quoted = !quoted
		case ':':
			if !quoted {
				return i
			}
		}
	}
	return strings.IndexByte(line, ':') // a quote that never ends quotes nothing
}

// components are the spans between unescaped semicolons (RFC 6350, 3.4).
func components(text string, value [2]int) [][2]int {
	var spans [][2]int
	from := value[0]
	for i := value[0]; i < value[1]; i++ {
		switch text[i] {
		case '\\':
			i++
		case ';':
			spans = append(spans, [2]int{from, i})
			from = i + 1
		}
	}
	return append(spans, [2]int{from, value[1]})
}

// unfolded takes the line breaks of folding out (RFC 6350, 3.2).
func unfolded(value string) string {
	if !strings.ContainsAny(value, "\r\n") {
		return value
	}
	return strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "").Replace(value)
}
