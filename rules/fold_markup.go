package rules

func wantsUntag(s *survey) bool { return s.has('<') && s.has('>') }

// tags are the HTML elements that stand inside a line, and those that end one.
var tags = map[string]rune{
	"wbr": removed, "b": removed, "i": removed, "u": removed, "s": removed, "em": removed, "strong": removed, "span": removed,
	"font": removed, "small": removed, "big": removed, "mark": removed, "code": removed, "tt": removed, "sub": removed, "sup": removed,
	"ins": removed, "del": removed, "strike": removed, "bdi": removed, "bdo": removed, "nobr": removed, "kbd": removed, "a": removed,
	"br": '\n', "p": '\n', "div": '\n', "li": '\n', "td": ' ', "th": ' ', "tr": '\n',
}

// maxTag bounds a tag or comment that is taken out.
const maxTag = 64

// untag takes out tags and comments that hold no value of their own.
func (b *body) untag() bool {
	e := b.edit()
	for i := 0; i < len(b.runes); {
		if b.runes[i] != '<' {
			i++
			continue
		}
		with, end := tagAt(b.runes, i)
		if end == 0 {
			i++
			continue
		}
		if with == removed {
			e.replace(i, end)
		} else {
			e.replace(i, end, with)
		}
		i = end
	}
	return e.finish()
}

// tagAt reads a tag or comment at i. One with a digit, @ or dot may hold what
// must be found, and stays.
func tagAt(text []rune, i int) (with rune, end int) {
	for end = i + 1; ; end++ {
		if end >= len(text) || end-i > maxTag || isNumber(text[end]) || text[end] == '@' || text[end] == '.' || text[end] == '<' {
			return 0, 0
		}
		if text[end] == '>' && (!matches(text, i, "<!--") || matches(text, end-2, "--")) {
			break
		}
	}
	if matches(text, i, "<!--") {
		return removed, end + 1
	}
	start := i + 1
	if text[start] == '/' {
		start++
	}
	var name [8]byte
	n := 0
	for start+n < end && n < len(name) && isLetter(text[start+n]) {
		name[n] = byte(lowerASCII(text[start+n]))
		n++
	}
	with, ok := tags[string(name[:n])]
	if next := text[start+n]; !ok || next != '>' && next != ' ' && next != '/' {
		return 0, 0
	}
	return with, end + 1
}
