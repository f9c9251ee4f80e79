package restore_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/piiproxy/piiproxy/restore"
)

const (
	known = "pii_person_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	other = "pii_email_bbbbbbbbbbbbbbbbbbbbbbbbbb"
	gone  = "pii_ssn_cccccccccccccccccccccccccc"
)

// nasty is a value that would break every format if it stood there as it is.
const nasty = "O'Brien, \"Ann\"\\;\t|\r\nx'); DROP TABLE people;-- é"

func values(_ context.Context, tokens []string) (map[string]string, error) {
	all := map[string]string{known: nasty, other: "anna@example.com"}
	found := map[string]string{}
	for _, token := range tokens {
		if value, ok := all[token]; ok {
			found[token] = value
		}
	}
	return found, nil
}

func rewrite(t *testing.T, format, text string) (string, restore.Report) {
	t.Helper()
	f, err := restore.ParseFormat(format, "")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	report, err := restore.Rewrite(t.Context(), restore.Config{From: strings.NewReader(text), To: &out, Format: f, Lookup: values, Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), report
}

// A value stands in each format so that its reader gets it back, and every other
// byte is as it was.
func TestFormats(t *testing.T) {
	for name, test := range map[string]struct{ format, in, want string }{
		"text":                    {"text", "<" + known + ">", "<" + nasty + ">"},
		"glued, in capitals":      {"text", "xx" + strings.ToUpper(other) + "yy", "xxanna@example.comyy"},
		"not there any more":      {"text", gone + " " + other, gone + " anna@example.com"},
		"sql":                     {"sql", "('" + known + "')", "('" + strings.ReplaceAll(nasty, "'", "''") + "')"},
		"mysql":                   {"mysql", "('" + known + "')", `('O\'Brien, \"Ann\"\\;` + "\t" + `|\r\nx\'); DROP TABLE people;-- é')`},
		"copy":                    {"copy", "1\t" + known + "\n", "1\t" + `O'Brien, "Ann"\\;\t|\r\nx'); DROP TABLE people;-- é` + "\n"},
		"csv without need":        {"csv", "1," + other + "\r\n", "1,anna@example.com\r\n"},
		"csv, glued":              {"csv", "1,<" + other + ">\n", "1,<anna@example.com>\n"},
		"csv, no line end at all": {"csv", "1," + other, "1,anna@example.com"},
		"nothing":                 {"csv", "", ""},
		"json in sql":             {"sql,json", `('{"n":"` + known + `"}')`, `('{"n":"O''Brien, \"Ann\"\\;\t|\r\nx''); DROP TABLE people;-- é"}')`},
	} {
		if got, _ := rewrite(t, test.format, test.in); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	for _, text := range []string{`{"n":"%s"}`, `{"%s":1}`, `["a","<%s>"]`} {
		got, _ := rewrite(t, "json", fmt.Sprintf(text, known))
		var document any
		if err := json.Unmarshal([]byte(got), &document); err != nil || !strings.Contains(fmt.Sprint(document), nasty) {
			t.Errorf("json: %s: %v", got, err)
		}
	}
	for _, record := range []string{"1,%s,2", `1,"%s",2`, `1,"a ""b"" %s",2`, "1,<%s>,2", "%s", "\uFEFF%s,1", "\uFEFF\"%s\",1", "1,%s\r"} {
		for _, format := range []string{"csv", "tsv"} {
			in := record
			if format == "tsv" {
				in = strings.ReplaceAll(in, ",", "\t")
			}
			got, _ := rewrite(t, format, fmt.Sprintf("a\n"+in+"\nb\n", known))
			reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(strings.Replace(got, "\uFEFF", "", 1), "")))
			reader.FieldsPerRecord = -1
			if format == "tsv" {
				reader.Comma = '\t'
			}
			records, err := reader.ReadAll()
			// encoding/csv reads \r\n inside quotes as \n.
			if want := strings.ReplaceAll(nasty, "\r\n", "\n"); err != nil || len(records) != 3 || !strings.Contains(strings.Join(records[1], "\x00"), want) {
				t.Errorf("%s, %q: %q: %v", format, record, got, err)
			}
		}
	}
}

// Counts are those of tokens, and each is looked up once.
func TestReport(t *testing.T) {
	asked := map[string]int{}
	var out bytes.Buffer
	f, _ := restore.ParseFormat("text", "")
	report, err := restore.Rewrite(t.Context(), restore.Config{
		From: strings.NewReader(strings.Repeat(known+" "+strings.ToUpper(known)+" "+gone+"\n", 100_000)), To: &out, Format: f, Batch: 1,
		Lookup: func(ctx context.Context, tokens []string) (map[string]string, error) {
			for _, token := range tokens {
				asked[token]++
			}
			if len(tokens) != 1 {
				t.Errorf("asked for %d tokens at once", len(tokens))
			}
			return values(ctx, tokens)
		},
	})
	if err != nil || report.Restored != 200_000 || report.Left != 100_000 || report.Bytes != 100_000*int64(2*len(known)+len(gone)+3) {
		t.Errorf("%+v, %v", report, err)
	}
	if asked[known] != 1 || asked[gone] != 1 {
		t.Errorf("asked %v", asked)
	}
}

