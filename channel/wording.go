package channel

import (
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of what a message with a button may hold. Meta says characters and not
// which: UTF-16 units are never fewer than any other reading.
const (
	MaxLabel = 20 // UTF-16 units of a button's label, on all channels

	maxButtonText  = 640  // button template of Messenger and Instagram
	maxBytes       = 1000 // any text on Instagram, in UTF-8 bytes
	maxText        = 2000 // Messenger, without a button
	maxInteractive = 1024 // body of WhatsApp's interactive messages
	maxBody        = 4096 // body of WhatsApp's texts
)

// Wording is what piiproxy itself says in a message that it swaps.
type Wording struct {
	Lead   string // sentence before the button: "Please enter your card number securely:"
	Button string // its label, at most MaxLabel
}

// ErrWording means a wording that no channel takes.
var ErrWording = errors.New("reading the words of a secure button: the label must have 1 to 20 characters, the sentence 1 to 640 and at most 1000 bytes")

// Check tells whether every channel takes the wording: ErrWording or nil. Emoji
// count as two characters.
func (w Wording) Check() error {
	both := size{units: maxButtonText, bytes: maxBytes}
	if strings.TrimSpace(w.Lead) == "" || strings.TrimSpace(w.Button) == "" ||
		!both.holds(measure(w.Lead)) || measure(w.Button).units > MaxLabel {
		return ErrWording
	}
	return nil
}

// size is the length of a text, or the limit of one.
type size struct{ units, bytes int }

// noBytes is the limit in bytes where a channel counts none.
const noBytes = 1 << 30

func measure(text string) size {
	var s size
	for _, r := range text {
		s.units += unitsOf(r)
		s.bytes += utf8.RuneLen(r)
	}
	return s
}

func unitsOf(r rune) int { return max(1, utf16.RuneLen(r)) }

func (s size) holds(text size) bool { return text.units <= s.units && text.bytes <= s.bytes }

// lead joins the text that stays and the sentence before the button. What of
// kept does not fit is cut at the end of a sentence, the sentence before the
// button never is. It reports whether it cut.
func (s size) lead(kept, sentence string) (string, bool) {
	sentence = strings.TrimSpace(sentence)
	whole := strings.TrimSpace(kept)
	if whole == "" {
		return sentence, false
	}
	own := measure(sentence)
	room := size{s.units - own.units - 1, s.bytes - own.bytes - 1}
	kept = room.sentences(whole)
	if kept == "" {
		return sentence, true
	}
	return kept + " " + sentence, len(kept) < len(whole)
}

// sentences is text, or as many whole sentences of its beginning as fit. A line
// is a sentence.
func (s size) sentences(text string) string {
	var used size
	end, ended := 0, false // ended: a mark stands before at
	for at, r := range text {
		if r == '\n' || ended && isSpace(r) {
			end = at
		}
		used.units += unitsOf(r)
		used.bytes += utf8.RuneLen(r)
		if !s.holds(used) {
			return strings.TrimSpace(text[:end])
		}
		if isWideMark(r) {
			end = at + utf8.RuneLen(r)
		}
		ended = isMark(r) || ended && isCloser(r)
	}
	return text
}

func isSpace(r rune) bool { return strings.ContainsRune(" \t\r\n\u00a0\u3000", r) }

// isMark reports whether r ends a sentence when white space follows.
func isMark(r rune) bool { return strings.ContainsRune(".!?…؟", r) }

// isWideMark reports whether r ends a sentence whatever follows: the marks of
// Chinese and Japanese, and the danda of Hindi.
func isWideMark(r rune) bool { return strings.ContainsRune("。！？।", r) }

// isCloser reports whether r may stand between a mark and the white space.
func isCloser(r rune) bool { return strings.ContainsRune("\"')]*_~”’»", r) }
