package rules

import (
	"unicode"

	"github.com/piiproxy/piiproxy/rules/names"
)

const (
	maxNameWords = 4 // beside initials and particles
	maxNameParts = 7 // with them
)

// around are the words that stand around names.
const around = names.Stop | names.Foreign

// particles stand between the parts of a name.
var particles = setOf("de da do dos das del della dela di du des la las los le van von der den ter ten zu zur bin ibn binti bint al el abu ul ur y e san santa st")

// titles stand before a name and are not part of it.
var titles = setOf("mr mrs ms miss mister mx dr doctor prof professor sir madam madame mme mlle monsieur herr frau fraulein senor senora senorita sr sra srta dona " +
	"signor signora sig dott ing shri smt sri bapak pak ibu bu rev captain")

// beforeNames stand between an announcement and the name.
var beforeNames = setOf("is s actually just its um uh er well like also")

func setOf(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range wordsOf(text) {
		set[word] = true
	}
	return set
}

// nameAfter reads the name at a place, as far as it goes.
func (v *voice) nameAfter(at int, take taking) (start, end int, ok bool) {
	first, ok := v.token(at)
	for skipped := 0; ok && skipped < 3 && first.start-at <= maxPhraseGap && (!first.is(names.First|names.Last) || first.is(around)); skipped++ {
		key := v.key(first.span)
		if !titles[string(key)] && !beforeNames[string(key)] {
			break
		}
		at = first.end
		if first.dot {
			at++
		}
		first, ok = v.token(at)
	}
	if !ok || first.start-at > maxPhraseGap || first.gap != 0 && endsSentence(first.gap) && first.gap != '\n' {
		return 0, 0, false
	}
	start = first.start
	if take == takeName && v.particle(first) {
		if next, more := v.token(first.end); more && next.gap == ' ' && v.opens(next, take) {
			return start, v.nameEnd(next), true
		}
	}
	if !v.opens(first, take) {
		return 0, 0, false
	}
	return start, v.nameEnd(first), true
}

// particle tells whether a token stands between the parts of names.
func (v *voice) particle(t token) bool { return particles[string(v.key(t.span))] }

// opens tells whether a name may begin with a token, as certain as it has to be.
func (v *voice) opens(t token, take taking) bool {
	if t.digits || t.letters == 0 || t.end-t.start > maxKey {
		return false
	}
	listed := t.is(names.First | names.Last)
	written := t.writing == capital
	if t.initial() {
		next, more := v.token(t.end + dotLength(t))
		return more && take <= takeLikely && next.gap == ' ' && !next.initial() && v.opens(next, take) && (written || t.dot)
	}
	switch take {
	case takeName:
		return !t.is(around) || listed && written || t.is(names.Foreign) && (listed || written || v.ends(t))
	case takeLikely:
		return !t.is(around|names.Common) || listed && !t.is(around) && (written || v.ends(t))
	case takeKnown:
		return v.known(t)
	case takeProper:
		return written && (!t.is(around|names.Common) || v.surnamed(t) && !t.is(around))
	}
	return written && (listed && !t.is(around|names.Common) || v.surnamed(t) && !t.is(around))
}

// ends tells whether nothing follows a token, or nothing but a number.
func (v *voice) ends(t token) bool {
	next, ok := v.token(t.end)
	return !ok || next.digits
}

func dotLength(t token) int {
	if t.dot {
		return 1
	}
	return 0
}

// known tells whether a token is a first name and no common word, a common
// word that stands as a first name before a last one, or the first of two words
// that are in no list and written like a name.
func (v *voice) known(t token) bool {
	if t.kind == 0 && t.letters > 2 && t.writing == capital {
		return v.surnamed(t)
	}
	if !t.is(names.First) || t.is(around) || t.letters < 3 {
		return false
	}
	return !t.is(names.Common) || t.writing == capital && v.surnamed(t)
}

// surnamed tells whether a name follows that is written with a capital, after
// initials.
func (v *voice) surnamed(t token) bool {
	for range 2 {
		next, ok := v.token(t.end + dotLength(t))
		if !ok || next.gap != ' ' || next.writing != capital {
			return false
		}
		if !next.initial() {
			return !next.digits && !next.is(names.Common|around) || next.is(names.Last)
		}
		t = next
	}
	return false
}

