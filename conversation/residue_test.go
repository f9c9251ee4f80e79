package conversation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
)

// TestLedger: what the platform holds is listed once a message, and an altered
// record says so.
func TestLedger(t *testing.T) {
	_, c, values := chat(t, true)
	ledger := conversation.NewLedger(values, time.Now)
	first := conversation.Residue{Message: "m_1", Kinds: []string{"credit_card"}, At: time.Now().UTC(), Platform: "messenger", Retention: "until it is deleted"}
	for _, r := range []conversation.Residue{first, first, {Message: "m_2", Kinds: []string{"ssn"}}} {
		if err := ledger.Note(t.Context(), c, r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ledger.List(t.Context(), c)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d residues, %v", len(got), err)
	}
	i := slices.IndexFunc(got, func(r conversation.Residue) bool { return r.Message == "m_1" })
	if i < 0 || !slices.Equal(got[i].Kinds, first.Kinds) || !got[i].At.Equal(first.At) || got[i].Retention != first.Retention {
		t.Errorf("got %+v", got)
	}
	records, err := values.List(t.Context(), "residue/", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	records[0].Value[20] ^= 1
	if err := values.Put(t.Context(), records[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.List(t.Context(), c); err != conversation.ErrTampered {
		t.Errorf("altered: %v", err)
	}
}
