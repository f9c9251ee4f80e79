package rules

func wantsAddresses(s *survey) bool { return s.has('@') || s.heard.at() && (s.heard.dot || s.has('.')) }

// saidAddress is an e-mail address on its way from words to signs.
type saidAddress struct {
	body       *body
	start, end int // of the local part, and of the domain
	at         signMark
	marks      [maxMarks]signMark // what is not written as it reads, in order of finding
	count      int
	saidDot    bool // a dot of the domain is a word
	saidLocal  bool // a sign of the local part is a word
}

// signMark is a piece of the folded text and the sign that it reads as, removed for
// none.
type signMark struct {
	start, end int
	as         rune
	sure       bool // nobody writes this between two ordinary words
}

const (
	maxMarks      = 12
	maxComment    = 40 // runes in the brackets beside an @
	maxLocalRunes = 64 // RFC 5321, section 4.5.3.1.1
	maxLabels     = 6
)

// addresses reads e-mail addresses that are written in words ("alice at example
// dot com"), with brackets, spaces, line breaks or comments around the signs.
func (b *body) addresses() bool {
	e := b.edit()
	signs := b.known.has('@')
	for i := 0; i < len(b.runes); i++ {
		next := b.known.heard.atFrom(i, len(b.runes))
		for ; i < next && (!signs || b.runes[i] != '@'); i++ {
		}
		if i >= len(b.runes) {
			break
		}
		at, ok := b.atSign(i)
		if !ok || at.start < e.read {
			continue
		}
		a := saidAddress{body: b, at: at}
		if !a.local(e.read) || !a.domain() || a.count == 0 || !a.believable() {
			continue
		}
		a.write(&e)
		i = a.end - 1
	}
	return e.finish()
}

// write replaces the marks in order.
func (a *saidAddress) write(e *edit) {
	marks := a.marks[:a.count]
	for position := a.start; ; {
		next := signMark{start: a.end}
		for _, m := range marks {
			if m.start >= position && m.start < next.start {
				next = m
			}
		}
		if next.start >= a.end {
			return
		}
		switch {
		case next.as == removed:
			e.replace(next.start, next.end)
		case next.end-next.start > 1 || a.body.runes[next.start] != next.as:
			e.replace(next.start, next.end, next.as)
		}
		position = next.end
	}
}

func (a *saidAddress) mark(m signMark) bool {
	if a.count == len(a.marks) {
		return false
	}
	a.marks[a.count] = m
	a.count++
	return true
}

// atSign reads an @, or a word for it, that stands at i, with what belongs to it
// on both sides.
func (b *body) atSign(i int) (signMark, bool) {
	if b.runes[i] == '@' {
		return b.widen(signMark{start: i, end: i + 1, as: '@'}), true
	}
	word, end, ok := b.signWord(i)
	if !ok || word.kind != wordAt {
		return signMark{}, false
	}
	m := signMark{start: i, end: end, as: '@', sure: word.value != 0}
	m = b.widen(m)
	return m, m.start < i && m.end > end // a word is never a part of one
}

// signWord reads a whole word at i that may stand for a sign.
func (b *body) signWord(i int) (numberWord, int, bool) {
	if !b.isSpoken(b.runes[i]) || isNumber(b.runes[i]) || i > 0 && b.isSpoken(b.runes[i-1]) {
		return numberWord{}, 0, false
	}
	v := vocabularyOf()
	hash := newWordHash()
	end := i
	for end < len(b.runes) && end-i <= v.runes && b.isSpoken(b.runes[end]) && !isNumber(b.runes[end]) {
		hash.add(normalLetter(b.runes[end]))
		end++
	}
	word, ok := v.find(hash, b.runes[i:end])
	return word, end, ok
}

// widen takes brackets and blanks around a sign or word into it, and the dashes
// of "alice-at-example-dot-com".
func (b *body) widen(m signMark) signMark {
	start, end := b.blanksBefore(m.start), b.blanksAfter(m.end)
	if m.start-start <= 1 && start > 0 && end < len(b.runes) {
		left, right := b.runes[start-1], b.runes[end]
		switch {
		case left == '(' && right == ')', left == '[' && right == ']', left == '{' && right == '}', left == '<' && right == '>':
			m.sure = true
			start, end = b.blanksBefore(start-1), b.blanksAfter(end+1)
		case m.end-m.start > 1 && left == right && (left == '-' || left == '_' || left == '*') && start == m.start && end == m.end:
			start, end = start-1, end+1
		}
	}
	m.start, m.end = start, end
	return m
}

// maxBlanks is how many blanks there may be on one side of a sign.
const maxBlanks = 3

func (b *body) blanksBefore(i int) int {
	for least := i - maxBlanks; i > 0 && i > least && isBlank(b.runes[i-1]); {
		i--
	}
	return i
}

func (b *body) blanksAfter(i int) int {
	for most := i + maxBlanks; i < len(b.runes) && i < most && isBlank(b.runes[i]); {
		i++
	}
	return i
}

