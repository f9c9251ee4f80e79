package main

import (
	"encoding/json"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"
)

// What is measured is what is said to be measured.
func TestWorkloads(t *testing.T) {
	for _, work := range workloads() {
		seen := map[string]bool{}
		for _, r := range work.requests {
			if _, err := multipart.NewReader(strings.NewReader(r.body), boundary).ReadForm(1 << 10); work.kind == partsType && err != nil {
				t.Fatalf("%s: %s is no form in parts: %v", work.name, r.body, err)
			}
			if fields, err := url.ParseQuery(r.body); work.kind == formType && (err != nil || !json.Valid([]byte(fields.Get("message")))) {
				t.Fatalf("%s: %s is no form", work.name, r.body)
			} else if work.kind == "" && !json.Valid([]byte(r.body)) {
				t.Fatalf("%s: %s is no JSON", work.name, r.body)
			}
			if single := work.kind == "" && !strings.HasPrefix(work.path, batchPath); work.side == botSide && single && len(r.body) != sendSize {
				t.Errorf("%s: a send of %d bytes, want %d", work.name, len(r.body), sendSize)
			}
			if (r.signature != "") != (work.side == publicSide) {
				t.Errorf("%s: webhooks are signed and sends are not", work.name)
			}
			seen[r.body] = true
		}
		if len(seen) != different {
			t.Errorf("%s: %d different requests, want %d", work.name, len(seen), different)
		}
	}
}

func TestParseWrk(t *testing.T) {
	const output = `Running 2s test @ http://127.0.0.1:1/
  1 threads and 32 connections
  Latency Distribution
     50%  646.00us
     75%    1.01ms
     99%    2.15ms
  79112 requests in 2.01s, 20.30MB read
Requests/sec:  39442.12
`
	m, err := parseWrk(output)
	if err != nil || m.requests != 79112 || m.perSec != 39442.12 || m.p50.Microseconds() != 646 || m.p99.Microseconds() != 2150 {
		t.Errorf("got %+v, %v", m, err)
	}
	if _, err := parseWrk(output + "  Non-2xx or 3xx responses: 7\n"); err == nil {
		t.Error("answers that are errors must fail the run")
	}
}
