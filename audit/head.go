package audit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Head names the end of a chain at some time. Kept anywhere else, it shows that
// lines were cut off since.
type Head struct {
	Seq  uint64
	Hash string // 64 hexadecimal digits, or the first 32 of them
}

// shortHash is enough: whoever wants to put another line in the place of one would
// have to find a second text of the same 128 bits.
const shortHash = 32

// String is SEQ-HASH, as ParseHead reads it.
func (h Head) String() string {
	return strconv.FormatUint(h.Seq, 10) + "-" + h.Hash[:min(len(h.Hash), shortHash)]
}

// ParseHead reads a head as the log and `piiproxy audit verify` print it.
func ParseHead(text string) (Head, error) {
	number, hash, _ := strings.Cut(strings.TrimSpace(text), "-")
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil || seq == 0 || len(hash) < shortHash || len(hash) > hashLength || !made(hash, isDigit16) {
		return Head{}, errors.New("a head is a line's number, a dash and 32 hexadecimal digits, as `audit_head` has it in the log")
	}
	return Head{seq, hash}, nil
}

// is says whether a line is the one that the head names.
func (h Head) is(hash string) bool { return strings.HasPrefix(hash, h.Hash) }

// Has says whether the chain has a line that it had once. It reads the file that
// holds the line, if it is not the last one.
func (l *Log) Has(head Head) (bool, error) {
	l.mutex.Lock()
	end := Head{l.tail.seq, l.tail.hash}
	l.mutex.Unlock()
	if head.Seq >= end.Seq {
		return head.Seq == end.Seq && head.is(end.Hash), nil
	}
	closed, err := closedFiles(l.config.Path)
	if err != nil {
		return false, err
	}
	in := l.config.Path
	for _, name := range slices.Backward(closed) {
		if number, ok := closedNumber(l.config.Path, name); ok && number >= head.Seq {
			in = name
		}
	}
	found := false
	_, err = Verifier{seen: func(seq uint64, hash string) {
		found = found || seq == head.Seq && head.is(hash)
	}}.Files(in)
	return found, err
}

// Problem is something that is wrong with a log.
type Problem struct {
	// File is the file's path.
	File string `json:"file"`
	// Line counts from 1 in its file.
	Line int `json:"line"`
	// Reason is one of Reasons.
	Reason string `json:"reason"`
	// Detail says more, in names and numbers of ours; it never quotes a line.
	Detail string `json:"detail,omitempty"`
}

// Reasons of problems.
const (
	ReasonAltered    = "altered"      // its hash is not the line's
	ReasonMissing    = "missing"      // lines before it were taken out
	ReasonOutOfOrder = "out_of_order" // it was put in, moved or repeated
	ReasonReplaced   = "replaced"     // the line before it is another than it was
	ReasonMalformed  = "malformed"    // it is no line of a log
	ReasonTorn       = "torn"         // no line end: the writer was stopped, and opening the log repairs it
	ReasonSignature  = "signature"    // its signature is not the key's: it was written by somebody else
	ReasonKey        = "key_unknown"  // it is signed with a key that is not among those given
	ReasonUnsigned   = "unsigned"     // lines that should be covered by a signature are not
	ReasonFile       = "file_missing" // a whole file before it is not there
	ReasonHead       = "head"         // the chain does not have the head that it had once: lines were cut off or written anew
)

// Error names the place and the reason; it never quotes a line.
func (p *Problem) Error() string {
	text := fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason)
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	return text
}
