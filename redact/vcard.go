package redact

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// isCard says that a text is a contact card (RFC 6350, 6.1.1; vCard 2.1 and 3.0
// begin alike).
func isCard(text string) bool {
	text = strings.TrimLeft(text, beforeCard)
	return len(text) >= len(cardBegins) && strings.EqualFold(text[:len(cardBegins)], cardBegins)
}

// beforeCard may stand before a card in the files of some address books: a byte
// order mark, empty lines.
const beforeCard = "\ufeff \t\r\n"

// cardKinds are the properties of a card that are personal data by definition, and
// of which kind (RFC 6350, 6.2 to 6.7).
var cardKinds = map[string]string{
	"FN": "person", "N": "person", "NICKNAME": "person", "ORG": "person", "TITLE": "person", "ROLE": "person",
	"SORT-STRING": "person", "RELATED": "person", "AGENT": "person",
	"X-PHONETIC-FIRST-NAME": "person", "X-PHONETIC-MIDDLE-NAME": "person", "X-PHONETIC-LAST-NAME": "person", "X-PHONETIC-ORG": "person",
	"X-MAIDENNAME": "person", "X-SPOUSE": "person", "X-MANAGER": "person", "X-ASSISTANT": "person", "X-ABRELATEDNAMES": "person",
	"TEL": "phone", "EMAIL": "email", "IMPP": "username", "URL": "url",
	"X-SKYPE": "username", "X-SKYPE-USERNAME": "username", "X-JABBER": "username", "X-AIM": "username", "X-ICQ": "username",
	"ADR": "address", "LABEL": "address", "BIRTHPLACE": "address", "DEATHPLACE": "address", "GEO": "geo", "BDAY": "dob", "ANNIVERSARY": "date", "DEATHDATE": "date",
}

// cardParameters are parameters that are personal data: WhatsApp's own of TEL, and
// those that say an address once more, or a name as it is sorted (RFC 6350, 5.9,
// 5.10, 6.3.1).
var cardParameters = map[string]string{"WAID": "phone", "LABEL": "address", "GEO": "geo", "SORT-AS": "person"}

// cardBinary are properties that hold no text.
var cardBinary = map[string]bool{"PHOTO": true, "LOGO": true, "SOUND": true, "KEY": true}

// postcodePart is the sixth component of ADR: the postal code (RFC 6350, 6.3.1).
const postcodePart = 5

// card judges a contact card: its properties are personal by what they are, as the
// fields of a card in JSON are, and what is left is judged as words.
func (w *walk) card(at place, text string) {
	scope, from := w.body.Stretches[at.owner].Scope, len(w.marks)
	var covered [][2]int
	for property := range cardProperties(text) {
		w.property(at, scope, text, property)
		if cardBinary[property.name] && isPicture(text[property.value[0]:property.value[1]]) {
			covered = append(covered, property.value)
		}
	}
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
	for _, parameter := range p.parameters {
		w.cardValue(at, scope, parameter.kind, text, parameter.value)
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

// cardProperty is one line of a card: name, and the spans of its value and of those
// parameters that are personal data.
type cardProperty struct {
	name       string
	value      [2]int
	parameters []cardParameter
	encoded    bool // quoted-printable or base64 (vCard 2.1 and 3.0)
}

// cardParameter is a parameter of cardParameters.
type cardParameter struct {
	kind  string
	value [2]int
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

// lineEnd is where the folded line that begins at ends, without its line break: one
// of any system.
func lineEnd(text string, at int) int {
	for {
		run := strings.IndexAny(text[at:], "\r\n")
		if run < 0 {
			return len(text)
		}
		end := at + run
		next := end + 1
		if more := strings.TrimLeft(text[end:], "\r"); strings.HasPrefix(more, "\n") {
			next = len(text) - len(more) + 1
		}
		if next >= len(text) || text[next] != ' ' && text[next] != '\t' {
			return end
		}
		at = next
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
	name, parameters, _ := strings.Cut(line[:colon], ";")
	if _, bare, grouped := strings.Cut(name, "."); grouped {
		name = bare
	}
	p := cardProperty{name: cardName(name), value: [2]int{at + colon + 1, end}}
	upper := cardName(parameters)
	p.encoded = slices.ContainsFunc([]string{"QUOTED-PRINTABLE", "ENCODING=B", "BASE64"}, func(s string) bool { return strings.Contains(upper, s) })
	from := colon - len(parameters)
	for _, span := range between(line, [2]int{from, colon}, ';') {
		name, value, said := strings.Cut(line[span[0]:span[1]], "=")
		if kind := cardParameters[cardName(name)]; said && kind != "" {
			inner := strings.Trim(value, "\" \t")
			begin := at + span[1] - len(value) + strings.Index(value, inner)
			p.parameters = append(p.parameters, cardParameter{kind, [2]int{begin, begin + len(inner)}})
		}
	}
	return p, true
}

// cardName is a name in the one spelling that is compared. A line may be folded in
// the middle of it.
func cardName(name string) string { return strings.ToUpper(strings.TrimSpace(unfolded(name))) }

// between are the spans between separators that do not stand in quotes.
func between(line string, span [2]int, separator byte) [][2]int {
	var spans [][2]int
	quoted, from := false, span[0]
	for i := span[0]; i < span[1]; i++ {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == separator && !quoted:
			spans = append(spans, [2]int{from, i})
			from = i + 1
		}
	}
	return append(spans, [2]int{from, span[1]})
}

// isPicture says that a value is a picture or a sound in base64, which has no words,
// and is much longer than what rules scan. It is believed by what it decodes to.
func isPicture(value string) bool {
	if rest, ok := strings.CutPrefix(value, "data:"); ok {
		_, value, _ = strings.Cut(rest, ",")
	}
	head := make([]byte, 0, 64)
	for _, c := range []byte(value) {
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '=':
		case c != '+' && c != '/' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z'):
			return false
		case len(head) < cap(head):
			head = append(head, c)
		}
	}
	n, _ := base64.RawStdEncoding.Decode(head, head)
	kind, _, _ := strings.Cut(http.DetectContentType(head[:n]), "/")
	return kind == "image" || kind == "audio"
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
	return strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "", "\r ", "", "\r\t", "").Replace(value)
}
