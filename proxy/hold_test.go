package proxy_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/fragment"
)

// long holds until something follows, brief until a test has waited a little.
func long(p *plan) { p.hold = fragment.Limits{Unarmed: time.Minute, Armed: time.Minute} }

func brief(p *plan) {
	p.hold = fragment.Limits{Unarmed: 200 * time.Millisecond, Armed: 400 * time.Millisecond}
}

// writes delivers a message of anna, which the proxy takes.
func (r *rig) writes(mid, words string) {
	r.t.Helper()
	if got := r.hook(page(entry(shopID, written(mid, words)))); got.status != 200 {
		r.t.Fatalf("%s: answered %d, %s", mid, got.status, r.reasons())
	}
}

func written(mid, words string) string {
	return event(shopID, anna, `"message":{"mid":"`+mid+`","text":"`+words+`"}`)
}

// read is what the bot got of people's words, tokens as their kind.
func (r *rig) read() string {
	var all []string
	for _, body := range r.bots["bot"].bodies() {
		for rest := body; ; {
			_, after, more := strings.Cut(rest, `"text":`)
			if !more {
				_, after, more = strings.Cut(rest, `"body":`)
			}
			if !more {
				break
			}
			rest = strings.TrimPrefix(after, "{")
			if words, _, ok := strings.Cut(strings.TrimPrefix(rest, `"`), `"`); ok && rest[0] == '"' {
				all = append(all, tokenIn.ReplaceAllStringFunc(words, func(token string) string { return strings.Split(token, "_")[1] }))
			}
		}
	}
	return strings.Join(all, " | ")
}

// comes waits until the bot has read something.
func (r *rig) comes(want string) {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); r.read() != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("the bot read %q, want %q; %s", r.read(), want, r.reasons())
		}
	}
}

// spotless wants that nothing of the card is in the files of the stores, that
// the outbox is empty, and that the logs have no digits of it.
func (r *rig) spotless() {
	r.t.Helper()
	r.until("an empty outbox", func() bool { return r.records("outbox/") == 0 })
	for _, name := range []string{"values.db", "conversations.db", "audit.jsonl"} {
		if r.fleet != nil && name != "audit.jsonl" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(r.folder, name))
		r.must(err)
		for _, canary := range []string{"4111 1111", "4111-1111", "41111111", "11111111"} {
			if bytes.Contains(raw, []byte(canary)) {
				r.t.Errorf("%s holds digits", name)
			}
		}
	}
	if log := r.logged.String(); strings.Contains(log, "4111 1111") || strings.Contains(log, "41111111") {
		r.t.Error("the log holds digits")
	}
}

// askCard lets the bot ask for a card number.
func (r *rig) askCard() { r.send(anna, "Please type your card number.") }

func TestSplitCard(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		armed bool
		said  []string
		read  string
	}{
		"two messages":                    {false, []string{"4111 1111", "1111 1111"}, "creditcard"},
		"three messages":                  {false, []string{"4111 1111", "1111", "1111"}, "creditcard"},
		"two messages, asked":             {true, []string{"4111-1111", "1111-1111"}, "creditcard"},
		"three messages, asked":           {true, []string{"4111", "1111 1111", "1111"}, "creditcard"},
		"four messages, asked":            {true, []string{"4111", "1111", "1111", "1111"}, "creditcard"},
		"a few digits had left":           {false, []string{"41", "11 1111", "11111111"}, "41 | creditcard"},
		"words between":                   {false, []string{"4111 1111", "wait", "1111 1111"}, "4111 11** | wait | creditcard"},
		"nothing is held unasked":         {false, []string{"1234 5678 9", "2026", "4821", "hello"}, "1234 5678 9 | 2026 | 4821 | hello"},
		"a card in one message, and then": {false, []string{card, "4821"}, "creditcard | 4821"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, long)
			if test.armed {
				r.askCard()
			}
			for i, words := range test.said {
				r.writes(fmt.Sprint("m", i), words)
			}
			r.comes(test.read)
			r.spotless()
		})
	}
}

// TestSplitCardIsOneValue: the token stands for the whole number, the log says
// what happened, and the answer closes the question.
func TestSplitCardIsOneValue(t *testing.T) {
	t.Parallel()
	r := newRig(t, long)
	r.send(anna, "Please send me your card number, the expiry date and the CVV.")
	r.writes("a", "4111 1111")
	r.nothing(r.bots["bot"])
	r.writes("b", "1111 1111")
	token := tokenIn.FindString(r.only(r.bots["bot"]).body)
	value, err := r.value("shop", "psid:"+anna, token)
	if err != nil || value.Canonical != digits {
		t.Errorf("the token stands for another value: %v", err)
	}
	if got := r.reasons(); !strings.Contains(got, "webhook:held webhook:joined") {
		t.Errorf("the log says %s", got)
	}
	r.writes("c", "123") // the code, which was asked for as well
	r.comes("creditcard | cvv")
}

