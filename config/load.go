package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// fileMax bounds the configuration and the files it includes.
const fileMax = 1 << 20

// Load reads the file at path. The error is Errors and holds all that is
// wrong, not only the first complaint.
func Load(path string) (*Config, error) {
	c, complaints := Read(path)
	if len(complaints) > 0 {
		return nil, Errors(complaints)
	}
	return c, nil
}

// Read is for a check that wants to go on: it returns what could be read of
// the file, for inspection only, and every complaint about it. The Config is
// never nil; it is fit for use only when there is no complaint.
func Read(path string) (*Config, []Complaint) {
	c := Default()
	c.file = path
	d := &decoder{file: path, lines: map[string]int{}, environ: os.LookupEnv}
	content, err := readBounded(path, fileMax)
	if err != nil {
		return c, []Complaint{{File: path, Text: fileError(path, err).Error()}}
	}
	root, complaint := parse(content)
	if complaint.Text != "" {
		complaint.File = path
		return c, []Complaint{complaint}
	}
	d.value(root, reflect.ValueOf(c).Elem(), "", "")
	c.lines = d.lines
	c.complete()
	return c, c.split(append(d.complaints, unsaid(c.check(), d.complaints)...))
}

// unsaid leaves out complaints about keys that could not be decoded: what is
// checked there is only the default.
func unsaid(complaints, before []Complaint) []Complaint {
	return slices.DeleteFunc(complaints, func(c Complaint) bool {
		return slices.ContainsFunc(before, func(b Complaint) bool { return !b.Warning && b.Key == c.Key })
	})
}

// split keeps the warnings and returns the rest, both in the order of lines.
func (c *Config) split(complaints []Complaint) []Complaint {
	slices.SortStableFunc(complaints, func(a, b Complaint) int { return a.Line - b.Line })
	var wrong []Complaint
	for _, complaint := range complaints {
		if complaint.Warning {
			c.warnings = append(c.warnings, complaint)
		} else {
			wrong = append(wrong, complaint)
		}
	}
	return wrong
}

// parse reads exactly one YAML document.
func parse(content []byte) (*yaml.Node, Complaint) {
	if !utf8.Valid(content) {
		return nil, Complaint{Text: "is not UTF-8: save it as UTF-8"}
	}
	shielded, unshield := shield(content)
	decoder := yaml.NewDecoder(bytes.NewReader(shielded))
	var first, second yaml.Node
	err := decoder.Decode(&first)
	switch {
	case errors.Is(err, io.EOF), err == nil && emptyDocument(&first):
		return nil, Complaint{Text: "is empty: piiproxy init writes one to start from"}
	case err != nil:
		return nil, syntaxComplaint(err, content)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, Complaint{Line: second.Line, Text: "a second document begins here (---): one file holds one configuration"}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxComplaint(err, content)
	}
	unshield(first.Content[0])
	return first.Content[0], Complaint{}
}

func emptyDocument(n *yaml.Node) bool {
	return len(n.Content) == 0 || n.Content[0].Kind == yaml.ScalarNode && n.Content[0].ShortTag() == "!!null"
}

// The braces of ${NAME} end a plain scalar inside { } and [ ], so that the
// short form {app_secret: ${APP_SECRET}} would not parse. shield replaces
// them by two private characters while the parser runs.
const (
	opened = "\uE000"
	closed = "\uE001"
)

func shield(content []byte) ([]byte, func(*yaml.Node)) {
	if bytes.ContainsAny(content, opened+closed) {
		return content, func(*yaml.Node) {}
	}
	shielded := reference.ReplaceAllFunc(content, func(match []byte) []byte {
		return []byte("$" + opened + string(match[2:len(match)-1]) + closed)
	})
	back := strings.NewReplacer(opened, "{", closed, "}")
	var unshield func(*yaml.Node)
	unshield = func(n *yaml.Node) {
		n.Value = back.Replace(n.Value)
		for _, child := range n.Content {
			unshield(child)
		}
	}
	return shielded, unshield
}

var (
	syntaxLine   = regexp.MustCompile(`line (\d+): `)
	parserReason = regexp.MustCompile(`^did not find expected (key|node content|'-' indicator|',' or|<)`)
	syntaxReason = regexp.MustCompile(`^[a-zA-Z ,':{}\[\]-]+$`)
)

// syntaxComplaint takes the line and the reason from a parser error. Reasons
// that could quote the file (an unknown anchor does, and what follows a * may
// be a secret) are left out.
func syntaxComplaint(err error, content []byte) Complaint {
	reason := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1 // yaml.v3 leaves out the line when it is the first
	if found := syntaxLine.FindStringSubmatchIndex(reason); found != nil {
		line, _ = strconv.Atoi(reason[found[2]:found[3]])
		reason = reason[found[1]:]
		if parserReason.MatchString(reason) {
			line++ // these lines yaml.v3 counts from 0
		}
	}
	if strings.HasPrefix(reason, "unknown anchor") {
		reason = "a value begins with * and is read as an alias: put it in quotes"
	} else if !syntaxReason.MatchString(reason) {
		reason = "it cannot be parsed"
	}
	line = min(line, 1+bytes.Count(bytes.TrimSuffix(content, []byte("\n")), []byte("\n")))
	return Complaint{Line: line, Text: fmt.Sprintf("is not YAML: %s (look around this line: indentation, quotes, brackets)", reason)}
}

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // read only: nothing can be lost
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes: is it the right file?", path, limit)
	}
	return content, nil
}

func itoa(i int) string { return strconv.Itoa(i) }
