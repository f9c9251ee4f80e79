package numbering

import (
	"regexp"
	"regexp/syntax"
	"slices"
)

// prefix matches what is dialled before a number: a national prefix, perhaps
// with a carrier's code, or an international one. Alternatives are tried in
// their order, the way Perl's regular expressions do.
type prefix struct {
	literals []string       // the pattern is one of these, in this order
	pattern  *regexp.Regexp // the pattern is more than that
	first    [10]bool       // digits that it may begin with; used with pattern
}

const maxPrefixLiterals = 8

// newPrefix compiles a pattern of the metadata; nil when there is none.
func newPrefix(pattern string) (*prefix, error) {
	if pattern == "" {
		return nil, nil
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, errPattern
	}
	if literals, ok := literalsOf(parsed); ok {
		return &prefix{literals: literals}, nil
	}
	compiled, err := regexp.Compile("^(?:" + pattern + ")")
	if err != nil {
		return nil, errPattern
	}
	p := &prefix{pattern: compiled}
	for digit := range p.first {
		p.first[digit] = mayBegin(parsed, rune('0'+digit))
	}
	return p, nil
}

// mayBegin tells whether a match of node may begin with digit, or be empty.
func mayBegin(node *syntax.Regexp, digit rune) bool {
	program, err := syntax.Compile(node.Simplify())
	if err != nil {
		return true
	}
	seen := map[uint32]bool{}
	var visit func(at uint32) bool
	visit = func(at uint32) bool {
		if seen[at] {
			return false
		}
		seen[at] = true
		switch inst := program.Inst[at]; inst.Op {
		case syntax.InstFail:
			return false
		case syntax.InstMatch:
			return true
		case syntax.InstAlt, syntax.InstAltMatch:
			return visit(inst.Out) || visit(inst.Arg)
		case syntax.InstCapture, syntax.InstEmptyWidth, syntax.InstNop:
			return visit(inst.Out)
		default:
			return inst.MatchRune(digit)
		}
	}
	return visit(uint32(program.Start))
}

// literalsOf returns the few strings that are all that node matches, in the
// order of preference.
func literalsOf(node *syntax.Regexp) ([]string, bool) {
	switch node.Op {
	case syntax.OpLiteral:
		return []string{string(node.Rune)}, true
	case syntax.OpCharClass:
		var list []string
		for i := 0; i+1 < len(node.Rune); i += 2 {
			for r := node.Rune[i]; r <= node.Rune[i+1] && len(list) <= maxPrefixLiterals; r++ {
				list = append(list, string(r))
			}
		}
		return list, len(list) <= maxPrefixLiterals
	case syntax.OpQuest:
		list, ok := literalsOf(node.Sub[0])
		if !ok || node.Flags&syntax.NonGreedy != 0 {
			return nil, false
		}
		return append(list, ""), true
	case syntax.OpAlternate:
		var list []string
		for _, sub := range node.Sub {
			more, ok := literalsOf(sub)
			if list = append(list, more...); !ok || len(list) > maxPrefixLiterals {
				return nil, false
			}
		}
		return list, true
	case syntax.OpConcat:
		list := []string{""}
		for _, sub := range node.Sub {
			more, ok := literalsOf(sub)
			if !ok || len(list)*len(more) > maxPrefixLiterals {
				return nil, false
			}
			list = joined(list, more)
		}
		return list, true
	}
	return nil, false
}

// joined returns every head with every tail.
func joined(heads, tails []string) []string {
	var list []string
	for _, head := range heads {
		for _, tail := range tails {
			list = append(list, head+tail)
		}
	}
	return list
}

// find returns where the prefix ends in digits and whether it is there.
func (p *prefix) find(digits []byte) (end int, ok bool) {
	if p == nil || len(digits) == 0 {
		return 0, false
	}
	if p.pattern == nil {
		for _, literal := range p.literals {
			if len(digits) >= len(literal) && string(digits[:len(literal)]) == literal {
				return len(literal), true
			}
		}
		return 0, false
	}
	if !p.first[digits[0]-'0'] {
		return 0, false
	}
	found := p.pattern.FindIndex(slices.Clone(digits)) // a copy, so that the caller's stay on its stack
	if found == nil {
		return 0, false
	}
	return found[1], true
}
