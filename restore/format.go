package restore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/vault"
)

// maxToken is the longest token: pii_, a kind of 64, an underscore, and 26.
const maxToken = 4 + 64 + 1 + 26

// Format is how a file writes a value. Make it with ParseFormat.
type Format struct {
	separator byte // of fields; 0 when the file is no table
	guessed   bool // sql, and only the ending of the file's name says so
	escapes   []func(string) string
}

// escapes say how a value stands inside a string of a format.
var escapes = []struct {
	name   string
	ending []string
	escape func(string) string
}{
	{"text", []string{".txt", ".log"}, func(s string) string { return s }},
	{"json", []string{".json", ".jsonl", ".ndjson"}, escapeJSON},
	{"csv", []string{".csv"}, nil},
	{"tsv", []string{".tsv"}, nil},
	{"sql", []string{".sql"}, strings.NewReplacer("'", "''").Replace},
	{"mysql", nil, strings.NewReplacer(`\`, `\\`, `'`, `\'`, `"`, `\"`, "\x00", `\0`, "\n", `\n`, "\r", `\r`, "\x1a", `\Z`).Replace},
	{"copy", nil, strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\b", `\b`, "\f", `\f`, "\v", `\v`).Replace},
}

// separators are those of the formats that are tables.
var separators = map[string]byte{"csv": ',', "tsv": '\t'}

// Formats lists the names.
func Formats() []string {
	var names []string
	for _, e := range escapes {
		names = append(names, e.name)
	}
	return names
}

// ParseFormat reads the name of a format, or several with commas between, the outer
// first: sql,json is JSON in SQL strings. An empty name is told by the ending of the
// file's. Tables can only be the outermost.
func ParseFormat(name, file string) (Format, error) {
	guessed := name == ""
	if guessed {
		if name = byEnding(file); name == "" {
			return Format{}, fmt.Errorf("the file's name does not say how it writes values: add --format, one of %s", strings.Join(Formats(), ", "))
		}
	}
	f := Format{guessed: guessed && name == "sql"}
	for i, part := range strings.Split(name, ",") {
		at := slices.Index(Formats(), part)
		switch {
		case at < 0:
			return Format{}, fmt.Errorf("there is no such format: it is one of %s, or two with a comma between", strings.Join(Formats(), ", "))
		case escapes[at].escape == nil && i > 0:
			return Format{}, errors.New("csv and tsv can only be the outermost format: write them first")
		case escapes[at].escape == nil:
			f.separator = separators[part]
		default:
			f.escapes = append(f.escapes, escapes[at].escape)
		}
	}
	return f, nil
}

func byEnding(file string) string {
	ending := strings.ToLower(filepath.Ext(file))
	for _, e := range escapes {
		if ending != "" && slices.Contains(e.ending, ending) {
			return e.name
		}
	}
	return ""
}

// escapeJSON writes a text as it stands inside a JSON string.
func escapeJSON(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(text) != nil { // a text always encodes
		return ""
	}
	return b.String()[1 : b.Len()-2] // without quotes and line end
}

// escape writes a value for the file, the inner format first.
func (f Format) escape(value string) string {
	for _, escape := range slices.Backward(f.escapes) {
		value = escape(value)
	}
	return value
}

// dialects are what dumps have in them whose strings end otherwise than those of
// standard SQL: those of MySQL, and PostgreSQL's COPY.
var dialects = []string{"-- MySQL dump ", "-- MariaDB dump ", "-- phpMyAdmin SQL Dump", ") ENGINE=", " FROM stdin;\n", " FROM stdin;\r\n"}

// longestDialect is how much of a block can be the beginning of one of them.
const longestDialect = 24

// other says that a text is not of the format that the file's name made us take it
// for: a value could end the string it stands in.
func (f Format) other(text string) bool {
	return f.guessed && slices.ContainsFunc(dialects, func(mark string) bool { return strings.Contains(text, mark) })
}

// split says how many bytes of the buffer can be rewritten without those behind
// them: up to where a token could still go on, or the last whole record of a table.
func (f Format) split(buffer []byte, eof bool) int {
	if eof {
		return len(buffer)
	}
	if f.separator != 0 {
		return lastRecord(buffer, f.separator)
	}
	safe := len(buffer) - maxToken
	if safe <= 0 {
		return 0
	}
	for _, span := range vault.FindTokens(string(buffer)) {
		if span[0] < safe && span[1] > safe {
			safe = span[1]
		}
	}
	return safe
}

// write rewrites a part of the file.
func (f Format) write(text string, value func(token string) (string, bool)) string {
	if f.separator != 0 {
		return f.writeTable(text, value)
	}
	written, _ := f.replace(text, value)
	return written
}

// replace puts values in the place of tokens, and returns them together: what of the
// text is new.
func (f Format) replace(text string, value func(token string) (string, bool)) (written, inserted string) {
	spans := vault.FindTokens(text)
	if len(spans) == 0 {
		return text, ""
	}
	var b, added strings.Builder
	at := 0
	for _, span := range spans {
		b.WriteString(text[at:span[0]])
		at = span[1]
		found, ok := value(text[span[0]:span[1]])
		if !ok {
			b.WriteString(text[span[0]:span[1]])
			continue
		}
		found = f.escape(found)
		b.WriteString(found)
		added.WriteString(found)
	}
	b.WriteString(text[at:])
	return b.String(), added.String()
}
