package rules

// dictated is a run of number words on its way to digits.
type dictated struct {
	words []spokenWord
	solid bool // digits of neighbouring words touch
}

// readRun replaces a run of number words by its digits, when it is one, and
// begins a new run.
func (b *body) readRun(e *edit, run *spokenRun) {
	words := trimRun(run.words[:run.count])
	strong, plus := 0, len(words) > 1 && words[0].kind == wordPlus
	least := minSpoken
	if run.langs&sureLanguages == 0 {
		least = minSpokenElsewhere
	}
	for _, word := range words {
		switch word.kind {
		case wordUnit, wordTeen, wordTen, wordTimes:
			strong++
		case wordHundred, wordThousand:
			least = minSpokenAmount
		}
	}
	switch {
	case strong >= least:
		d := dictated{words: words}
		if plus {
			d.words = words[1:]
			e.replace(int(words[0].start), int(words[1].start), '+')
		}
		d.read(b, e)
	case plus && run.digits >= minRun-1 && !b.numberBefore(int(words[0].start)):
		e.replace(int(words[0].start), int(words[1].start), '+')
	}
	run.count, run.strong, run.digits, run.langs = 0, 0, 0, allLanguages
}

// trimRun leaves out what is no number at the ends.
func trimRun(words []spokenWord) []spokenWord {
	for len(words) > 0 {
		switch words[len(words)-1].kind {
		case wordTimes, wordAnd, wordPlus, wordParts, wordSounds:
			words = words[:len(words)-1]
			continue
		}
		break
	}
	return words
}

// numberBefore tells whether a number stands before position i: "5 plus 12" is a
// sum.
func (b *body) numberBefore(i int) bool {
	for i > 0 && isBlank(b.runes[i-1]) {
		i--
	}
	return i > 0 && isNumber(b.runes[i-1])
}

// spokenPart is words of a dictated number that are one number, and its digits.
type spokenPart struct {
	start, end int // in the folded text
	digits     [maxPartDigits]rune
	size       int
	asWritten  bool // digits as such, which stay
	said       rune // the separator that was said before it
}

// maxPartDigits is enough for "quadruple" and for thousands.
const maxPartDigits = 8

// each visits the parts of the run in order.
func (d *dictated) each(visit func(part spokenPart)) {
	said := rune(0)
	for k := 0; k < len(d.words); {
		if d.words[k].kind == wordParts {
			said = d.words[k].value
			k++
			continue
		}
		part, next := d.part(k)
		if k = next; part.size > 0 {
			part.said = said
			visit(part)
			said = 0
		}
	}
}

// read writes the digits of the run.
func (d *dictated) read(b *body, e *edit) {
	stretch, longest := 0, 0
	var last spokenPart
	d.each(func(part spokenPart) {
		if last.size > 0 && b.separator(last, part) != 0 {
			stretch = 0
		}
		stretch += part.size
		longest = max(longest, stretch)
		last = part
	})
	d.solid = longest <= maxSolid
	last = spokenPart{}
	d.each(func(part spokenPart) {
		separator := rune(0)
		if last.size > 0 {
			if separator = b.separator(last, part); separator == 0 && !d.solid {
				separator = ' '
			}
			if part.start > last.end {
				e.writeGap(last.end, part.start, separator)
				separator = 0
			}
		}
		e.writePart(part, separator)
		last = part
	})
}

// separator tells what parts two numbers: what was said, a space for signs
// other than spaces and hyphens and beside digits as such, else nothing.
func (b *body) separator(last, part spokenPart) rune {
	if part.said != 0 {
		return part.said
	}
	if last.asWritten || part.asWritten {
		return ' '
	}
	for _, r := range b.runes[last.end:part.start] {
		if r != ' ' && r != '-' {
			return ' '
		}
	}
	return 0
}

func (e *edit) writeGap(start, end int, separator rune) {
	switch {
	case separator == 0:
		e.replace(start, end)
	case end-start != 1 || e.body.runes[start] != separator:
		e.replace(start, end, separator)
	}
}

// writePart writes a number, after a separator when its words touch those
// before.
func (e *edit) writePart(part spokenPart, separator rune) {
	if part.asWritten {
		return
	}
	var text [maxPartDigits + 1]rune
	n := 0
	if separator != 0 {
		text[0], n = separator, 1
	}
	n += copy(text[n:], part.digits[:part.size])
	e.replace(part.start, part.end, text[:n]...)
}

