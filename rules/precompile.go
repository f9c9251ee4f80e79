package rules

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dlclark/regexp2/v2"
)

// regexes are the compiled regular expressions of a load, by their text. Many
// rules share one, and compiling them is most of what loading costs, so that
// they are compiled once each and on every processor.
type regexes map[string]*compiled

// compiled is one regular expression, or why it is none.
type compiled struct {
	regexp *regexp2.Regexp
	need   need
	err    error
}

// precompile compiles what the documents write. What a pattern need not be
// found by, because others decide when it runs, has no need.
func precompile(docs []document) regexes {
	all := regexes{}
	var searched, looked []string
	for _, doc := range docs {
		for _, r := range doc.file.Rules {
			for _, p := range r.Patterns {
				searched = append(searched, p.Regex)
			}
		}
		for _, p := range doc.file.Prompts {
			searched = append(searched, p.Patterns...)
			looked = append(looked, p.Ignore...)
		}
	}
	searched = all.add(searched)
	list := slices.Concat(searched, all.add(looked))
	each(len(list), func(i int) {
		c := all[list[i]]
		if len(list[i]) > maxPatternBytes { // check has complained
			c.err = errors.New("it is too long")
			return
		}
		if c.regexp, c.err = compileRegex(list[i]); c.err == nil && i < len(searched) {
			c.need = needOf(list[i])
		}
	})
	return all
}

// add makes room for a list and returns what of it was not there.
func (x regexes) add(list []string) (fresh []string) {
	for _, regex := range list {
		if x[regex] == nil {
			x[regex] = new(compiled)
			fresh = append(fresh, regex)
		}
	}
	return fresh
}

// pattern returns a pattern of one of the regular expressions.
func (x regexes) pattern(regex, span string) (pattern, error) {
	c := x[regex]
	if c.err != nil {
		return pattern{}, c.err
	}
	e, err := newEngine(c.regexp, span)
	if err != nil {
		return pattern{}, err
	}
	return pattern{engine: e, need: c.need}, nil
}

// each calls work for 0 to n-1, on every processor, and returns when all are
// done.
func each(n int, work func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	group.Wait()
}
