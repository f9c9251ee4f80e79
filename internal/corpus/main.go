// Command corpus sends public corpora through the running proxy and says what
// came out: payloads of every channel must arrive with nothing but words
// changed, strict JSON must pass byte for byte, anything else must be refused,
// and no body that hides a card may let it through.
//
//	go run ./internal/corpus DIR
//
// It builds the binary, runs it with a bot and a platform of its own on
// loopback, once enforcing and once in shadow mode, and ends with a line that
// counts what passed and failed.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/corpus DIR")
		os.Exit(2)
	}
	passed, failed, err := run(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(2)
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// tally counts checks and prints the ones that fail.
type tally struct{ passed, failed int }

func (t *tally) check(ok bool, format string, args ...any) {
	if ok {
		t.passed++
		return
	}
	t.failed++
	fmt.Printf("FAIL "+format+"\n", args...)
}

func run(dir string) (passed, failed int, err error) {
	var all tally
	for _, mode := range []string{"enforce", "shadow"} {
		r, err := start(mode)
		if err != nil {
			return 0, 0, err
		}
		for _, part := range []func(*rig, string, *tally) error{payloads, suite, transforms, bodies, strings515} {
			if err = part(r, dir, &all); err != nil {
				break
			}
		}
		r.stop()
		if err != nil {
			return 0, 0, err
		}
	}
	return all.passed, all.failed, nil
}
