package rules

func wantsListen(*survey) bool { return true }

// heardWords is which words a text has that stand for digits and signs.
type heardWords struct {
	numbers bool // enough number words close together, or "plus" and a long number
	dot     bool
	ats     [8]int32 // where words for @ stand
	count   int      // of them; more than there is room for when all words must be tried
}

func (h *heardWords) at() bool { return h.count > 0 }

// atFrom returns where the next word for @ may stand, from i on; end for none.
func (h *heardWords) atFrom(i, end int) int {
	if h.count > len(h.ats) {
		return i
	}
	for _, at := range h.ats[:h.count] {
		if int(at) >= i {
			return int(at)
		}
	}
	return end
}

// listen looks for words that stand for digits and signs. It changes nothing.
func (b *body) listen() bool {
	v := vocabularyOf()
	b.known.heard = heardWords{}
	var row wordRow
	for i := 0; i < len(b.runes); {
		if !b.isVoiced(b.runes[i]) {
			i++
			continue
		}
		start := i
		if !v.mayBegin(b.runes[i:]) {
			for i < len(b.runes) && b.isVoiced(b.runes[i]) {
				i++
			}
			continue
		}
		end, hash, first := b.hashWord(v, i)
		if i = end; end-start >= startLetters && !v.opens(first) {
			continue
		}
		found, langs := b.hear(v, start, i, hash, first)
		if found > 0 && row.add(start, i, found, langs) >= row.least() {
			b.known.heard.numbers = true
		}
	}
	return false
}

// wordRow counts number words of one language that stand close together.
type wordRow struct {
	last, count int
	langs       uint32
}

// add counts words from start to end and returns how many there are.
func (r *wordRow) add(start, end, count int, langs uint32) int {
	if r.ends(start, langs) {
		r.count, r.langs = 0, allLanguages
	}
	r.count += count
	r.langs &= langs
	r.last = end
	return r.count
}

// ends tells whether a word of these languages at start is none of the row.
func (r *wordRow) ends(start int, langs uint32) bool {
	return start-r.last > spokenReach || r.langs&langs == 0
}

// least is how many words are a number.
func (r *wordRow) least() int {
	if r.langs&sureLanguages == 0 {
		return minSpokenElsewhere
	}
	return minSpoken
}

// hear notes what one word is, and returns how many number words of which
// languages.
func (b *body) hear(v *vocabulary, start, end int, hash wordHash, first uint32) (count int, langs uint32) {
	h := &b.known.heard
	word, ok := v.find(hash, b.runes[start:end])
	if !ok {
		if end-start < minJoined || end-start > maxJoined || !v.begins(first) || !v.ends(b.runes[end-startLetters:end]) || !b.numberBegins(v, start, end) {
			return 0, 0
		}
		var words [maxSpoken]spokenWord
		n := b.numberWords(start, end, words[:])
		langs = allLanguages
		for _, word := range words[:n] {
			if langs &= word.langs; word.end-word.start > shortWord {
				count++
			}
		}
		return count, langs
	}
	switch {
	case b.touchesDigit(start, end):
	case word.kind <= wordTimes && end-start <= shortWord && end < len(b.runes) && !isWordJoint(b.runes[end]):
	case word.kind <= wordTimes:
		return 1, word.langs
	case word.kind == wordPlus:
		h.numbers = h.numbers || b.known.digits >= minRun-1
	case word.kind == wordAt:
		if h.count < len(h.ats) {
			h.ats[h.count] = int32(start)
		}
		h.count = min(h.count+1, len(h.ats)+1)
	case word.kind == wordParts && word.value == '.':
		h.dot = true
	}
	return 0, 0
}

// numberBegins tells whether the first letters of a word are a number word.
func (b *body) numberBegins(v *vocabulary, start, end int) bool {
	hash := newWordHash()
	for at := start; at < end && at-start < v.runes; at++ {
		hash.add(normalLetter(b.runes[at]))
		if at-start < shortWord {
			continue
		}
		if word, ok := v.find(hash, b.runes[start:at+1]); ok && word.kind <= wordPlus {
			return true
		}
	}
	return false
}

// isVoiced tells what number words are made of.
func (b *body) isVoiced(r rune) bool {
	if r < 0x80 {
		return isLetter(r)
	}
	return b.isSpoken(r)
}

// hashWord hashes the word that begins at i, in normal letters, and its first
// letters; no more than those when no word begins so.
func (b *body) hashWord(v *vocabulary, i int) (end int, hash wordHash, first uint32) {
	hash = newWordHash()
	start := i
	for ; i < len(b.runes); i++ {
		r := b.runes[i]
		if r < 0x80 {
			if !isLetter(r) {
				break
			}
			r |= 0x20
		} else {
			if !b.isSpoken(r) {
				break
			}
			r = normalLetter(r)
		}
		if hash.add(r); i-start != startLetters-1 {
			continue
		}
		if first = hash.sum; v.opens(first) {
			continue
		}
		for i < len(b.runes) && b.isVoiced(b.runes[i]) {
			i++
		}
		break
	}
	return i, hash, first
}
