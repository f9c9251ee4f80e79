package redact

import (
	"embed"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden stands for what a mask does not show. Asterisks are no digits and no
// letters, so no rule takes a mask for the value. What the mask shows may be a
// finding of its own, the last four digits of a card, say: echoes of masks are
// left alone (restored.go).
const hidden = "***"

// Unreadable replaces a whole string that no rule could judge in its budget.
const Unreadable = "[UNREADABLE]"

// typedToken replaces what looks like a token in text that a person wrote: it
// must not become one (threats.md V4).
const typedToken = "[TOKEN]"

// Placeholder is what `redact` writes for a kind: its name in brackets.
func Placeholder(kind string) string { return "[" + strings.ToUpper(kind) + "]" }

// MaskOf keeps what may be shown of a value and hides the rest: the last four
// digits of a card (PCI DSS 4.0.1, 3.4.1: at most the issuer's prefix and the
// last four), the first letter and domain of an e-mail, the last two digits of
// a phone number, nothing of other kinds. docs/masks.md prints the table.
func MaskOf(kind, text string) string {
	switch kind {
	case "credit_card":
		return lastDigits(text, 4)
	case "phone":
		return lastDigits(text, 2)
	case "email":
		return maskEmail(text)
	}
	return hidden
}

// lastDigits hides all but the last n digits. A text with fewer than 2n+1
// digits shows none: half of a value is no mask.
func lastDigits(text string, n int) string {
	digits := make([]byte, 0, len(text))
	for _, r := range text {
		if r >= '0' && r <= '9' {
			digits = append(digits, byte(r))
		}
	}
	if len(digits) <= 2*n {
		return hidden
	}
	return hidden + string(digits[len(digits)-n:])
}

func maskEmail(text string) string {
	at := strings.LastIndexByte(text, '@')
	if at < 2 || !isDomain(text[at+1:]) {
		return hidden
	}
	_, size := utf8.DecodeRuneInString(text)
	return text[:size] + hidden + text[at:]
}

// isDomain says that a text can be shown as the domain of an e-mail: a field for
// an e-mail may hold anything, and seven digits are a number of something else.
func isDomain(text string) bool {
	digits := 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			digits++
		case !unicode.IsLetter(r) && r != '.' && r != '-':
			return false
		}
	}
	return text != "" && digits < 7
}

//go:embed placeholders.tsv
var placeholderFile embed.FS

// wordings are the words that stand for a kind in a chat, by language and kind.
type wordings map[string]map[string]string

// loadWordings reads the embedded table; a broken line is a programming error
// that the package's tests find.
func loadWordings() wordings {
	table := wordings{}
	text, _ := placeholderFile.ReadFile("placeholders.tsv")
	var languages []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		cells := strings.Split(line, "\t")
		if languages == nil {
			languages = cells[1:]
			for _, language := range languages {
				table[language] = map[string]string{}
			}
			continue
		}
		for i, language := range languages {
			table[language][squashed(cells[0])] = cells[i+1]
		}
	}
	return table
}

// of gives the words for a kind ("your e-mail"), in the language if there are
// any, else in English, else the kind's name in brackets.
func (w wordings) of(language, kind string) string {
	if words, ok := w[language][squashed(kind)]; ok {
		return words
	}
	if words, ok := w["en"][squashed(kind)]; ok {
		return words
	}
	return Placeholder(kind)
}

// squashed is a kind as tokens spell it: without underscores.
func squashed(kind string) string { return strings.ReplaceAll(kind, "_", "") }
