package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
)

// A line ends in hashField, the hash, then lineEnd; or signatureField, the
// signature and lineEnd.
const (
	hashField      = `,"hash":"`
	signatureField = `","signature":"`
	lineEnd        = "\"}\n"
	hashLength     = 2 * sha256.Size
)

// firstPrev stands for the line before the first.
var firstPrev = strings.Repeat("0", hashLength)

func sum(line []byte) string {
	hash := sha256.Sum256(line)
	return hex.EncodeToString(hash[:])
}

// Line is a line of a log, in the order of its fields.
type Line struct {
	Seq          uint64   `json:"seq"`
	Prev         string   `json:"prev"`
	Time         string   `json:"time"` // RFC 3339, UTC
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
	// Key names the key of the signature; a line without one has none.
	Key string `json:"key,omitempty"`
}

// encode returns a whole line and its hash. It is signed when there is a signer.
func encode(e Event, seq uint64, prev string, signer Signer) (line []byte, hash string, err error) {
	content := Line{
		Seq: seq, Prev: prev, Time: e.Time.UTC().Format(time.RFC3339Nano),
		Actor: e.Actor, Action: e.Action, Account: e.Account, Conversation: e.Conversation,
		Kinds: e.Kinds, Count: e.Count, Reason: e.Reason, Request: e.Request,
		Purpose: e.Purpose, Source: e.Source, Result: e.Result, Rules: e.Rules,
	}
	if signer == nil {
		if line, hash, err = hashed(content); err != nil {
			return nil, "", err
		}
		return append(line, lineEnd...), hash, nil
	}
	for {
		content.Key = signer.SigningKeyID()
		if line, hash, err = hashed(content); err != nil {
			return nil, "", err
		}
		signature := sign(signer, hash)
		if content.Key == signer.SigningKeyID() { // else it was rotated in between
			line = append(line, signatureField...)
			line = append(line, signature...)
			return append(line, lineEnd...), hash, nil
		}
	}
}

// hashed encodes a line up to its hash.
func hashed(content Line) (line []byte, hash string, err error) {
	line, err = json.Marshal(content)
	if err != nil {
		return nil, "", errors.New("encoding audit event")
	}
	line = line[:len(line)-1] // the hash comes before the brace
	hash = sum(line)
	line = append(line, hashField...)
	return append(line, hash...), hash, nil
}

// parts of a whole line.
type parts struct {
	body      []byte // what is hashed
	hash      string
	signature string
}

// split takes a whole line apart by its ends alone.
func split(line []byte) (p parts, ok bool) {
	rest, ok := bytes.CutSuffix(line, []byte(lineEnd))
	if !ok {
		return p, false
	}
	if at := len(rest) - signatureLength - len(signatureField); at > 0 && bytes.HasPrefix(rest[at:], []byte(signatureField)) {
		p.signature = string(rest[at+len(signatureField):])
		rest = rest[:at]
	}
	at := len(rest) - hashLength - len(hashField)
	if at < 0 || !bytes.HasPrefix(rest[at:], []byte(hashField)) {
		return p, false
	}
	p.body, p.hash = rest[:at], string(rest[at+len(hashField):])
	return p, true
}

// decode reads a whole line of ours: known fields only, and a signature where there
// is a key. What readers of JSON see is what was split.
func decode(raw []byte, p parts) (Line, bool) {
	var known struct {
		Line
		Hash      string `json:"hash"`
		Signature string `json:"signature"`
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&known)
	return known.Line, err == nil && known.Hash == p.hash && known.Signature == p.signature &&
		(known.Key == "") == (p.signature == "")
}

// end is how a file ends, beside its tail.
type end struct {
	torn int64 // bytes after the last whole line
	bare bool  // its last line is not signed
}

// findEnd finds the end of the chain.
func (l *Log) findEnd() (end, error) {
	size, err := l.file.Seek(0, io.SeekEnd)
	if err != nil {
		return end{}, err
	}
	// A torn line, and the whole one before it, are within two lines' bounds.
	from := max(0, size-2*maxLine)
	bytesOfEnd := make([]byte, size-from)
	if _, err := l.file.ReadAt(bytesOfEnd, from); err != nil {
		return end{}, err
	}
	whole := bytes.LastIndexByte(bytesOfEnd, '\n') + 1
	l.tail = tail{hash: firstPrev, offset: from + int64(whole)}
	found := end{torn: int64(len(bytesOfEnd) - whole)}
	if whole == 0 {
		if from > 0 {
			return end{}, errDamaged
		}
		return found, nil
	}
	raw := bytesOfEnd[bytes.LastIndexByte(bytesOfEnd[:whole-1], '\n')+1 : whole]
	p, ok := split(raw)
	if !ok || sum(p.body) != p.hash {
		return end{}, errDamaged
	}
	line, ok := decode(raw, p)
	if !ok {
		return end{}, errDamaged
	}
	l.tail.seq, l.tail.hash, found.bare = line.Seq, p.hash, p.signature == ""
	return found, nil
}

var errDamaged = errors.New("its last line was altered or is not one of this log: keep the file as evidence " +
	"(`piiproxy audit verify` names what is broken), move it away, and a new one begins")
