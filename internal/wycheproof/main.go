// Command wycheproof runs Project Wycheproof's vectors against the primitives
// that piiproxy uses: HMAC-SHA256 (signatures, tokens, names of records) and
// AES-256-GCM (all that is sealed), each through the same library calls.
//
//	go run ./internal/wycheproof FOLDER
//
// FOLDER holds hmac_sha256_test.json and aes_gcm_test.json. A vector that is
// valid must give exactly what it says, one that is invalid must be refused.
// Vectors for sizes that piiproxy never uses are counted apart, by reason. The
// last line is "N passed, N failed"; exit 1 when one failed, 2 when the vectors
// cannot be read.
package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: wycheproof FOLDER")
		os.Exit(2)
	}
	failed, err := run(os.Args[1], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "wycheproof:", err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

func run(folder string, output io.Writer) (failed int, err error) {
	total := tally{}
	for _, set := range []struct {
		file string
		run  func(group, vector) []outcome
	}{
		{"hmac_sha256_test.json", runHMAC},
		{"aes_gcm_test.json", runAEAD},
	} {
		groups, err := read(filepath.Join(folder, set.file))
		if err != nil {
			return 0, err
		}
		counts := map[string]*tally{}
		for _, g := range groups {
			for _, v := range g.Tests {
				for _, o := range set.run(g, v) {
					count(counts, o, set.file, v, output)
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(counts)) {
			c := counts[name]
			fmt.Fprintf(output, "%s: %s: %s\n", set.file, name, c)
			total.passed += c.passed
			total.failed += c.failed
		}
	}
	fmt.Fprintf(output, "%d passed, %d failed\n", total.passed, total.failed)
	return total.failed, nil
}

func count(counts map[string]*tally, o outcome, file string, v vector, output io.Writer) {
	c := counts[o.primitive]
	if c == nil {
		c = &tally{}
		counts[o.primitive] = c
	}
	switch {
	case o.skipped:
		c.skipped++
	case o.problem != "":
		c.failed++
		fmt.Fprintf(output, "%s: %s: vector %d: %s\n", file, o.primitive, v.ID, o.problem)
	case v.Result == "invalid":
		c.passed++
		c.refused++
	default:
		c.passed++
	}
}

// tally counts the vectors of one primitive.
type tally struct{ passed, failed, refused, skipped int }

func (t *tally) String() string {
	if t.skipped > 0 {
		return fmt.Sprintf("%d vectors", t.skipped)
	}
	return fmt.Sprintf("%d passed (%d of them invalid and refused), %d failed", t.passed, t.refused, t.failed)
}

// outcome is what one primitive made of a vector.
type outcome struct {
	primitive string // or, when skipped, why
	problem   string
	skipped   bool
}

func skip(reason string) []outcome {
	return []outcome{{primitive: "does not apply: " + reason, skipped: true}}
}

type group struct {
	KeySize int // bits, like the other sizes
	IVSize  int
	TagSize int
	Tests   []vector
}

type vector struct {
	ID     int `json:"tcId"`
	Result string
	Key    hexBytes
	IV     hexBytes
	AAD    hexBytes
	Msg    hexBytes
	CT     hexBytes
	Tag    hexBytes
}

type hexBytes []byte

// UnmarshalText reads hexadecimal.
func (h *hexBytes) UnmarshalText(text []byte) error {
	decoded, err := hex.AppendDecode(nil, text)
	*h = decoded
	return err
}

func read(path string) ([]group, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		NumberOfTests int
		TestGroups    []group
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	vectors := 0
	for _, g := range file.TestGroups {
		for _, v := range g.Tests {
			if v.Result != "valid" && v.Result != "invalid" {
				return nil, fmt.Errorf("reading %s: vector %d is %q, neither valid nor invalid", path, v.ID, v.Result)
			}
			vectors++
		}
	}
	if vectors == 0 || vectors != file.NumberOfTests {
		return nil, fmt.Errorf("reading %s: %w", path, errors.New("it does not hold as many vectors as it says"))
	}
	return file.TestGroups, nil
}