// However the file is cut into blocks, the result is the same: tokens lie across
// each border, and so do records.
func TestBlocks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, format := range []string{"text", "csv"} {
		for try := range 6 {
			var in, want strings.Builder
			for in.Len() < 1<<20-200+17*try {
				in.WriteString("some text, \"with quotes\n\"\n")
			}
			want.WriteString(in.String())
			for range 20 {
				pad := strings.Repeat("x", random.IntN(40))
				in.WriteString(pad + other)
				want.WriteString(pad + "anna@example.com")
			}
			in.WriteString("\n")
			want.WriteString("\n")
			for in.Len() < 3<<20 {
				in.WriteString("pii_email_bbb,pii_" + other + "\n")
				want.WriteString("pii_email_bbb,pii_anna@example.com\n")
			}
			f, _ := restore.ParseFormat(format, "")
			var out bytes.Buffer
			if _, err := restore.Rewrite(t.Context(), restore.Config{From: iotest.HalfReader(strings.NewReader(in.String())), To: &out, Format: f, Lookup: values, Batch: 100}); err != nil {
				t.Fatal(err)
			}
			if out.String() != want.String() {
				t.Fatalf("%s, try %d: differs at byte %d", format, try, differs(out.String(), want.String()))
			}
		}
	}
}

func differs(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// What fails says so, and quotes nothing.
func TestFaults(t *testing.T) {
	broken := errors.New("broken")
	run := func(format string, from io.Reader, to io.Writer, lookup restore.Lookup) error {
		f, err := restore.ParseFormat(format, "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = restore.Rewrite(t.Context(), restore.Config{From: from, To: to, Format: f, Lookup: lookup, Batch: 10})
		return err
	}
	fails := func(context.Context, []string) (map[string]string, error) { return nil, broken }
	for name, test := range map[string]struct{ got, want error }{
		"gzip":              {run("text", strings.NewReader("\x1f\x8b..."), io.Discard, values), restore.ErrPacked},
		"pg_dump -Fc":       {run("sql", strings.NewReader("PGDMP..."), io.Discard, values), restore.ErrPacked},
		"UTF-16":            {run("csv", strings.NewReader("\xff\xfep\x00"), io.Discard, values), restore.ErrPacked},
		"an endless record": {run("csv", strings.NewReader(`"`+strings.Repeat("x", 66<<20)), io.Discard, values), restore.ErrRecord},
		"reading":           {run("text", iotest.ErrReader(broken), io.Discard, values), broken},
		"looking up":        {run("text", strings.NewReader(other), io.Discard, fails), broken},
		"writing":           {run("text", strings.NewReader(other), failing{broken}, values), broken},
	} {
		if !errors.Is(test.got, test.want) || strings.Contains(fmt.Sprint(test.got), "pii_") {
			t.Errorf("%s: %v", name, test.got)
		}
	}
	for name, try := range map[string][2]string{
		"no ending": {"", "dump"}, "an ending that says nothing": {"", "dump.bin"}, "no such format": {"xml", "dump.sql"},
		"a table inside": {"json,csv", "dump.sql"}, "an empty part": {"sql,", "dump.sql"},
	} {
		if _, err := restore.ParseFormat(try[0], try[1]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, name := range []string{"a.SQL", "a.b.jsonl", "x.csv", "y.tsv", "z.txt"} {
		if _, err := restore.ParseFormat("", name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A name that ends in .sql does not say of which database: where a value would end
// its string, nothing is guessed.
func TestDialects(t *testing.T) {
	far := strings.Repeat("-- x\n", 1<<20/5)
	for name, text := range map[string]string{
		"mysqldump":       "-- MySQL dump 10.13  Distrib 8.0.36\nINSERT INTO `a` VALUES ('" + known + "');\n",
		"mariadb-dump":    "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\nINSERT INTO `a` VALUES ('" + known + "');\n",
		"pg_dump":         "--\n-- PostgreSQL database dump\n--\nCOPY public.a (b) FROM stdin;\n" + known + "\n\\.\n",
		"far in the file": far[:1<<20-120] + "\nCOPY public.a (b) FROM stdin;\n" + known + "\n\\.\n" + far,
	} {
		for format, want := range map[string]error{"": restore.ErrDialect, "sql": nil, "mysql": nil, "copy": nil} {
			f, err := restore.ParseFormat(format, "dump.sql")
			if err != nil {
				t.Fatal(err)
			}
			_, err = restore.Rewrite(t.Context(), restore.Config{From: strings.NewReader(text), To: io.Discard, Format: f, Lookup: values, Batch: 10})
			if !errors.Is(err, want) {
				t.Errorf("%s as %q: %v", name, format, err)
			}
		}
	}
	f, _ := restore.ParseFormat("", "dump.sql")
	var out bytes.Buffer
	_, err := restore.Rewrite(t.Context(), restore.Config{From: strings.NewReader("-- PostgreSQL database dump\nINSERT INTO a VALUES ('" + other + "');\n"), To: &out, Format: f, Lookup: values, Batch: 10})
	if err != nil || !strings.Contains(out.String(), "('anna@example.com')") {
		t.Errorf("standard SQL: %v", err)
	}
}

type failing struct{ err error }

// Write implements io.Writer.
func (f failing) Write([]byte) (int, error) { return 0, f.err }