// nameEnd goes on from the first word of a name and returns where it ends.
func (v *voice) nameEnd(first token) int {
	end, last := first.end, first
	words, parts := 1, 1
	for words < maxNameWords && parts < maxNameParts {
		next, ok := v.token(last.end + dotLength(last))
		if !ok || next.gap != ' ' || last.dot && !last.initial() || next.digits {
			break
		}
		switch {
		case next.initial() && v.middle(next):
			end = next.end
		case v.particle(next) && v.afterParticle(next, first):
		case v.continues(next, first):
			end = next.end
			words++
		default:
			return end
		}
		last = next
		parts++
	}
	return end
}

// middle tells whether a single letter is an initial: with a dot or a capital,
// or between or after names and no word of its own.
func (v *voice) middle(t token) bool {
	if t.dot || t.writing == capital && v.body.at(t.start) != 'I' {
		return true
	}
	switch unicode.ToLower(v.body.at(t.start)) {
	case 'i', 'a', 'u', 'n', 'y', 'e', 'o', 'k', 'r', 'x':
		next, ok := v.token(t.end)
		return ok && next.gap == ' ' && !next.digits && next.kind&^(names.First|names.Last) == 0 && next.letters > 1
	}
	return true
}

// afterParticle tells whether a name goes on after a particle.
func (v *voice) afterParticle(t, first token) bool {
	next, ok := v.token(t.end)
	if ok && next.gap == ' ' && v.particle(next) {
		next, ok = v.token(next.end)
	}
	return ok && next.gap == ' ' && !next.digits && v.continues(next, first)
}

// continues tells whether a word belongs to the name that began with first.
func (v *voice) continues(t, first token) bool {
	if t.digits || t.initial() {
		return false
	}
	listed := t.is(names.First | names.Last)
	switch {
	case first.writing == capital && t.writing == capital:
		return !t.is(names.Stop) || t.is(names.Last) // "Jane Church", "Ann Best"
	case t.is(names.Stop):
		return false
	case t.is(names.Foreign):
		return v.ends(t)
	case first.writing == capital && t.writing == small:
		return listed && (!t.is(names.Common) || v.ends(t))
	case t.is(names.Common):
		return listed
	}
	return true
}

// nameBefore reads the name that ends at a place.
func (v *voice) nameBefore(at int, take taking) (start, end int, ok bool) {
	var run [maxNameParts]token
	n := 0
	for n < len(run) {
		t, found := v.tokenBefore(at)
		if !found || t.digits || n > 0 && run[n-1].gap != ' ' || n == 0 && !v.close(t.end, at) {
			break
		}
		if t.is(around) && !t.is(names.First|names.Last) || !t.initial() && t.is(names.Common) && !(t.is(names.First|names.Last) && t.writing != small) {
			break
		}
		run[n] = t
		at = t.start
		n++
	}
	for ; n > 0; n-- { // the longest name of these words
		first := run[n-1]
		if v.opens(first, take) && v.nameEnd(first) >= run[0].end && (take == takeLikely || v.begins(first.start) || v.greeted(first)) {
			return first.start, run[0].end, true
		}
	}
	return 0, 0, false
}

// greeted tells whether a greeting stands before a name.
func (v *voice) greeted(t token) bool {
	before, ok := v.tokenBefore(t.start)
	return ok && before.is(names.Stop) && greetings[string(v.key(before.span))]
}

var greetings = setOf("hi hey hello hola ola hallo bonjour ciao its is morning afternoon evening")

// tokenBefore returns the last token that ends at or before a place.
func (v *voice) tokenBefore(at int) (token, bool) {
	end := at
	for end > v.from && !inWord(v.body.at(end-1)) {
		end--
	}
	start := end
	for start > v.from && (inWord(v.body.at(start-1)) || v.joins(start-1)) {
		start--
	}
	if start == end {
		return token{}, false
	}
	t, ok := v.token(start)
	if start > v.from {
		t.gap = v.body.at(start - 1)
	}
	return t, ok
}
