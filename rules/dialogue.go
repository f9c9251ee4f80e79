package rules

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// MaxArmed is for how many turns of the user a question stays open: an
	// answer may come in several messages.
	MaxArmed = 3
	// maxAskedBytes bounds the kinds of a dialogue; every built-in one is less.
	maxAskedBytes = 512
	// maxRecalled is how much of the last turn is kept, in bytes: more than the
	// words that the widest context window reaches back for.
	maxRecalled = 384
	// maxShortWords is the length of a remark that leaves a question open.
	maxShortWords = 8
)

// Dialogue is what rules remember of a conversation: which kinds the bot has
// asked for, and the end of the last turn. The zero value is a conversation
// that has just begun. It is plain data, its strings together at most 1 KiB;
// Last is what people wrote, so whoever stores a dialogue seals it.
//
// It is not safe for concurrent use.
type Dialogue struct {
	Asked     []string  `json:"asked,omitempty"`     // kinds, sorted
	Left      int       `json:"left,omitempty"`      // turns of the user for which they stay asked
	Answered  bool      `json:"answered,omitempty"`  // the user has spoken since
	Last      string    `json:"last,omitempty"`      // end of the last turn
	Direction Direction `json:"direction,omitempty"` // of the last turn
}

// Context returns base with what the dialogue knows about the next text. What
// was asked for informs only texts toward the bot.
func (d *Dialogue) Context(base Context) Context {
	base.Asked, base.Before = nil, nil
	if base.Direction == Inbound && d.Left > 0 {
		base.Asked = slices.Clone(d.Asked)
	}
	if d.Last != "" {
		base.Before = []Turn{{Direction: d.Direction, Text: d.Last}}
	}
	return base
}

// Said learns from a turn: its text as people wrote it, and of the bot's turns
// the asks that Scan found in it. Only enforced asks count.
func (d *Dialogue) Said(direction Direction, text string, asks []Ask) {
	if direction == Outbound {
		d.heard(text, asks)
	} else if d.Left > 0 {
		d.Answered = true
		if d.Left--; d.Left == 0 {
			d.Asked = nil
		}
	}
	d.Last, d.Direction = lastBytes(text, maxRecalled), direction
}

// heard takes in a turn of the bot. New questions add to those that nobody has
// answered yet. A remark leaves them open, another question does not.
func (d *Dialogue) heard(text string, asks []Ask) {
	kinds := askedKinds(asks)
	switch {
	case len(kinds) > 0:
		if !d.Answered && d.Left > 0 {
			kinds = append(kinds, d.Asked...)
		}
		d.Asked, d.Left, d.Answered = bounded(kinds), MaxArmed, false
	case d.Left == 0:
	case asksAgain(text):
		d.Left, d.Answered = MaxArmed, false
	case wantsElse(text):
		d.Asked, d.Left = nil, 0
	}
}

func askedKinds(asks []Ask) []string {
	var kinds []string
	for _, ask := range asks {
		if ask.Mode == Enforce {
			kinds = append(kinds, ask.Asks...)
		}
	}
	return kinds
}

// bounded sorts kinds and drops doubles and what is over maxAskedBytes.
func bounded(kinds []string) []string {
	slices.Sort(kinds)
	kinds = slices.Compact(kinds)
	size := 0
	for i, kind := range kinds {
		if size += len(kind); size > maxAskedBytes {
			return kinds[:i]
		}
	}
	return kinds
}

// again are the words with which somebody asks for the same once more, excuses
// those that do so alone.
var (
	again = setOf("repeat again pardon understand catch retry resend repetir repita repite entendi entiendo novamente repeter repetez compris encore " +
		"wiederholen nochmal verstanden ripetere ripeti capito dobara phir ulangi lagi")
	excuses = setOf("sorry pardon excuse perdon perdona desculpe desculpa pardon wie bitte scusi scusa maaf what como comment")
)

// asksAgain tells whether a short turn asks for the same once more: "Sorry,
// could you repeat that?", "Pardon?".
func asksAgain(text string) bool {
	words := wordsOf(foldText(text))
	if len(words) == 0 || len(words) > 2*maxShortWords {
		return false
	}
	return slices.ContainsFunc(words, func(word string) bool { return again[word] }) ||
		len(words) <= 2 && excuses[words[0]]
}

// wantsElse tells whether a turn that asks for no personal data ends the
// question before it: it asks something, or is more than a short remark.
func wantsElse(text string) bool {
	if strings.ContainsAny(text, "?¿？؟") {
		return true
	}
	words := wordsOf(foldText(text))
	if len(words) > maxShortWords {
		return true
	}
	for i, word := range words {
		if wanting[word] && (i == 0 || !nobodys[words[i-1]]) {
			return true
		}
	}
	return false
}

// lastBytes returns at most n bytes from the end of text, whole words where it
// can.
func lastBytes(text string, n int) string {
	if len(text) <= n {
		return text
	}
	text = text[len(text)-n:]
	for len(text) > 0 && !utf8.RuneStart(text[0]) {
		text = text[1:]
	}
	if space := strings.IndexAny(text, " \n\t"); space >= 0 {
		text = text[space+1:]
	}
	return strings.Clone(text)
}
