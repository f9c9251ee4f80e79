package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Corpus is one file of labelled rows.
type Corpus struct {
	Name string // the file's name without folder and ending
	Rows []Row
}

// Row is one text, or one conversation.
type Row struct {
	ID       string
	Region   string // ISO 3166 code of the author, "" if unknown
	Language string
	Turns    []Turn
	Labelled bool   // false: nobody said what is personal data in it ("spans": null)
	Fields   fields // every other member of the row, to choose rows by
}

// Turn is one message. A row with a single text has one, of a user.
type Turn struct {
	Bot    bool
	Text   string
	Labels []Label
	Asked  []string // what the corpus says that the bot's turn before asked for
	Fields fields
}

// Label is a stretch that a corpus marks as personal data.
type Label struct {
	Start, End int // bytes of the turn's text
	Type       string
	pieces     [][2]int // of a value in several pieces: the bytes that hold it
}

// fields are the members of a JSON object that a filter may look at: strings,
// numbers, booleans and null, as written.
type fields map[string]string

// partly says that not all personal data of the row is labelled ("complete":
// false): what is found besides the labels is not wrong for that.
func (r *Row) partly() bool { return r.Fields["complete"] == "false" }

// maxLine bounds a row.
const maxLine = 8 << 20

// ReadFile reads a corpus. Its errors name the line and show none of its text.
func ReadFile(path string, labels *Map) (Corpus, error) {
	f, err := os.Open(path)
	if err != nil {
		return Corpus{}, err
	}
	defer f.Close()
	corpus, err := Read(f, corpusName(path), labels)
	if err != nil {
		return Corpus{}, fmt.Errorf("%s:%w", path, err)
	}
	return corpus, nil
}

func corpusName(path string) string { return strings.TrimSuffix(filepath.Base(path), ".jsonl") }

// Read reads a corpus from r. Rows that the map excludes are left out.
func Read(r io.Reader, name string, labels *Map) (Corpus, error) {
	corpus := Corpus{Name: name}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	n := 1
	for ; lines.Scan(); n++ {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		row, err := readRow(lines.Bytes(), labels)
		if err != nil {
			return corpus, fmt.Errorf("%d: %w", n, err)
		}
		if labels.excluded(row.ID) {
			continue
		}
		corpus.Rows = append(corpus.Rows, row)
	}
	if err := lines.Err(); err != nil {
		return corpus, fmt.Errorf("%d: %w", n, err)
	}
	return corpus, nil
}

// jsonRow and jsonTurn are what the file holds.
type jsonRow struct {
	ID       json.RawMessage `json:"id"`
	Region   *string         `json:"region"`
	Language *string         `json:"language"`
	Text     *string         `json:"text"`
	Turns    []jsonTurn      `json:"turns"`
	Spans    *[]jsonSpan     `json:"spans"`
	Entity   string          `json:"entity"`
	Type     string          `json:"type"`
	Contains string          `json:"contains"`
	Span     string          `json:"span"`
}

type jsonTurn struct {
	Speaker string     `json:"speaker"`
	Text    string     `json:"text"`
	Spans   []jsonSpan `json:"spans"`
	Asked   []string   `json:"asked"`
	fields  fields
}

// UnmarshalJSON keeps the members besides.
func (t *jsonTurn) UnmarshalJSON(raw []byte) error {
	type plain jsonTurn
	if err := json.Unmarshal(raw, (*plain)(t)); err != nil {
		return err
	}
	t.fields = readFields(raw)
	return nil
}

// jsonSpan is [start, end, TYPE]; without a type the row's "entity" is it.
type jsonSpan struct {
	start, end int
	label      string
}

// UnmarshalJSON reads the array.
func (s *jsonSpan) UnmarshalJSON(raw []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) < 2 {
		return errors.New("a span is [start, end, TYPE]")
	}
	err := errors.Join(json.Unmarshal(parts[0], &s.start), json.Unmarshal(parts[1], &s.end))
	if len(parts) > 2 {
		err = errors.Join(err, json.Unmarshal(parts[2], &s.label))
	}
	if err != nil {
		return errors.New("a span is [start, end, TYPE]")
	}
	return nil
}

func readFields(raw []byte) fields {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	kept := fields{}
	for name, member := range members {
		switch name {
		case "text", "spans", "other", "turns", "asked", "speaker":
			continue
		}
		var word string
		switch {
		case member[0] == '{' || member[0] == '[':
			kept[name] = string(member[:1]) // that it is there
		case member[0] == '"' && json.Unmarshal(member, &word) == nil:
			kept[name] = word
		default:
			kept[name] = string(member) // a number, true, false, null
		}
	}
	return kept
}

// readRow reads one line.
func readRow(line []byte, labels *Map) (Row, error) {
	var from jsonRow
	if !utf8.Valid(line) {
		return Row{}, errors.New("not UTF-8")
	}
	if json.Unmarshal(line, &from) != nil {
		return Row{}, errors.New(`not a row {"id","text","spans"} or {"id","turns"}`)
	}
	row := Row{ID: strings.Trim(string(from.ID), `"`), Labelled: true, Fields: readFields(line)}
	if from.Region != nil {
		row.Region = *from.Region
	}
	if from.Language != nil {
		row.Language = *from.Language
	}
	if (from.Text == nil) == (from.Turns == nil) {
		return Row{}, errors.New(`a row has either "text" or "turns"`)
	}
	if from.Text != nil {
		return row, row.single(from, labels)
	}
	for _, t := range from.Turns {
		if t.Speaker != "bot" && t.Speaker != "user" {
			return Row{}, errors.New(`a speaker is "user" or "bot"`)
		}
		turn := Turn{Bot: t.Speaker == "bot", Text: t.Text, Asked: t.Asked, Fields: t.fields}
		var err error
		if turn.Labels, err = readLabels(t.Text, t.Spans, from.Entity, labels); err != nil {
			return Row{}, err
		}
		row.Turns = append(row.Turns, turn)
	}
	return row, nil
}

// single makes the only turn of a row with a text.
func (row *Row) single(from jsonRow, labels *Map) error {
	turn := Turn{Text: *from.Text}
	switch {
	case from.Spans != nil:
		var err error
		if turn.Labels, err = readLabels(turn.Text, *from.Spans, from.Entity, labels); err != nil {
			return err
		}
	case from.Span != "" || from.Contains != "":
		label, err := locate(turn.Text, from.Span, from.Contains)
		if err != nil {
			return err
		}
		label.Type = from.Type
		turn.Labels = []Label{label}
	default:
		_, said := row.Fields["contains"] // an empty value: nothing to find
		row.Labelled = said
	}
	row.Turns = []Turn{turn}
	return nil
}

// readLabels turns code points into bytes.
func readLabels(text string, spans []jsonSpan, entity string, labels *Map) ([]Label, error) {
	if len(spans) == 0 {
		return nil, nil
	}
	offsets := make([]int, 0, len(text)+1)
	for i := range text {
		offsets = append(offsets, i)
	}
	offsets = append(offsets, len(text))
	var read []Label
	for _, s := range spans {
		if s.start < 0 || s.end <= s.start || s.end >= len(offsets) {
			return nil, errors.New("a span is outside its text")
		}
		label := Label{Start: offsets[s.start], End: offsets[s.end], Type: s.label}
		if label.Type == "" {
			label.Type = entity
		}
		if !labels.ignored(label.Type) {
			read = append(read, label)
		}
	}
	return read, nil
}
