package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A line ends in hashField, the hash, lineEnd.
const (
	hashField  = `,"hash":"`
	lineEnd    = "\"}\n"
	hashLength = 2 * sha256.Size
	tailLength = len(hashField) + hashLength + len(lineEnd)
)

// firstPrev stands for the line before the first.
var firstPrev = strings.Repeat("0", hashLength)

func sum(line []byte) string {
	hash := sha256.Sum256(line)
	return hex.EncodeToString(hash[:])
}

// entry is a line of the file, in the order of its fields.
type entry struct {
	Seq          uint64   `json:"seq"`
	Prev         string   `json:"prev"`
	Time         string   `json:"time"`
	Actor        string   `json:"actor"`
	Action       string   `json:"action"`
	Account      string   `json:"account,omitempty"`
	Conversation string   `json:"conversation,omitempty"`
	Kinds        []string `json:"kinds,omitempty"`
	Count        int      `json:"count,omitempty"`
	Reason       string   `json:"reason,omitempty"`
	Request      string   `json:"request,omitempty"`
	Purpose      string   `json:"purpose,omitempty"`
	Source       string   `json:"source,omitempty"`
	Result       string   `json:"result,omitempty"`
	Rules        string   `json:"rules,omitempty"`
}

// encode returns a whole line and its hash.
func encode(e Event, seq uint64, prev string) (line []byte, hash string, err error) {
	line, err = json.Marshal(entry{
		Seq: seq, Prev: prev, Time: e.Time.UTC().Format(time.RFC3339Nano),
		Actor: e.Actor, Action: e.Action, Account: e.Account, Conversation: e.Conversation,
		Kinds: e.Kinds, Count: e.Count, Reason: e.Reason, Request: e.Request,
		Purpose: e.Purpose, Source: e.Source, Result: e.Result, Rules: e.Rules,
	})
	if err != nil {
		return nil, "", errors.New("encoding audit event")
	}
	line = line[:len(line)-1] // the hash comes before the brace
	hash = sum(line)
	line = append(line, hashField...)
	line = append(line, hash...)
	return append(line, lineEnd...), hash, nil
}

// BrokenError names the first line at which the chain is broken.
type BrokenError struct {
	// Line counts from 1.
	Line int
	// Reason says what is wrong with it: altered, out_of_order (a line before it
	// was taken out, put in or moved), malformed, or torn (no line end: the
	// writer was stopped, and opening the log repairs it).
	Reason string
}

// Error names the line and the reason; it never quotes the line.
func (e *BrokenError) Error() string {
	return fmt.Sprintf("audit log is broken at line %d: %s", e.Line, e.Reason)
}

// Verify reads the whole log at path and returns how many lines hold, from the
// first on. When one does not, the error is a *BrokenError that names it. It
// takes no lock: a log that is being written may end in a torn line.
func Verify(path string) (n int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("verifying audit log: %w", err)
	}
	defer file.Close()
	reader := bufio.NewReaderSize(file, maxLine)
	for prev := firstPrev; ; n++ {
		line, err := reader.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return n, nil
		case errors.Is(err, io.EOF):
			return n, &BrokenError{Line: n + 1, Reason: "torn"}
		case errors.Is(err, bufio.ErrBufferFull):
			return n, &BrokenError{Line: n + 1, Reason: "malformed"}
		case err != nil:
			return n, fmt.Errorf("verifying audit log: %w", err)
		}
		hash, reason := verifyLine(line, uint64(n)+1, prev)
		if reason != "" {
			return n, &BrokenError{Line: n + 1, Reason: reason}
		}
		prev = hash
	}
}

// verifyLine returns the hash of a line that is whole and in its place.
func verifyLine(line []byte, seq uint64, prev string) (hash, reason string) {
	body, hash, ok := cutHash(line)
	if !ok {
		return "", "malformed"
	}
	if sum(body) != hash {
		return "", "altered"
	}
	e, ok := decode(line)
	if !ok {
		return "", "malformed"
	}
	if e.Seq != seq || e.Prev != prev {
		return "", "out_of_order"
	}
	return hash, ""
}

// cutHash splits a whole line into what is hashed and the hash.
func cutHash(line []byte) (body []byte, hash string, ok bool) {
	at := len(line) - tailLength
	if at < 0 || !bytes.HasSuffix(line, []byte(lineEnd)) || !bytes.HasPrefix(line[at:], []byte(hashField)) {
		return nil, "", false
	}
	return line[:at], string(line[at+len(hashField) : len(line)-len(lineEnd)]), true
}

// decode reads a line of ours: known fields only.
func decode(line []byte) (entry, bool) {
	var known struct {
		entry
		Hash string `json:"hash"`
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&known)
	return known.entry, err == nil
}

// findTail finds the end of the chain and how many bytes of a torn line stand
// after it.
func (l *Log) findTail() (torn int64, err error) {
	size, err := l.file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	// A torn line, and the whole one before it, are within two lines' bounds.
	from := max(0, size-2*maxLine)
	end := make([]byte, size-from)
	if _, err := l.file.ReadAt(end, from); err != nil {
		return 0, err
	}
	whole := bytes.LastIndexByte(end, '\n') + 1
	l.tail = tail{hash: firstPrev, offset: from + int64(whole)}
	torn = int64(len(end) - whole)
	if whole == 0 {
		if from > 0 {
			return 0, errDamaged
		}
		return torn, nil
	}
	line := end[bytes.LastIndexByte(end[:whole-1], '\n')+1 : whole]
	body, hash, ok := cutHash(line)
	if !ok || sum(body) != hash {
		return 0, errDamaged
	}
	e, ok := decode(line)
	if !ok {
		return 0, errDamaged
	}
	l.tail.seq, l.tail.hash = e.Seq, hash
	return torn, nil
}

var errDamaged = errors.New("its last line was altered or is not one of this log: keep the file as evidence " +
	"(`piiproxy audit verify` names the first broken line), move it away, and a new one begins")
