package main

import (
	"regexp"

	"github.com/dlclark/regexp2/v2"
	"github.com/wasilibs/go-re2/experimental"
)

// classify is the least that any detector does: one look at each byte.
func classify(text string) int {
	var seen [4]uint64
	digits := 0
	for i := range len(text) {
		b := text[i]
		seen[b>>6] |= 1 << (b & 63)
		if b-'0' < 10 {
			digits++
		}
	}
	return digits + int(seen[0]&1)
}

// contenders are the other ways, with the patterns of patterns.go.
func contenders() ([]contender, error) {
	var plain []*regexp.Regexp
	var second []*regexp2.Regexp
	for _, pattern := range patterns {
		compiled, err := regexp.Compile(pattern)
		if err != nil {
			return nil, err
		}
		plain = append(plain, compiled)
		other, err := regexp2.Compile(pattern, regexp2.None)
		if err != nil {
			return nil, err
		}
		second = append(second, other)
	}
	set, err := experimental.CompileSet(patterns)
	if err != nil {
		return nil, err
	}
	return []contender{
		{"loop of regexp", func(text string) (n int) {
			for _, r := range plain {
				n += len(r.FindAllStringIndex(text, -1))
			}
			return n
		}},
		{"loop of regexp2", func(text string) (n int) {
			for _, r := range second {
				found, err := r.FindAllStringIndex(text, -1)
				if err != nil {
					panic("regexp2 gave up on a text of the benchmark")
				}
				n += len(found)
			}
			return n
		}},
		{"go-re2 Set, which rules match", func(text string) int {
			found, err := set.FindAllStringWithError(text, len(patterns))
			if err != nil {
				panic("go-re2 gave up on a text of the benchmark")
			}
			return len(found)
		}},
	}, nil
}
