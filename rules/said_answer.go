package rules

import "github.com/piiproxy/piiproxy/rules/names"

const (
	maxAnswerTokens = 48 // an answer to "what is your name?" is shorter
	maxAnswerNames  = 8
	minSpelled      = 3 // letters in a row that spell a name
	minFragments    = 4 // pieces of a name that was spelled to a recogniser: "k i m b ER ly"
)

// leads stand directly before a name in an answer.
var leads = setOf("to too for with from under is its s name names named called call be as am im me at of by behalf pay paying send sending give giving share owe contact let " +
	"friend son daughter wife husband brother sister mother father uncle aunt niece nephew cousin boss colleague partner roommate pal " +
	"a para por de con es soy llamo nombre pagar enviar em com meu sou e o au aux pour avec chez suis appelle an fur mit ich bin heisse per di il sono chiamo " +
	"untuk kepada ke saya nama ko ka mera naam hai")

// nameLeads are the leads that nothing but a name follows.
var nameLeads = setOf("name named called under surname nombre llamo nome chamo nom appelle namen heisse heiße chiamo naam nama")

// relatives are what people call somebody instead of a name.
var relatives = setOf("mom mum mommy mummy dad daddy mama papa grandma grandpa granny nana")

var possessors = setOf("my to for with from our")

// verbs follow the name of the one who does something.
var verbs = setOf("will is has needs gets wants should was would can receives")

// prefixes are the particles that nothing but a last name follows.
var prefixes = setOf("van von der den ter ten bin ibn binti bint al abu mac mc")

// kin stand before a first name and belong to what people call somebody.
var kin = setOf("uncle aunt auntie aunty grandma grandpa granny nana tio tia oncle tante onkel zio zia om paman bibi")

// reply is the text of an answer as tokens.
type reply struct {
	voice  *voice
	tokens []token
	asks   bool // it holds a question mark
	plain  bool // outside of names it holds only words that stand around names
	known  bool // it holds a name of the list
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
	if first, last, ok := r.fragments(); ok {
		yield(r.tokens[first].start, r.tokens[last].end)
		return
	}
	for i := range r.tokens {
		t := &r.tokens[i]
		if !r.nameable(i) && !t.digits && !t.initial() && !t.is(around) && !leads[string(v.key(t.span))] {
			r.plain = false
		}
	}
	var list [maxAnswerNames]run
	runs := list[:0]
	for i := 0; i < len(r.tokens) && len(runs) < maxAnswerNames; {
		found, next := r.run(i)
		if next > i {
			runs = append(runs, found)
			r.known = r.known || found.listed
		}
		i = max(next, i+1)
	}
	for _, found := range runs {
		if r.accepts(found) {
			found = r.widen(found)
			yield(r.tokens[found.first].start, r.tokens[found.last].end)
		}
	}
}

// nameable tells whether a token may begin a name: any word that is not
// ordinary, or one that is both.
func (r *reply) nameable(i int) bool {
	t := &r.tokens[i]
	switch {
	case t.digits || t.letters < 2 || t.is(names.Stop):
		return false
	case t.is(names.Foreign): // "Les Miller", and not "pour Les"
		return t.writing == capital && i+1 < len(r.tokens) && r.tokens[i+1].gap == ' ' && r.tokens[i+1].writing == capital &&
			!leads[string(r.voice.key(t.span))] && r.nameable(i+1)
	case t.is(names.Common) && !t.is(names.First|names.Last):
		return t.writing == capital && (r.after(i, nameLeads) && r.closes(i) || relatives[string(r.voice.key(t.span))] && r.after(i, possessors))
	}
	return true
}

// after tells whether one of some words, in small letters, stands before a token.
func (r *reply) after(i int, words map[string]bool) bool {
	return i > 0 && r.tokens[i-1].writing == small && words[string(r.voice.key(r.tokens[i-1].span))]
}

// run reads the tokens that belong together from i; next is i when none do.
func (r *reply) run(i int) (found run, next int) {
	if end := r.spelled(i); end > i {
		return run{first: i, last: end - 1, listed: true, loose: true}, end
	}
	first := &r.tokens[i]
	if !r.nameable(i) {
		return run{}, i
	}
	found = run{first: i, last: i, capital: first.writing == capital}
	r.weigh(&found, first)
	end := r.voice.nameEnd(*first)
	for next = i + 1; next < len(r.tokens) && r.tokens[next].end <= end; next++ {
		found.last = next
		r.weigh(&found, &r.tokens[next])
	}
	if next == i+1 && next+1 == len(r.tokens) && i == 0 && r.tokens[next].gap == ' ' && !r.tokens[next].digits && !r.tokens[next].is(around) {
		found.last = next // "Dorothy ball": two words are a full name
		next++
	}
	if next < len(r.tokens) && next == i+1 && r.tokens[next].gap == ',' && r.nameable(next) && !r.tokens[next].is(names.Common) {
		found.last = next // "Doe, Jane"
		r.weigh(&found, &r.tokens[next])
		next++
	}
	return found, next
}

