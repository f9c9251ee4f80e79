package rules

import "github.com/piiproxy/piiproxy/rules/names"

const (
	maxAnswerTokens = 48 // an answer to "what is your name?" is shorter
	minSpelled      = 3  // letters in a row that spell a name
)

// leads stand directly before a name in an answer.
var leads = setOf("to too for with from under is its s name names named called call be as am im me at of on by behalf pay paying send sending give giving share owe contact let " +
	"friend son daughter wife husband brother sister mother father uncle aunt niece nephew cousin boss colleague partner roommate pal " +
	"a para por de con es soy llamo nombre pagar enviar em com meu sou e o au aux pour avec chez suis appelle an fur mit ich bin heisse per di il sono chiamo " +
	"untuk kepada ke saya nama ko ka mera naam hai")

// kin stand before a first name and belong to what people call somebody.
var kin = setOf("uncle aunt auntie aunty grandma grandpa granny nana tio tia oncle tante onkel zio zia om paman bibi")

// reply is the text of an answer as tokens.
type reply struct {
	voice  *voice
	tokens []token
	asks   bool // it holds a question mark
	plain  bool // outside of names it holds only words that stand around names
}

// run is some tokens in a row that may be a name.
type run struct {
	first, last   int // tokens
	listed, loose bool
	capital       bool
}

// answer calls yield for every name in a text that answers the question for
// one. Most words of a text are ordinary; what is left is a name when it is in
// the list, or is all there is, or stands where an answer has its name.
func (v *voice) answer(yield func(start, end int)) {
	var space [maxAnswerTokens]token
	r := reply{voice: v, tokens: space[:0], plain: true}
	for t, ok := v.token(v.from); ok && len(r.tokens) < maxAnswerTokens; t, ok = v.token(t.end) {
		r.tokens = append(r.tokens, t)
	}
	for at := v.from; at < v.to; at++ {
		r.asks = r.asks || v.body.at(at) == '?'
	}
	for i := range r.tokens {
		t := &r.tokens[i]
		if !r.nameable(t) && !t.digits && !t.is(names.Stop) && !leads[string(v.key(t.span))] {
			r.plain = false
		}
	}
	for i := 0; i < len(r.tokens); {
		found, next := r.run(i)
		if next > i && r.accepts(found) {
			found = r.widen(found)
			yield(r.tokens[found.first].start, r.tokens[found.last].end)
		}
		i = max(next, i+1)
	}
}

// nameable tells whether a token may be part of a name: any word that is not
// ordinary, or one that is both.
func (r *reply) nameable(t *token) bool {
	switch {
	case t.digits || t.letters < 2 || t.is(names.Stop):
		return false
	case t.is(names.Common):
		return t.is(names.First | names.Last)
	}
	return true
}

// run reads the tokens that belong together from i; next is i when none do.
func (r *reply) run(i int) (found run, next int) {
	if end := r.spelled(i); end > i {
		return run{first: i, last: end - 1, listed: true, loose: true}, end
	}
	first := &r.tokens[i]
	if !r.nameable(first) {
		return run{}, i
	}
	found = run{first: i, last: i, capital: first.writing == capital}
	r.weigh(&found, first)
	end := r.voice.nameEnd(*first)
	for next = i + 1; next < len(r.tokens) && r.tokens[next].end <= end; next++ {
		found.last = next
		r.weigh(&found, &r.tokens[next])
	}
	if next < len(r.tokens) && next == i+1 && r.tokens[next].gap == ',' && r.nameable(&r.tokens[next]) && !r.tokens[next].is(names.Common) {
		found.last = next // "Doe, Jane"
		r.weigh(&found, &r.tokens[next])
		next++
	}
	return found, next
}

func (r *reply) weigh(found *run, t *token) {
	if !t.is(names.Common | names.Stop) {
		found.listed = found.listed || t.is(names.First|names.Last)
		found.loose = found.loose || t.unknown() && t.letters > 1
	}
}

// spelled returns the end of a row of letters that spells a name, or i.
func (r *reply) spelled(i int) int {
	end := i
	for end < len(r.tokens) && r.tokens[end].letters == 1 && !r.tokens[end].digits {
		end++
	}
	if end-i < minSpelled {
		return i
	}
	return end
}

// accepts tells whether a run of tokens is a name in this answer.
func (r *reply) accepts(found run) bool {
	size := found.last - found.first + 1
	led := found.first > 0 && r.led(found.first)
	switch {
	case r.tokens[found.first].letters == 1: // spelled
		return true
	case found.listed:
		return found.capital || r.plain || led || r.tokens[found.first].writing == shout
	case found.loose && found.capital:
		return led || r.plain && !r.asks
	case found.loose:
		return !r.asks && size <= 3 && (r.plain || led && r.closes(found.last)) || led && r.asks && r.closes(found.last)
	}
	// Words that are names and something else: the whole answer, or written
	// like a name where a name belongs.
	return r.plain && !r.asks && size <= 2 || found.capital && led
}

// led tells whether what stands before a token leads to a name.
func (r *reply) led(i int) bool {
	before := &r.tokens[i-1]
	key := string(r.voice.key(before.span))
	return leads[key] || titles[key] || kin[key]
}

// closes tells whether an answer ends with a token, or goes on with a word that
// stands around names.
func (r *reply) closes(i int) bool {
	if i+1 == len(r.tokens) {
		return true
	}
	next := &r.tokens[i+1]
	return next.gap != ' ' || next.digits || next.is(names.Stop)
}

// widen takes in what belongs to a name but is no name by itself: "Uncle", or
// "Les" in "for Les Green".
func (r *reply) widen(found run) run {
	if found.first == 0 {
		return found
	}
	before := &r.tokens[found.first-1]
	if before.digits || r.tokens[found.first].gap != ' ' && !before.dot {
		return found
	}
	if kin[string(r.voice.key(before.span))] || before.initial() && before.writing == capital && before.start+1 == before.end {
		found.first--
		return found
	}
	if found.capital && before.writing == capital && before.letters > 1 && before.gap == ' ' && found.first > 1 &&
		r.tokens[found.first-2].writing == small && !titles[string(r.voice.key(before.span))] {
		found.first--
	}
	return found
}
