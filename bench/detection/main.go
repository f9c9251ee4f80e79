// Detection measures what finding personal data costs, side by side in one
// run: piiproxy's whole rule set, and the three usual ways to look for many
// patterns, a loop of Go's regexp, a loop of regexp2 and go-re2's Set. Those
// run 60 patterns in the common shapes of personal data (patterns.go) and only
// match; piiproxy runs every built-in rule, validates, reads context, and
// resolves overlaps.
//
//	go run .                                   own texts
//	go run . -lines banking77.jsonl,tm4.jsonl  and the texts of these rows
//
// Contenders take turns, and a figure is the median of its turns, so that
// noise hits all alike. What can be compared between machines is the ratio to
// one pass that only classifies bytes, in the same run. It is a module of its
// own so that go-re2 is no dependency of piiproxy.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/rules"
)

func main() {
	lines := flag.String("lines", "", "JSON lines with texts or turns, comma-separated; each file is a workload")
	rounds := flag.Int("rounds", 7, "turns of every contender")
	each := flag.Duration("each", 100*time.Millisecond, "time of one turn")
	flag.Parse()
	if err := run(*lines, *rounds, *each); err != nil {
		fmt.Fprintln(os.Stderr, "detection:", err)
		os.Exit(1)
	}
}

func run(lines string, rounds int, each time.Duration) error {
	started := time.Now()
	library, err := rules.Load(rules.Sources("builtin"))
	if err != nil {
		return err
	}
	took := time.Since(started)
	set, err := library.Set(rules.View{Regions: []string{"US"}})
	if err != nil {
		return err
	}
	world, err := library.Set(rules.View{})
	if err != nil {
		return err
	}
	fmt.Printf("%d CPUs, %s; %d rules and prompt rules, compiled in %d ms\n\n", runtime.NumCPU(), runtime.Version(),
		len(library.Rules()), took.Milliseconds())
	loads := workloads()
	for _, file := range strings.FieldsFunc(lines, func(r rune) bool { return r == ',' }) {
		load, err := rows(file)
		if err != nil {
			return err
		}
		loads = append(loads, load)
	}
	others, err := contenders()
	if err != nil {
		return err
	}
	list := append([]contender{{"bytes", classify}, {"piiproxy", scanner(world, rules.Inbound)}, {"piiproxy, US", scanner(set, rules.Inbound)}, {"piiproxy, outbound", scanner(world, rules.Outbound)}}, others...)
	report(loads, list, rounds, each)
	return scale(rounds, each)
}

// scanner scans with one set; a text that it cannot read is a fault of the
// measurement.
func scanner(set *rules.Set, direction rules.Direction) func(text string) int {
	context := rules.Context{Direction: direction, Field: "text"}
	return func(text string) int {
		result, err := set.Scan(text, context)
		if err != nil {
			panic("a text of the benchmark cannot be scanned: " + err.Error())
		}
		return len(result.Findings)
	}
}

// scale compares 100 rules with 1,000 of the same make on clean text.
func scale(rounds int, each time.Duration) error {
	var list []contender
	for _, count := range []int{100, 1000} {
		library, err := rules.Load([]rules.Source{{Name: "made.yaml", Body: made(count)}})
		if err != nil {
			return err
		}
		set, err := library.Set(rules.View{})
		if err != nil {
			return err
		}
		list = append(list, contender{fmt.Sprintf("%d rules", count), scanner(set, rules.Inbound)})
	}
	fmt.Println()
	report(workloads()[:3], list, rounds, each)
	return nil
}

// made is a rule file of so many rules: a keyword with a number, a shape with a
// keyword, a list of words, in turn.
func made(count int) []byte {
	var text strings.Builder
	text.WriteString("rules:\n")
	for i := range count {
		word := fmt.Sprintf("%c%c%cref", 'a'+i%26, 'a'+i/26%26, 'k'+i/676)
		switch i % 3 {
		case 0:
			fmt.Fprintf(&text, "  - {id: r%d, kind: k, patterns: [{regex: '\\b%s\\W{0,3}(\\d{4,9})\\b', span: 1}]}\n", i, word)
		case 1:
			fmt.Fprintf(&text, "  - {id: r%d, kind: k, shapes: [{form: 'AA-9{%d}', score: 0.2}], context: {near: [%s], boost: 0.4}}\n", i, 5+i%9, word)
		default:
			fmt.Fprintf(&text, "  - {id: r%d, kind: k, words: [%s, %s number]}\n", i, word, word)
		}
	}
	return []byte(text.String())
}