func (r *reply) weigh(found *run, t *token) {
	if !t.is(names.Common | around) {
		found.listed = found.listed || t.is(names.First|names.Last)
		found.loose = found.loose || t.unknown() && t.letters > 1
	}
}

// fragments tells whether an answer is a name in pieces of one or two letters,
// as people spell it and recognisers of speech write it.
func (r *reply) fragments() (first, last int, ok bool) {
	count, single := 0, 0
	first = -1
	for i := range r.tokens {
		t := &r.tokens[i]
		if t.digits || t.letters > 2 || t.letters == 2 && t.is(names.Stop) {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
		count++
		single += 2 - t.letters
	}
	return first, last, count >= minFragments && single >= minSpelled && 5*count >= 3*len(r.tokens)
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
	led := found.first > 0 && (r.led(found.first) || found.capital && r.after(found.first, possessors))
	switch {
	case r.tokens[found.first].letters == 1: // spelled
		return true
	case found.listed:
		return found.capital || r.plain || led || r.tokens[found.first].writing == shout
	case r.known && !led:
		return false // "Transact with Victoria"
	case found.loose && found.capital:
		return led || !r.asks && (r.plain || found.first == 0 && r.acts(found.last))
	case found.loose:
		return !r.asks && size <= 3 && (r.plain || led && r.closes(found.last)) || led && r.asks && r.closes(found.last)
	}
	// Words that are names and something else: the whole answer, or written
	// like a name where a name belongs.
	return found.capital && led || r.plain && !r.asks && size <= 2 && r.alone(found, led)
}

// alone tells whether a run is what an answer comes down to: "yes, rose please".
func (r *reply) alone(found run, led bool) bool {
	if found.first > 0 && !led && !r.initial(found.first-1) && !agreeing[string(r.voice.key(r.tokens[found.first-1].span))] {
		return false
	}
	if found.last+1 == len(r.tokens) {
		return true
	}
	key := r.voice.key(r.tokens[found.last+1].span)
	return r.tokens[found.last+1].digits || politely[string(key)] || thanking[string(key)]
}

// agreeing and thanking stand around the name in a short answer.
var (
	agreeing = setOf("yes yeah yep no nope ok okay sure hi hello hey si sim oui ja ya haan just")
	thanking = setOf("thanks thank thx here speaking gracias obrigado obrigada merci danke grazie dhanyavad shukriya makasih")
)

// led tells whether what stands before a token leads to a name.
func (r *reply) led(i int) bool {
	before := &r.tokens[i-1]
	key := r.voice.key(before.span)
	return leads[string(key)] || titles[string(key)] || kin[string(key)]
}

// closes tells whether an answer ends with a token, or goes on with a word that
// stands around names.
func (r *reply) closes(i int) bool {
	if i+1 == len(r.tokens) {
		return true
	}
	next := &r.tokens[i+1]
	return next.gap != ' ' || next.digits || next.is(around) || next.writing == capital
}

// initial tells whether a token is the initial of a name and no word.
func (r *reply) initial(i int) bool {
	t := &r.tokens[i]
	if !t.initial() || t.dot || t.writing != capital {
		return t.initial() && t.dot
	}
	letter := r.voice.body.at(t.start)
	return letter != 'I' && letter != 'A'
}

// acts tells whether a token does something in the sentence that it begins.
func (r *reply) acts(i int) bool {
	return i+1 < len(r.tokens) && verbs[string(r.voice.key(r.tokens[i+1].span))]
}

// widen takes in what belongs to a name but is no name by itself: "Uncle", an
// initial, "van der".
func (r *reply) widen(found run) run {
	for found.first > 0 {
		before := &r.tokens[found.first-1]
		if before.digits || r.tokens[found.first].gap != ' ' && !before.dot {
			break
		}
		key := r.voice.key(before.span)
		if !kin[string(key)] && !prefixes[string(key)] && !r.initial(found.first-1) {
			break
		}
		found.first--
	}
	return found
}
