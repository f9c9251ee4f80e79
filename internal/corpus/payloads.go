package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/guard"
	"github.com/piiproxy/piiproxy/payload"
)

// row is a line of payloads.jsonl.
type row struct {
	ID        string          `json:"id"`
	Channel   string          `json:"channel"`
	Direction string          `json:"direction"`
	Kind      string          `json:"kind"`
	Payload   json.RawMessage `json:"payload"`
}

// payloads sends every real payload in its direction.
func payloads(r *rig, dir string, all *tally) error {
	counts := map[string]int{}
	err := eachLine(filepath.Join(dir, "payloads.jsonl"), func(line []byte) error {
		var one row
		if err := json.Unmarshal(line, &one); err != nil {
			return err
		}
		outcome, err := r.payload(one)
		if err != nil {
			return fmt.Errorf("%s: %w", one.ID, err)
		}
		counts[one.Direction+" "+outcome.what]++
		all.check(outcome.problem == "", "%s %s: %s", r.mode, one.ID, outcome.problem)
		return nil
	})
	fmt.Printf("payloads, %s: %v\n", r.mode, counts)
	return err
}

// outcome is what became of a payload.
type outcome struct{ what, problem string }

// payload sends one and compares what arrived.
func (r *rig) payload(one row) (outcome, error) {
	ch, ok := channel.ByName(one.Channel)
	if !ok {
		return outcome{"", "unknown channel"}, nil
	}
	header := map[string]string{"Content-Type": "application/json"}
	switch one.Direction {
	case "webhook":
		status, got, err := r.webhook(one.Payload)
		if err != nil || status != http.StatusOK || len(got) != 1 {
			return outcome{"lost", fmt.Sprintf("status %d, the bot got %d bodies", status, len(got))}, err
		}
		return r.compare(ch.Webhook(), one.Payload, got[0]), nil
	case "request":
		target := "/" + one.Channel + "/v23.0/1234567890/messages"
		status, answer, got, err := r.call(http.MethodPost, target, header, one.Payload)
		if err != nil {
			return outcome{}, err
		}
		if len(got) == 0 {
			return r.refusal(one, status, answer), nil
		}
		return r.compare(ch.Request(), one.Payload, got[0]), nil
	}
	r.platform.answers(func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_, _ = w.Write(one.Payload)
	})
	defer r.platform.answers(nil)
	status, answer, _, err := r.call(http.MethodGet, "/"+one.Channel+"/v23.0/1234567890", nil, nil)
	if err != nil || status != http.StatusOK {
		return outcome{"lost", fmt.Sprintf("status %d", status)}, err
	}
	return r.compare(ch.Response(), one.Payload, answer), nil
}

// refusal is right for batches, which this version refuses, for values in places
// that nobody judged, and for questions that belong into a form, to nobody or to
// people who never wrote; it must look like Graph's.
func (r *rig) refusal(one row, status int, answer []byte) outcome {
	var shaped struct {
		Error struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(answer, &shaped) != nil || shaped.Error.Type != "PiiproxyException" {
		return outcome{"refused", fmt.Sprintf("refused with %d and a body that is not Graph's", status)}
	}
	batch := bytes.Contains(one.Payload, []byte(`"batch"`))
	if batch || (r.mode == "enforce" && bytes.Contains(answer, []byte("(unlisted_value)"))) || bytes.Contains(answer, []byte("(prompt_without_person)")) ||
		bytes.Contains(answer, []byte("(prompt_ids_unknown)")) {
		return outcome{"refused", ""}
	}
	return outcome{"refused", "refused: " + shaped.Error.Message}
}

// compare says how a payload was changed: not at all, or in words only.
func (r *rig) compare(table *channel.Table, before, after []byte) outcome {
	if bytes.Equal(before, after) {
		return outcome{"identical", ""}
	}
	if r.mode == "shadow" {
		return outcome{"changed", "changed in shadow mode"}
	}
	from, err := payload.Parse(before, payload.DefaultLimits())
	if err != nil {
		return outcome{"changed", "the corpus row is not strict JSON"}
	}
	to, err := payload.Parse(after, payload.DefaultLimits())
	if err != nil || len(from.Nodes) != len(to.Nodes) {
		return outcome{"changed", "what arrived has another structure"}
	}
	steps := make([]*channel.Step, len(from.Nodes))
	for i := range from.Nodes {
		steps[i] = stepOf(table, from, steps, i)
		if problem := r.node(steps[i], from, to, i); problem != "" {
			return outcome{"changed", problem}
		}
	}
	return outcome{"edited", ""}
}

func (r *rig) node(step *channel.Step, from, to *payload.Document, i int) string {
	a, b := from.Nodes[i], to.Nodes[i]
	if a.Kind != b.Kind || from.Name(i) != to.Name(i) {
		return "a name or a type changed"
	}
	if a.Kind == payload.Object || a.Kind == payload.Array || bytes.Equal(from.Raw[a.Start:a.End], to.Raw[b.Start:b.End]) {
		return ""
	}
	if a.Kind != payload.String {
		return "a number or a constant changed"
	}
	if step.Class() == channel.URL && ticket(from.Text(i), to.Text(i)) {
		return ""
	}
	switch step.Class() {
	case channel.Structural, channel.Routing, channel.URL, channel.Opaque, channel.Report:
		return fmt.Sprintf("a %s string changed, named %q", step.Class(), from.Name(i))
	}
	return ""
}

// ticket says that a link of the platform's own became one that leads here, as
// pages and files do; other links stay.
func ticket(from, to string) bool {
	return guard.New(guard.Config{}).Kind(from) != guard.Elsewhere && strings.Contains(to, "/fetch/")
}

func stepOf(table *channel.Table, d *payload.Document, steps []*channel.Step, i int) *channel.Step {
	node := d.Nodes[i]
	switch {
	case node.Parent < 0:
		return table.Root()
	case node.KeyEnd == 0:
		return steps[node.Parent].Element()
	}
	return steps[node.Parent].Member(d.Name(i))
}

// eachLine reads a file of JSON lines.
func eachLine(path string, do func(line []byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if err := do(bytes.Clone(lines.Bytes())); err != nil {
			return err
		}
	}
	return lines.Err()
}
