package demo

import (
	"regexp"
	"strings"
	"unicode"
)

// word is a stretch of text. Mark is empty where both sides say the same, and
// otherwise what stands here instead: token, mask, or the value itself.
type word struct {
	Text string `json:"text"`
	Mark string `json:"mark,omitempty"`
}

var (
	tokenLike = regexp.MustCompile(`(?i)pii_[a-z0-9]+_[a-z2-7]{26}`)
	maskLike  = regexp.MustCompile(`[*•●…×]|\[[A-Z_0-9]+\]|[xX]{3,}`)
)

// compare marks where two versions of a message differ.
func compare(left, right string) (leftWords, rightWords []word) {
	a, b := split(left), split(right)
	sameLeft, sameRight := common(a, b)
	return join(a, sameLeft), join(b, sameRight)
}

// split cuts text into words, white space and the punctuation around words, so
// that a full stop after a value is not taken for a part of it.
func split(text string) []string {
	var pieces []string
	for len(text) > 0 {
		space := strings.IndexFunc(text, func(char rune) bool { return !unicode.IsSpace(char) })
		if space < 0 {
			space = len(text)
		}
		if space > 0 {
			pieces, text = append(pieces, text[:space]), text[space:]
			continue
		}
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		pieces, text = append(pieces, peel(text[:end])...), text[end:]
	}
	return pieces
}

func peel(token string) []string {
	const around = `.,;:!?"'“”()#`
	core := strings.TrimRight(token, around)
	tail := token[len(core):]
	inner := strings.TrimLeft(core, around)
	head := core[:len(core)-len(inner)]
	var pieces []string
	for _, piece := range []string{head, inner, tail} {
		if piece != "" {
			pieces = append(pieces, piece)
		}
	}
	return pieces
}

// common marks the pieces of a longest common subsequence. Texts too long to
// compare count as equal: the demo marks gently or not at all.
func common(a, b []string) (inA, inB []bool) {
	inA, inB = make([]bool, len(a)), make([]bool, len(b))
	if len(a)*len(b) > 1<<20 {
		for i := range inA {
			inA[i] = true
		}
		for i := range inB {
			inB[i] = true
		}
		return inA, inB
	}
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			inA[i], inB[j] = true, true
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return inA, inB
}

// join puts neighbours of one mark together, across a single white space too.
func join(pieces []string, same []bool) []word {
	words := []word{}
	for i, piece := range pieces {
		blank := strings.TrimSpace(piece) == ""
		changed := !same[i] || blank && i > 0 && i+1 < len(pieces) && !same[i-1] && !same[i+1]
		mark := ""
		if changed {
			mark = "value"
		}
		if last := len(words) - 1; last >= 0 && words[last].Mark == mark {
			words[last].Text += piece
		} else {
			words = append(words, word{Text: piece, Mark: mark})
		}
	}
	for i := range words {
		switch {
		case words[i].Mark == "":
		case tokenLike.MatchString(words[i].Text):
			words[i].Mark = "token"
		case maskLike.MatchString(words[i].Text):
			words[i].Mark = "mask"
		}
	}
	return words
}
