// Package restore turns the tokens in a dump of a bot's own data back into values.
// It promises that every other byte stays as it was, that a value cannot end the
// string it stands in, and that memory does not grow with the file.
//
// It knows nothing of who may have a value: whoever calls it gives a Lookup that
// does. A token that Lookup does not give stays as it is.
package restore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/piiproxy/piiproxy/vault"
)

const (
	// blockSize is how much is read before tokens are looked up.
	blockSize = 1 << 20
	// maxBlock bounds what must be in memory at once: a record of a CSV file.
	maxBlock = 64 << 20
	// maxKnown bounds the values that are remembered, in bytes of tokens and values;
	// then all are forgotten and asked for anew.
	maxKnown = 32 << 20
)

var (
	// ErrPacked says that the file is not text: its tokens cannot be seen.
	ErrPacked = errors.New("the file is compressed, UTF-16 or in pg_dump's own format: unpack it, convert it to UTF-8, or dump it as plain text")
	// ErrDialect says that a file whose name ends in .sql is of mysqldump, or of
	// pg_dump with COPY, where a quote in a value is written otherwise.
	ErrDialect = errors.New("the file is MySQL's or has COPY in it, and its name does not say so: add --format mysql or --format copy, or --format sql if it is standard SQL all the same")
	// ErrRecord says that a CSV file has a record of over 64 MiB, or a quote that is
	// never closed.
	ErrRecord = errors.New("a record is longer than 64 MiB, or has a quote without an end: is the file of this format?")
)

// Lookup gives what tokens stand for, by token in small letters, and nothing for
// those that stand for nothing or are not to be had. Each comes once.
type Lookup func(ctx context.Context, tokens []string) (map[string]string, error)

// Config says what to rewrite.
type Config struct {
	From   io.Reader
	To     io.Writer
	Format Format
	Lookup Lookup
	// Batch is how many tokens one Lookup is asked for at most.
	Batch int
	// Progress is called now and then; nil is not.
	Progress func(Report)
}

// Report counts.
type Report struct {
	Bytes    int64 // read
	Restored int   // tokens that became values
	Left     int   // tokens that stay
}

// rewriter is one run.
type rewriter struct {
	config Config
	report Report
	known  map[string]string // by token; "" stands for nothing: no value is empty
	size   int
	last   string // the end of the block before
}

// Rewrite copies From to To with values for tokens. Errors: ErrPacked, ErrDialect,
// ErrRecord, those of From, To and Lookup; what was written until then is no whole file.
func Rewrite(ctx context.Context, config Config) (Report, error) {
	r := &rewriter{config: config, known: map[string]string{}}
	var buffer []byte
	for eof := false; !eof; {
		var err error
		if buffer, eof, err = r.fill(buffer); err != nil {
			return r.report, err
		}
		n := r.config.Format.split(buffer, eof)
		if n == 0 && !eof {
			if len(buffer) >= maxBlock {
				return r.report, ErrRecord
			}
			continue
		}
		if err := r.block(ctx, buffer[:n]); err != nil {
			return r.report, err
		}
		buffer = append(buffer[:0], buffer[n:]...)
		if config.Progress != nil {
			config.Progress(r.report)
		}
	}
	return r.report, nil
}

// fill reads one more block.
func (r *rewriter) fill(buffer []byte) ([]byte, bool, error) {
	first := r.report.Bytes == 0
	start := len(buffer)
	buffer = append(buffer, make([]byte, blockSize)...)
	n, err := io.ReadFull(r.config.From, buffer[start:])
	buffer = buffer[:start+n]
	r.report.Bytes += int64(n)
	eof := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !eof {
		return nil, false, fmt.Errorf("reading the file: %w", err)
	}
	if first && packed(buffer) {
		return nil, false, ErrPacked
	}
	return buffer, eof, nil
}

// packed says that a file begins as those do whose text is not there to be seen:
// gzip, zstd, zip, bzip2, xz, pg_dump -Fc, UTF-16.
func packed(start []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "PK\x03\x04", "BZh", "\xfd7zXZ", "PGDMP", "\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(start, []byte(magic)) {
			return true
		}
	}
	return false
}

// block rewrites a part of the file that stands by itself.
func (r *rewriter) block(ctx context.Context, block []byte) error {
	text := string(block)
	if r.config.Format.other(r.last + text) {
		return ErrDialect
	}
	r.last = text[max(0, len(text)-longestDialect):]
	if err := r.learn(ctx, text); err != nil {
		return err
	}
	written := r.config.Format.write(text, func(token string) (string, bool) {
		value := r.known[strings.ToLower(token)]
		if value == "" {
			r.report.Left++
			return "", false
		}
		r.report.Restored++
		return value, true
	})
	if _, err := io.WriteString(r.config.To, written); err != nil {
		return fmt.Errorf("writing the file: %w", err)
	}
	return nil
}

// learn looks up the tokens of a block that are not known yet.
func (r *rewriter) learn(ctx context.Context, text string) error {
	if r.size > maxKnown {
		r.known, r.size = map[string]string{}, 0
	}
	var missing []string
	for _, span := range vault.FindTokens(text) {
		token := strings.ToLower(text[span[0]:span[1]])
		if _, ok := r.known[token]; !ok {
			r.known[token] = ""
			r.size += len(token)
			missing = append(missing, token)
		}
	}
	for len(missing) > 0 {
		n := min(len(missing), r.config.Batch)
		values, err := r.config.Lookup(ctx, missing[:n])
		if err != nil {
			return err
		}
		for token, value := range values {
			r.known[token] = value
			r.size += len(value)
		}
		missing = missing[n:]
	}
	return nil
}