// local reads the part before the @, back to least at most.
func (a *saidAddress) local(least int) bool {
	b := a.body
	end := a.at.start
	if b.runes[end] == '@' && end > least && b.runes[end-1] == ')' { // alice(at home)@example.com
		open := end - 1
		for open > least && end-open < maxComment && b.runes[open] != '(' {
			open--
		}
		if b.runes[open] == '(' && a.mark(signMark{start: open, end: end, as: removed}) {
			end = open
		}
	}
	for a.start = end; ; {
		for a.start > least && end-a.start < maxLocalRunes && isAddressRune(b.runes[a.start-1]) {
			a.start--
		}
		if a.start == end {
			return false
		}
		sign, ok := a.signBefore(a.start)
		if !ok || sign.start <= least || !isAddressRune(b.runes[sign.start-1]) || !a.mark(sign) {
			return true
		}
		a.saidLocal = true
		a.start, end = sign.start, sign.start
	}
}

// signBefore reads a word for a sign that ends, with blanks, at position i.
func (a *saidAddress) signBefore(i int) (signMark, bool) {
	b := a.body
	end := b.blanksBefore(i)
	if end > 0 && (b.runes[end-1] == ')' || b.runes[end-1] == ']') {
		end = b.blanksBefore(end - 1)
	}
	start := end
	for start > 0 && b.isSpoken(b.runes[start-1]) && end-start < maxNameRunes {
		start--
	}
	if start == end || start == 0 {
		return signMark{}, false
	}
	word, wordEnd, ok := b.signWord(start)
	if !ok || wordEnd != end || word.kind != wordParts && word.kind != wordLow && word.kind != wordPlus || word.value == ' ' || word.value == '/' {
		return signMark{}, false
	}
	m := b.widen(signMark{start: start, end: end, as: word.value})
	return m, m.end == i && m.start < start
}

// domain reads labels and the dots between them.
func (a *saidAddress) domain() bool {
	b := a.body
	at := a.at.end
	if (a.at.end-a.at.start > 1 || b.runes[a.at.start] != '@') && !a.mark(a.at) {
		return false
	}
	if at < len(b.runes) && b.runes[at] == '(' && b.runes[at-1] == '@' { // alice@(at home)example.com
		if end := b.closing(at); end > 0 && a.mark(signMark{start: at, end: end + 1, as: removed}) {
			at = end + 1
		}
	}
	for labels := 0; labels < maxLabels; labels++ {
		end, dot, ok := a.label(at, labels)
		if !ok {
			a.end = end
			return labels > 0 && isTopLabel(b.runes[at:end])
		}
		if (dot.end-dot.start > 1 || b.runes[dot.start] != '.') && !a.mark(dot) {
			return false
		}
		at = dot.end
	}
	return false
}

// label reads a label from position at on and the dot after it, if there is one.
func (a *saidAddress) label(at, labels int) (end int, dot signMark, ok bool) {
	b := a.body
	for end = at; end < len(b.runes) && (isPlainWord(b.runes[end]) || b.runes[end] == '-' && end > at); end++ {
		if b.runes[end] == '-' {
			if dot, ok = a.dotAfter(end, labels); ok {
				return end, dot, true // example-dot-com
			}
		}
	}
	if end > at {
		dot, ok = a.dotAfter(end, labels)
	}
	return end, dot, ok
}

// dotAfter reads the dot after a label: a sign, or a word or sign with blanks or
// brackets. Blanks beside a plain dot count only before the first: later it ends
// a sentence.
func (a *saidAddress) dotAfter(i, labels int) (signMark, bool) {
	b := a.body
	if i+1 < len(b.runes) && b.runes[i] == '.' && isPlainWord(b.runes[i+1]) {
		return signMark{start: i, end: i + 1, as: '.'}, true
	}
	core := b.blanksAfter(i)
	if core < len(b.runes) && (b.runes[core] == '(' || b.runes[core] == '[' || b.runes[core] == '{' || b.runes[core] == '<' || core == i && (b.runes[core] == '-' || b.runes[core] == '_' || b.runes[core] == '*')) {
		core = b.blanksAfter(core + 1)
	}
	if core >= len(b.runes) {
		return signMark{}, false
	}
	m := signMark{start: core, end: core + 1, as: '.'}
	said := b.runes[core] != '.'
	if said {
		word, end, ok := b.signWord(core)
		if !ok || word.kind != wordParts || word.value != '.' {
			return signMark{}, false
		}
		m.end = end
	}
	plain := m
	m = b.widen(m)
	if m.start != i || m.end >= len(b.runes) || !isPlainWord(b.runes[m.end]) || said && m.end == plain.end {
		return signMark{}, false
	}
	if !said && !m.sure && (labels > 0 || m.start == plain.start && isUpper(b.runes[m.end])) {
		return signMark{}, false
	}
	a.saidDot = true
	return m, true
}
