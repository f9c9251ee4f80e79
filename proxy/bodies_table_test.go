package proxy_test

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs that tests make")

const bodiesDocs = "../docs/bodies.md"

// answerBatches answers a batch item by item, however it came, and anything else as
// graphAnswer does.
func answerBatches(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	items := strings.Count(percented(r.RequestURI+" "+string(body)), `"relative_url"`)
	if items == 0 {
		graphAnswer(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_, _ = io.WriteString(w, "["+strings.TrimSuffix(strings.Repeat(`{"code":200,"body":"{\"recipient_id\":\"`+anna+`\",\"message_id\":\"m_1\"}"},`, items), ",")+"]")
}

// TestBodiesTable hides a card in every place of every kind of body. It is
// redacted, left out or refused; the table in docs/bodies.md says which, and is
// what this test makes.
func TestBodiesTable(t *testing.T) {
	kinds, places := bodyKinds(), hidingPlaces()
	r := newRig(t)
	r.platform.answers(answerBatches)
	var table strings.Builder
	table.WriteString("| a card in |")
	for _, kind := range kinds {
		table.WriteString(" " + kind.name + " |")
	}
	table.WriteString("\n|---|" + strings.Repeat("---|", len(kinds)) + "\n")
	for _, place := range places {
		table.WriteString("| " + place.name + " |")
		for _, kind := range kinds {
			table.WriteString(" " + r.patiently(func() string { return r.hides(kind, place) }) + " |")
		}
		table.WriteString("\n")
	}
	inDocs(t, "hidden", table.String())
	inDocs(t, "clean", r.cleanTable(kinds))
}

// patiently does something until the rules had time for it: on a busy machine they
// may run out of their budget, which is no outcome.
func (r *rig) patiently(do func() string) string {
	r.t.Helper()
	for range 50 {
		if outcome := do(); outcome != "`rule_budget`" && outcome != "refused, 503" {
			return outcome
		}
	}
	r.t.Error("the rules never had time")
	return "**lost**"
}

// hides posts a body with a card in a place and says what became of it.
func (r *rig) hides(kind bodyKind, place hidingPlace) string {
	r.t.Helper()
	if kind.traits&place.needs != place.needs || kind.traits&place.not != 0 {
		return "–"
	}
	o := outgoing{message: says("hello")}
	place.put(&o)
	before := len(r.platform.requests())
	sent := kind.post(o)
	if !shows(string(sent.body), sent.target, sent.contentType, strings.Join(sent.headers, " ")) && !strings.Contains(place.name, "quoted-printable") {
		r.t.Errorf("%s, %s: the card is not even there", place.name, kind.name)
	}
	got := r.posts(sent)
	arrived := r.platform.requests()[before:]
	if len(arrived) == 0 {
		return r.refusal(kind, place, got)
	}
	for _, a := range arrived {
		if shows(a.target, a.body, fmt.Sprint(a.header)) {
			r.t.Errorf("%s, %s: the platform can read the card in %q", place.name, kind.name, a.target+" "+a.body)
			return "**passed**"
		}
	}
	if kind.traits&isBatch != 0 && strings.Contains(got.body, "PiiproxyException") {
		return "item: " + r.refusal(kind, place, got)
	}
	if place.leavesOther {
		return "left out"
	}
	return "redacted"
}

var reasonInMessage = regexp.MustCompile(`\((\w+)\)$`)

func (r *rig) refusal(kind bodyKind, place hidingPlace, got reply) string {
	r.t.Helper()
	shape := graphShape(got.body)
	reason := reasonInMessage.FindStringSubmatch(shape.Message)
	if reason == nil || got.status < 400 {
		// An item of a batch has an answer of its own.
		if reasons := regexp.MustCompile(`\((\w+)\)\\"`).FindStringSubmatch(got.body); reasons != nil {
			return "`" + reasons[1] + "`"
		}
		r.t.Errorf("%s, %s: answered %d %s", place.name, kind.name, got.status, got.body)
		return "**lost**"
	}
	if reason[1] == "internal" || got.status == http.StatusServiceUnavailable && reason[1] != "rule_budget" {
		r.t.Errorf("%s, %s: refused for a fault of ours, %s", place.name, kind.name, reason[1])
	}
	return "`" + reason[1] + "`"
}

func (r *rig) posts(p posted) reply {
	r.t.Helper()
	headers := append([]string{"Authorization: Bearer " + shopToken}, p.headers...)
	if p.contentType != "" {
		headers = append(headers, "Content-Type: "+p.contentType)
	}
	return r.ask("bot", "POST", p.target, string(p.body), headers...)
}

// cleanTable posts every kind without personal data, and says how it arrives.
func (r *rig) cleanTable(kinds []bodyKind) string {
	r.t.Helper()
	var table strings.Builder
	table.WriteString("| without personal data | arrives |\n|---|---|\n")
	for _, kind := range kinds {
		before := len(r.platform.requests())
		sent := kind.post(outgoing{message: says("hello")})
		got := r.posts(sent)
		arrived := r.platform.requests()[before:]
		how := ""
		switch {
		case len(arrived) == 0 && got.status >= 400:
			how = r.refusal(kind, hidingPlace{name: "nothing"}, got)
			r.t.Errorf("%s without personal data is refused: %s", kind.name, got.body)
		case len(arrived) != 1:
			r.t.Errorf("%s: %d requests", kind.name, len(arrived))
		case arrived[0].body == string(sent.body) && strings.HasSuffix(sent.target, arrived[0].target):
			how = "byte for byte"
		case kind.same != nil && kind.same(sent, posted{target: arrived[0].target, body: []byte(arrived[0].body)}):
			how = "with the same meaning: " + kind.why
		default:
			r.t.Errorf("%s: changed without need:\n sent %s %q\n got  %s %q", kind.name, sent.target, sent.body, arrived[0].target, arrived[0].body)
		}
		table.WriteString("| " + kind.name + " | " + how + " |\n")
	}
	return table.String()
}

// inDocs compares a table with the one in docs/bodies.md, or writes it there.
func inDocs(t *testing.T, name, table string) {
	t.Helper()
	docs, err := os.ReadFile(bodiesDocs)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+": made by TestBodiesTable -->\n", "<!-- end of "+name+" -->"
	head, rest, ok := strings.Cut(string(docs), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table %s", bodiesDocs, name)
	}
	if old == table {
		return
	}
	if !*update {
		t.Errorf("%s: the table %s is not what the test makes; read the difference, then run go test ./proxy -run TestBodies -update\n%s", bodiesDocs, name, table)
		return
	}
	if err := os.WriteFile(bodiesDocs, []byte(head+begin+table+end+tail), 0o600); err != nil {
		t.Fatal(err)
	}
}