func TestHeldPartGoesOutMasked(t *testing.T) {
	t.Parallel()
	r := newRig(t, brief)
	r.writes("a", "4111 1111")
	r.comes("4111 11**")
	r.writes("b", "1111")
	r.comes("4111 11** | ****")
	r.writes("c", "1111")
	r.comes("4111 11** | **** | creditcard")
	lines := r.lines("webhook")
	last := lines[len(lines)-1]
	if named, _ := last["too_late"].([]any); last["reason"] != "too_late" || len(named) != 1 {
		t.Errorf("the record says %v %v", last["reason"], last["too_late"])
	}
	if over := r.lines("hold_over"); len(over) != 2 || over[0]["conversation"] != last["conversation"] {
		t.Errorf("the log has %d lines hold_over", len(over))
	}
	r.spotless()
}

// TestHeldPartOutlivesRestart: the next process joins what an earlier one held, or
// sends it masked when the time is over.
func TestHeldPartOutlivesRestart(t *testing.T) {
	t.Parallel()
	r := newRig(t, long)
	r.writes("a", "4111 1111")
	r.restart()
	r.writes("a", "4111 1111") // the platform missed our answer
	r.writes("b", "1111 1111")
	r.comes("creditcard")
	r.restart()
	r.writes("a", "4111 1111")
	r.writes("b", "1111 1111")
	r.comes("creditcard | creditcard") // a bot drops what repeats an id
	r.writes("c", "4111 1111")
	r.clock.advance(2 * time.Minute)
	r.restart()
	r.comes("creditcard | creditcard | 4111 11**")
	r.spotless()
}

// TestHeldPartThatWasNotStored: the process ends after the chat remembers a part
// and before the outbox has it. The platform got no answer and sends it again.
func TestHeldPartThatWasNotStored(t *testing.T) {
	t.Parallel()
	r := newRig(t, long)
	r.writes("a", "4111 1111")
	r.stop()
	store := r.open("values.db")
	if _, err := store.DeletePrefix(t.Context(), "outbox/"); err != nil {
		t.Fatal(err)
	}
	r.must(store.Close())
	r.start()
	r.writes("a", "4111 1111")
	if n := r.records("outbox/"); n != 1 {
		t.Fatalf("%d records in the outbox", n)
	}
	r.writes("b", "1111 1111")
	r.comes("creditcard")
	r.spotless()
}

// TestJoinedAndKilled: the process ends when the bot has the token, before the
// held part is dropped. The part goes out masked; the last one, delivered again,
// is the same token.
func TestJoinedAndKilled(t *testing.T) {
	t.Parallel()
	r := newRig(t, long)
	r.writes("a", "4111 1111")
	var kept []byte
	r.bots["bot"].answers(botAnswer)
	file := filepath.Join(r.folder, "values.db")
	r.bots["bot"].answers(copying(r, file, &kept))
	r.writes("b", "1111 1111")
	first := tokenIn.FindString(r.only(r.bots["bot"]).body)
	r.stop()
	r.must(os.WriteFile(file, kept, 0o600))
	r.bots["bot"].answers(botAnswer)
	r.start()
	r.writes("b", "1111 1111")
	r.comes("creditcard | creditcard")
	bodies := r.bots["bot"].bodies()
	if second := tokenIn.FindString(bodies[len(bodies)-1]); first == "" || second != first {
		t.Error("the same message again has another token")
	}
	r.spotless()
}

func TestJoinWaitsForTheBot(t *testing.T) {
	t.Parallel()
	r := newRig(t, long)
	r.writes("a", "4111 1111")
	r.bots["bot"].says(503, "text/plain", "")
	last := page(entry(shopID, written("b", "1111 1111")))
	if got := r.hook(last); got.status != 503 {
		t.Fatalf("the bot is down: %d", got.status)
	}
	if n := r.records("outbox/"); n != 1 {
		t.Fatalf("%d held parts", n)
	}
	r.bots["bot"].says(200, "text/plain", "")
	if got := r.hook(last); got.status != 200 {
		t.Fatalf("again: %d", got.status)
	}
	r.comes("creditcard | creditcard")
	r.spotless()
}

func TestSplitCardWhereDeliveriesSpool(t *testing.T) {
	t.Parallel()
	r := newRig(t, long, spooling)
	r.writes("a", "hi")
	r.writes("b", "4111 1111")
	r.writes("c", "1111 1111")
	r.comes("hi | creditcard")
	r.writes("d", "4111 1111")
	r.writes("e", "hm")
	r.comes("hi | creditcard | 4111 11** | hm")
	r.spotless()
}

