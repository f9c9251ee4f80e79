package lint

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/dlclark/regexp2/v2/syntax"

	"github.com/piiproxy/piiproxy/rules"
)

const (
	// shortAttack is what somebody types by hand. A pattern that a text of this
	// length can exhaust is refused.
	shortAttack = 1024
	// exhaustions is how often an attack must use up the budget: it is of real
	// time, and a busy machine has less of it.
	exhaustions = 3
	// maxAttacks bounds the attacks of each of three sorts that are tried on one
	// pattern, maxSuffix the ends of each.
	maxAttacks = 6
	maxSuffix  = 3
)

// verdict is what is known about how long a pattern can take.
type verdict struct {
	exponential bool   // its syntax tree says so
	exhausts    int    // length of the shortest text tried that used up the budget; 0: none did
	attack      attack // the text
}

// runaway judges a pattern by its syntax tree, and by texts made from it.
func runaway(regex string, probe *rules.Probe) verdict {
	tree, err := syntax.Parse(regex, syntax.ParseOptions{RegexOptions: syntax.IgnoreCase})
	if err != nil {
		return verdict{} // the engine has complained
	}
	a := newAlphabet(tree.Root)
	v := verdict{}
	var loops, plain, same []attack
	for _, part := range searched(tree.Root) {
		m := newAutomaton(part, a)
		if m.tooLarge {
			same = append(same, generic(a)...)
			continue
		}
		twice := m.ambiguous()
		v.exponential = v.exponential || len(twice) > 0 && !m.rounded
		loops, plain, same = append(loops, twice...), append(plain, m.cycles()...), append(same, m.same()...)
	}
	for _, list := range [][]attack{loops, plain, same} {
		for _, attack := range list[:min(len(list), maxAttacks)] {
			if v.exhausts == 0 || v.exhausts > shortAttack {
				v.exhaust(probe, a, attack)
			}
		}
	}
	return v
}

// searched are the parts of a pattern that the engine searches by themselves:
// the whole, and what stands in lookaround.
func searched(root *syntax.RegexNode) []*syntax.RegexNode {
	parts := []*syntax.RegexNode{root}
	each(root, func(node *syntax.RegexNode) {
		if node.T == syntax.NtPosLook || node.T == syntax.NtNegLook {
			parts = append(parts, node.Children[0])
		}
	})
	return parts
}

// generic attacks are for patterns that are too large to be analysed: one
// character again and again.
func generic(a alphabet) []attack {
	var list []attack
	for _, r := range a.runes {
		list = append(list, attack{pump: string(r)})
	}
	return list
}

// exhaust tries one attack with several ends, first as a text that somebody
// types, then as long as a window.
func (v *verdict) exhaust(probe *rules.Probe, a alphabet, tried attack) {
	var pumped letters
	for _, r := range tried.pump {
		pumped |= a.of(func(other rune) bool { return other == r })
	}
	suffixes := []string{""}
	for _, r := range a.others(pumped, maxSuffix) {
		suffixes = append(suffixes, string(r))
	}
	long := tried
	missed := false
	for _, suffix := range suffixes {
		tried.suffix = suffix
		matched, out := exhausts(probe, tried.text(shortAttack))
		if out {
			v.shortest(probe, tried)
			return
		}
		if !matched && !missed {
			missed, long.suffix = true, suffix
		}
	}
	if v.exhausts > 0 {
		return // a long one is known
	}
	if _, out := exhausts(probe, long.text(rules.MaxWindow)); out {
		v.exhausts, v.attack = rules.MaxWindow, long
	}
}

// shortest shortens an attack as long as it works.
func (v *verdict) shortest(probe *rules.Probe, a attack) {
	v.exhausts, v.attack = shortAttack, a
	for n := shortAttack / 2; n >= 32; n /= 2 {
		if _, err := probe.Matches(a.text(n)); !errors.Is(err, rules.ErrBudget) {
			return
		}
		v.exhausts = n
	}
}

// exhausts tells whether a text uses up the budget of a pattern every time.
func exhausts(probe *rules.Probe, text string) (matched, out bool) {
	for range exhaustions {
		found, err := probe.Matches(text)
		if !errors.Is(err, rules.ErrBudget) {
			return found, false
		}
	}
	return false, true
}

// problems puts a verdict into words.
func (v verdict) problems() []Problem {
	const way = "; make it plain which part of a text each repetition takes, or bound it with {0,20}"
	switch {
	case v.exhausts > 0 && v.exhausts <= shortAttack:
		return []Problem{{Severity: Error, Text: fmt.Sprintf("can run away: %d characters such as %s use up its budget, and a message with them is not read%s",
			v.exhausts, v.attack.shown(), way)}}
	case v.exponential:
		return []Problem{{Severity: Warning, Text: "can go round a repetition in two ways, which takes exponential time unless the engine sees through it (no text tried used up the budget)" + way}}
	case v.exhausts > 0:
		return []Problem{{Severity: Warning, Text: fmt.Sprintf("is slow on long texts: %d characters such as %s use up its budget%s", v.exhausts, v.attack.shown(), way)}}
	}
	return nil
}

// shown is the beginning and the end of an attack.
func (a attack) shown() string {
	pump := []rune(a.pump)
	repeated := slices.Concat(pump, pump, pump, pump)
	return strconv.Quote(a.prefix+string(repeated[:min(len(repeated), 12)])) + "…" + strconv.Quote(a.suffix)
}
