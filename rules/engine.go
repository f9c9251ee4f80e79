package rules

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// ScanBudget is how long a scan may take, and how long a caller should give all
// scans of one message together (Context.Deadline).
const ScanBudget = 250 * time.Millisecond

const (
	matchBudget = 100 * time.Millisecond // one search for the next match
	clockPeriod = 10 * time.Millisecond
	stackBudget = 100_000 // backtracking slots of one match
)

// engineOptions is the one mode of every pattern: Unicode classes (the
// default), letters of either case.
const engineOptions = regexp2.IgnoreCase

// setClock makes timeouts precise. The engine's clock is shared by the whole
// process and ticks each 100 ms by default, so that a 100 ms limit could take
// 200; it must be set before the first match, hence once, where rules are
// loaded. At 10 ms it costs about one per cent of a core, only while matches
// run.
var setClock = sync.OnceFunc(func() { regexp2.SetTimeoutCheckPeriod(clockPeriod) })

// engine is one compiled pattern.
type engine struct {
	regexp *regexp2.Regexp
	group  int // the group that is the finding; 0 the whole match
}

// compileRegex compiles a pattern. Its errors speak of the pattern, which is the
// rule author's text.
func compileRegex(pattern string) (compiled *regexp2.Regexp, err error) {
	setClock()
	defer func() { // a pattern is an operator's input: never a panic
		if recover() != nil {
			compiled, err = nil, errors.New("the engine cannot compile this pattern; simplify it")
		}
	}()
	compiled, err = regexp2.Compile(pattern, engineOptions, regexp2.OptionMaxBacktrackingStackSize(stackBudget))
	if err == nil {
		compiled.MatchTimeout = matchBudget
	}
	return compiled, err
}

// newEngine is the search for a group of a pattern: span is its number or name,
// or "" for the whole match.
func newEngine(compiled *regexp2.Regexp, span string) (e *engine, err error) {
	e = &engine{regexp: compiled}
	if span != "" {
		e.group, err = groupOf(compiled, span)
	}
	return e, err
}

func groupOf(compiled *regexp2.Regexp, span string) (int, error) {
	if number, err := strconv.Atoi(span); err == nil {
		for _, known := range compiled.GetGroupNumbers() {
			if known == number {
				return number, nil
			}
		}
	} else if number := compiled.GroupNumberFromName(span); number >= 0 {
		return number, nil
	}
	return 0, fmt.Errorf("span %s names no group of the pattern; its groups are %v", strconv.Quote(span), compiled.GetGroupNames())
}

// each calls yield for every match in text that begins at from or later, until
// yield returns false: where the match begins, and start and end of the group
// that is the finding. Text before from is seen by
// lookbehind only. Every failure of the engine is ErrBudget: its own errors
// quote the text, so they are dropped here and nowhere else.
func (e *engine) each(text []rune, from int, yield func(begin, start, end int) bool) (err error) {
	ours := false // a panic of yield is our own fault and not the engine's
	defer func() {
		if !ours && recover() != nil {
			err = ErrBudget
		}
	}()
	failed := e.regexp.FindRunesMatches(text, from, func(view regexp2.MatchView) bool {
		begin, whole, _ := view.GroupRange(0)
		start, length, ok := view.GroupRange(e.group)
		if !ok { // the group took no part: the whole match is the finding
			start, length = begin, whole
		}
		if length == 0 {
			return true
		}
		ours = true
		more := yield(begin, start, start+length)
		ours = false
		return more
	})
	if failed != nil {
		return ErrBudget
	}
	return nil
}