// add appends a number in so many digits.
func (p *spokenPart) add(value rune, size int) {
	for divisor := size - 1; divisor >= 0 && p.size < len(p.digits); divisor-- {
		digit := value
		for range divisor {
			digit /= 10
		}
		p.digits[p.size] = '0' + digit%10
		p.size++
	}
}

// part reads the number that begins with word k, and returns the word after it.
func (d *dictated) part(k int) (part spokenPart, next int) {
	word := d.words[k]
	part.start, next = int(word.start), k+1
	switch word.kind {
	case wordDigits:
		part.asWritten, part.size = true, 1
	case wordUnit, wordSounds:
		next = d.unit(&part, k)
	case wordWeak:
		part.add(0, 1)
	case wordTeen:
		value := word.value
		if d.is(next, wordUnit, french) && value == 10 && d.words[next].value >= 7 {
			value += d.words[next].value // dix-sept
			next++
		}
		part.add(value, 2)
	case wordTen:
		next = d.ten(&part, word.value, next)
	case wordHundred, wordThousand:
		next = d.hundred(&part, k)
	case wordTimes:
		if d.is(next, wordUnit, allLanguages) || d.is(next, wordWeak, allLanguages) {
			digit := d.words[next].value % '0' // of a weak word it is a character
			for range word.value {
				part.add(digit, 1)
			}
			next++
		}
	}
	part.end = int(d.words[next-1].end)
	return part, next
}

// is tells whether word k is there and of a kind and language.
func (d *dictated) is(k int, kind wordKind, langs uint32) bool {
	return k < len(d.words) && d.words[k].kind == kind && d.words[k].langs&langs != 0
}

// unit reads a digit, "einundzwanzig" or "quatre-vingt".
func (d *dictated) unit(part *spokenPart, k int) (next int) {
	value := d.words[k].value
	if d.words[k].kind == wordSounds {
		part.add(value-'0', 1)
		return k + 1
	}
	if d.is(k+1, wordAnd, german|dutch) && d.is(k+2, wordTen, german|dutch) {
		part.add(d.words[k+2].value+value, 2)
		return k + 3
	}
	if value == 4 && d.is(k, wordUnit, french) && d.is(k+1, wordTen, french) && d.words[k+1].value == 20 {
		return d.ten(part, 80, k+2)
	}
	part.add(value, 1)
	if d.is(k+1, wordHundred, allLanguages) && d.isSmall(k+2) {
		return k + 2 // one hundred twenty
	}
	return k + 1
}

// isSmall tells whether word k is a number from ten to ninety-nine.
func (d *dictated) isSmall(k int) bool {
	return d.is(k, wordTen, allLanguages) || d.is(k, wordTeen, allLanguages)
}

// ten reads what may follow a multiple of ten: a digit, and in French a number
// up to nineteen (soixante-douze).
func (d *dictated) ten(part *spokenPart, value rune, next int) int {
	at := next
	if d.is(at, wordAnd, allLanguages) {
		at++
	}
	switch {
	case value%10 != 0:
	case d.is(at, wordTeen, french) && (value == 60 || value == 80):
		value += d.words[at].value
		next = at + 1
		if d.is(next, wordUnit, french) && value%10 == 0 && d.words[next].value >= 7 {
			value += d.words[next].value // soixante-dix-sept
			next++
		}
	case d.is(at, wordUnit, allLanguages) && d.words[at].value > 0:
		value += d.words[at].value
		next = at + 1
	}
	part.add(value, 2)
	return next
}

// hundred reads "hundred" and "thousand" after a digit, as they are said in
// telephone numbers and years: 800, 2026.
func (d *dictated) hundred(part *spokenPart, k int) (next int) {
	next = k + 1
	if k == 0 || d.words[k-1].kind != wordUnit {
		part.add(1, 1)
	}
	switch {
	case d.words[k].kind == wordHundred && d.isSmall(next):
	case d.words[k].kind == wordHundred:
		part.add(0, 2)
	case d.isSmall(next):
		part.add(0, 1)
	case d.is(next, wordUnit, allLanguages):
		part.add(0, 2)
	default:
		part.add(0, 3)
	}
	return next
}
