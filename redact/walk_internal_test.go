package redact

import (
	"context"
	"reflect"
	"testing"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/rules"
)

// A walk that went back to the pool holds nothing of a message: no text, no
// node, no scope, in all the memory that it keeps.
func TestReleasedWalkHoldsNothing(t *testing.T) {
	library, err := rules.Load(rules.Sources("builtin"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := library.Set(rules.View{})
	if err != nil {
		t.Fatal(err)
	}
	policy, err := NewPolicy("p", Tables{Inbound: map[string]string{"default": "redact"}})
	if err != nil {
		t.Fatal(err)
	}
	ch, _ := channel.ByName("messenger")
	for _, text := range []string{
		`"text":"4111 1111 1111 1111 jane@corp.example","quick_reply":{"payload":"4111 1111 1111 1111 jane@corp.example"}`,
		`"text":"{\"a\":4111111111111111,\"b\":\"jane@corp.example 4111111111111111\"}"`,
		`"text":"{\"a\":\"\\u0034111111111111111 jane@corp.example\" oops"`,
		`"text":4111111111111111,"new":["jane@corp.example","4111","1111"]`,
	} {
		d, err := payload.Parse([]byte(`{"object":"page","entry":[{"messaging":[{"message":{`+text+`}}]}]}`), payload.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		e := New(nil, nil, payload.DefaultLimits())
		w := newWalk(e, Body{Document: d, Channel: ch, Table: ch.Webhook(), Stretches: []Stretch{{Scope: &Scope{Policy: &policy, Rules: set}}}})
		w.document(d, ch.Webhook().Root())
		w.copies()
		if _, err := w.settle(context.Background()); err != nil {
			t.Fatal(err)
		}
		frames, marks, repeats := w.frames, w.marks, w.repeats
		if len(marks)+len(w.refusals) == 0 {
			t.Fatalf("%s: nothing was found", text)
		}
		w.release()
		for _, m := range marks[:cap(marks)] {
			if !reflect.DeepEqual(m, mark{}) {
				t.Errorf("%s: a mark was left", text)
			}
		}
		for _, f := range frames[:cap(frames)] {
			if f != (frame{}) {
				t.Errorf("%s: a frame was left", text)
			}
		}
		for _, c := range repeats[:cap(repeats)] {
			if !reflect.DeepEqual(c, copied{}) {
				t.Errorf("%s: a copy was left", text)
			}
		}
		left := reflect.ValueOf(*w)
		for i := range left.NumField() {
			if field := left.Field(i); field.Kind() == reflect.Slice && field.Len() > 0 || field.Kind() != reflect.Slice && !field.IsZero() {
				t.Errorf("%s: %s was left", text, left.Type().Field(i).Name)
			}
		}
	}
}
