// Package names knows which words are names of people and which are common
// words. Its list is made by generate.mjs from public lists of names and words
// (LICENSES.txt), never from texts that people wrote.
package names

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"strings"
	"sync"
)

// Kind is what a word is; a word may be several.
type Kind uint8

// The kinds of a word.
const (
	First   Kind = 1 << iota // somebody's first name
	Last                     // somebody's last name
	Common                   // an ordinary word of English, Spanish, Portuguese, French, German, Italian or Indonesian
	Stop                     // a word that stands around names and is none: "and", "please", "monday"
	Foreign                  // a function word of Spanish, Portuguese, French, German, Italian or Indonesian that may be a name elsewhere: "les", "mana"
)

//go:embed words.txt.gz
var packed []byte

// dictionary is the list, unpacked.
type dictionary struct {
	lines  string // sorted, each "word kinds\n", and a line end in front of the first
	starts [26 * 26]stretch
}

// stretch is where the words of two first letters stand: from the line end
// before the first of them to that behind the last.
type stretch struct{ low, high int32 }

// list unpacks the list. The file is embedded: reading it cannot fail, and a
// test reads it.
var list = sync.OnceValue(func() *dictionary {
	d := &dictionary{lines: "\n"}
	if reader, err := gzip.NewReader(bytes.NewReader(packed)); err == nil {
		text, _ := io.ReadAll(reader)
		d.lines += string(text)
	}
	for start := 0; start+1 < len(d.lines); {
		end := start + 1 + strings.IndexByte(d.lines[start+1:], '\n')
		if i, ok := pair(d.lines[start+1:]); ok {
			if d.starts[i].high == 0 {
				d.starts[i].low = int32(start)
			}
			d.starts[i].high = int32(end)
		}
		start = end
	}
	return d
})

// pair numbers the first two letters of a word.
func pair[T string | []byte](word T) (int, bool) {
	if len(word) < 2 {
		return 0, false
	}
	first, second := word[0]-'a', word[1]-'a'
	return int(first)*26 + int(second), first < 26 && second < 26
}

// Load unpacks the list (half a megabyte, some milliseconds), so that the
// first Look does not have to.
func Load() { list() }

// Look returns the kinds of a word in normal form: lower case, without accents
// and apostrophes. Zero: the word is in no list.
func Look(word []byte) Kind {
	d := list()
	lines := d.lines
	low, high := 0, len(lines)-1 // line ends at or before which, and at or after which, the word would stand
	if i, ok := pair(word); ok {
		low, high = int(d.starts[i].low), int(d.starts[i].high)
	}
	for low < high {
		start := strings.LastIndexByte(lines[low:low+(high-low+1)/2], '\n') + low
		line := lines[start+1:]
		end := strings.IndexByte(line, '\n')
		if end < 0 {
			return 0
		}
		line = line[:end]
		switch space := strings.IndexByte(line, ' '); compare(word, line[:max(space, 0)]) {
		case 0:
			return kindsOf(line[space+1:])
		case -1:
			high = start
		default:
			low = start + 1 + end
		}
	}
	return 0
}

// compare is bytes.Compare without a copy of the line.
func compare(word []byte, line string) int {
	for i := range min(len(word), len(line)) {
		switch {
		case word[i] < line[i]:
			return -1
		case word[i] > line[i]:
			return 1
		}
	}
	switch {
	case len(word) < len(line):
		return -1
	case len(word) > len(line):
		return 1
	}
	return 0
}

func kindsOf(letters string) (kinds Kind) {
	for i := range len(letters) {
		switch letters[i] {
		case 'f':
			kinds |= First
		case 'l':
			kinds |= Last
		case 'c':
			kinds |= Common
		case 's':
			kinds |= Stop
		case 't':
			kinds |= Foreign
		}
	}
	return kinds
}