// TestPartsInOneDelivery: what comes at once cannot be held, so it is masked.
func TestPartsInOneDelivery(t *testing.T) {
	t.Parallel()
	r := newRig(t, long)
	r.hook(page(entry(shopID, written("a", "4111 1111"), written("b", "1111 1111"))))
	r.comes("4111 11** | creditcard")
	r.hook(page(entry(shopID, written("c", "4111 1111"), written("d", "hm"), written("e", "1111"), written("f", "1111"))))
	r.comes("4111 11** | creditcard | 4111 11** | hm | **** | creditcard")
	r.spotless()
}

// TestHoldingIsOnePersons: others, and other accounts, are not kept waiting.
func TestHoldingIsOnePersons(t *testing.T) {
	t.Parallel()
	r := newRig(t, long)
	r.writes("a", "4111 1111")
	r.hook(page(entry(shopID, text(shopID, bert, "1111 1111"))))
	r.hook(instagram(entry(gramID, text(gramID, anna, "1111 1111"))))
	r.comes("1111 1111 | 1111 1111")
	r.writes("b", "1111 1111")
	r.comes("1111 1111 | 1111 1111 | creditcard")
}

func TestSplitCardOnWhatsApp(t *testing.T) {
	t.Parallel()
	r := newRig(t, long)
	for i, words := range []string{"4111 1111", "1111 1111"} {
		body := strings.Replace(waba(change(lineID, waText(annaPhone, words))), `"id":"wamid.`, fmt.Sprintf(`"id":"wamid.%d`, i), 1)
		if got := r.hook(body); got.status != 200 {
			t.Fatalf("answered %d", got.status)
		}
	}
	if body := r.only(r.bots["bot"]).body; !strings.Contains(body, "pii_creditcard_") || strings.Contains(body, "1111 1111") {
		t.Error("the bot did not get one token")
	}
	r.spotless()
}

// TestCopiesAreRewordedToo: Messenger's language processing repeats the words.
func TestCopiesAreRewordedToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, brief)
	nlp := func(body, value string) string {
		return `,"nlp":{"entities":{"wit$number:number":[{"body":"` + body + `","value":` + value + `}]}}`
	}
	for _, said := range [][3]string{{"a", "4111 1111", "41111111"}, {"b", "1111 1111", "11111111"}} {
		event := event(shopID, anna, `"message":{"mid":"`+said[0]+`","text":"`+said[1]+`"`+nlp(said[1], said[2])+`}`)
		r.hook(page(entry(shopID, event)))
		r.until("delivered", func() bool { return len(r.bots["bot"].bodies()) == int(said[0][0]-'a')+1 })
	}
	all := strings.Join(r.bots["bot"].bodies(), "\n")
	for _, digits := range []string{"1111 1111", "41111111", "11111111"} {
		if strings.Contains(all, digits) {
			t.Errorf("the bot got digits: %s", all)
		}
	}
	if !strings.Contains(all, `"value":"411111**"`) {
		t.Errorf("the number was not masked: %s", all)
	}
}

// TestAtMostSixDigitsReachTheBot cuts a number everywhere.
func TestAtMostSixDigitsReachTheBot(t *testing.T) {
	t.Parallel()
	for _, armed := range []bool{false, true} {
		r := newRig(t, long)
		n := 0
		for cut := 1; cut < len(digits); cut++ {
			if armed {
				r.askCard()
			}
			r.clock.advance(3 * time.Minute) // what was before is forgotten
			before := len(r.bots["bot"].bodies())
			for _, part := range []string{digits[:cut], digits[cut:]} {
				n++
				r.writes(fmt.Sprint("m", n), part)
			}
			r.writes(fmt.Sprint("end", n), "thanks")
			r.until("delivered", func() bool { return strings.HasSuffix(r.read(), "thanks") && len(r.bots["bot"].bodies()) > before+1 })
			shown := 0
			for _, words := range slices.Collect(strings.SplitSeq(r.read(), " | "))[before:] {
				shown += len(words) - len(strings.Trim(words, "0123456789"))
			}
			if shown > 6 {
				t.Errorf("armed %v, cut at %d: %d digits", armed, cut, shown)
			}
		}
		r.spotless()
	}
}

// copying is a bot that keeps a copy of a file as it stands when the bot has a
// delivery.
func copying(r *rig, file string, kept *[]byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		raw, err := os.ReadFile(file)
		r.check(err)
		*kept = raw
		w.WriteHeader(http.StatusOK)
	}
}
