package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// bomb is a request that is small for who sends it and would be large for who
// reads it.
type bomb struct {
	name, kind, coding string
	body               func() []byte
	chunked            bool
}

// mostHeld is how much memory one bomb may take, in bytes.
const mostHeld = 64 << 20

// zeros is a gzip file of 1 GiB of zeros, some 1 MiB.
var zeros = sync.OnceValue(func() []byte {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = io.CopyN(writer, endless{}, 1<<30)
	_ = writer.Close()
	return packed.Bytes()
})

func zipped(text []byte) []byte {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write(text)
	_ = writer.Close()
	return packed.Bytes()
}

type endless struct{}

// Read implements io.Reader.
func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// repeated is n pieces made by format with their number, between head and tail.
func repeated(head, format string, n int, tail string) func() []byte {
	return func() []byte {
		var b bytes.Buffer
		b.WriteString(head)
		for i := range n {
			if strings.Contains(format, "%d") {
				fmt.Fprintf(&b, format, i)
			} else {
				b.WriteString(format)
			}
		}
		b.WriteString(tail)
		return b.Bytes()
	}
}

const (
	asJSON      = "application/json"
	asForm      = "application/x-www-form-urlencoded"
	asMultipart = "multipart/form-data; boundary=bomb"
	part        = "--bomb\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\n\r\n"
)

// bombs are what somebody sends to a listener. Those of 50 MB are refused by
// their size, those just under 4 MiB by what they are made of.
func bombs() []bomb {
	nested := func(n int) func() []byte { return repeated("", "[", n, "") }
	inForm := func(n int) func() []byte {
		return func() []byte {
			inner := "message=" + strings.Repeat("%5B", n/3)
			batch := `[{"method":"POST","relative_url":"me/messages","body":"` + inner + `"}]`
			return []byte("batch=" + url.QueryEscape(batch))
		}
	}
	file := repeated("--bomb\r\nContent-Disposition: form-data; name=\"messages\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n", "call 555 ", 5<<20, "\r\n--bomb--\r\n")
	return []bomb{
		{"1 GiB of zeros in gzip, as JSON", asJSON, "gzip", zeros, false},
		{"1 GiB of zeros in gzip, in chunks", asJSON, "gzip", zeros, true},
		{"1 GiB of zeros in gzip, as a form", asForm, "gzip", zeros, false},
		{"1 GiB of zeros in gzip, as multipart", asMultipart, "gzip", zeros, false},
		{"gzip in gzip", asJSON, "gzip, gzip", func() []byte { return zipped(zeros()) }, false},
		{"many files in one gzip", asJSON, "gzip", func() []byte { return bytes.Repeat(zipped(nil), 200_000) }, false},
		{"zeros called br", asJSON, "br", zeros, false},
		{"zeros called zstd", asJSON, "zstd", zeros, false},
		{"50 MB of nested arrays", asJSON, "", nested(50 << 20), false},
		{"50 MB of nested arrays in chunks", asJSON, "", nested(50 << 20), true},
		{"4 MB of nested arrays", asJSON, "", nested(4<<20 - 100), false},
		{"nested objects", asJSON, "", repeated("", `{"a":`, 800_000, ""), false},
		{"8 MB of nested arrays in gzip", asJSON, "gzip", func() []byte { return zipped(nested(8<<20 - 100)()) }, false},
		{"documents in strings", asJSON, "", func() []byte {
			text := `{"a":1}`
			for len(text) < 2<<20 {
				text = string(rig.Marshal(rig.Object{"a": text}))
			}
			return []byte(text)
		}, false},
		{"a million members", asJSON, "", repeated(`{"x":0`, `,"m%d":0`, 1_000_000, "}"), false},
		{"as many members as fit", asJSON, "", repeated(`{"x":0`, `,"m%d":0`, 330_000, "}"), false},
		{"a million members in gzip", asJSON, "gzip", func() []byte { return zipped(repeated(`{"x":0`, `,"%d":0`, 700_000, "}")()) }, false},
		{"a million strings", asJSON, "", repeated(`{"x":["a"`, `,""`, 1_300_000, "]}"), false},
		{"a string of 50 MB", asJSON, "", repeated(`{"message":{"text":"`, "a", 50<<20, `"}}`), false},
		{"a string of 4 MB", asJSON, "", repeated(`{"message":{"text":"`, "a", 4<<20-100, `"}}`), false},
		{"a string of 4 MB of escapes", asJSON, "", repeated(`{"message":{"text":"`, `\u0000`, 690_000, `"}}`), false},
		{"a number of a million digits", asJSON, "", repeated(`{"x":1`, "0", 1_000_000, "}"), false},
		{"a number of a million digits in a form", asForm, "", repeated(`recipient={"id":1`, "0", 1_000_000, "}"), false},
		{"a million fields", asForm, "", repeated("x=1", "&f%d=1", 1_000_000, ""), false},
		{"as many fields as fit", asForm, "", repeated("x=1", "&f%d=1", 370_000, ""), false},
		{"four million ampersands", asForm, "", repeated("", "&", 4<<20-100, ""), false},
		{"4 MB of nested arrays in a field", asForm, "", repeated("message=", "[", 4<<20-100, ""), false},
		{"relaxed objects in a field", asForm, "", repeated("message=", "{a:", 1_300_000, ""), false},
		{"nested arrays in a field of a call in a batch", asForm, "", inForm(2 << 20), false},
		{"a hundred thousand calls in a batch", asJSON, "", repeated(`{"batch":[{"method":"GET","relative_url":"me"}`, `,{"method":"GET","relative_url":"%d"}`, 95_000, "]}"), false},
		{"100,000 parts", asMultipart, "", repeated("", part, 100_000, "--bomb--\r\n"), false},
		{"100,000 parts in chunks", asMultipart, "", repeated("", part, 100_000, "--bomb--\r\n"), true},
		{"half a million boundaries", asMultipart, "", repeated("", "--bomb\r\n", 500_000, "--bomb--\r\n"), false},
		{"a part with 50 MB of header", asMultipart, "", repeated("--bomb\r\n", "X-A: aaaaaaaaaaaaaaaaaaaa\r\n", 2_000_000, "\r\n\r\n--bomb--\r\n"), false},
		{"a part with a header of 50 MB", asMultipart, "", repeated("--bomb\r\nX-A: ", "a", 50<<20, "\r\n\r\n\r\n--bomb--\r\n"), false},
		{"a part of 50 MB", asMultipart, "", repeated("--bomb\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\n", "a", 50<<20, "\r\n--bomb--\r\n"), false},
		{"50 MB without a boundary", asMultipart, "", repeated("", "-", 50<<20, ""), false},
		{"a text file of 45 MB", asMultipart, "", file, true},
	}
}

// TestBombs: what would unpack or unfold to far more than it is takes 64 MiB at
// most, is refused, and nothing of it goes on. How long each took is logged.
func TestBombs(t *testing.T) {
	d := newDesk(t, nil)
	for n := range 200 { // rules, caches and pools are warm
		d.deliver(rig.Page(rig.PageEntry(page, rig.Text(anna, page, rig.NewID("m_"), fmt.Sprintf("write to me%d@example.org, %s", n, said)))))
		d.says(anna, "hello "+said)
	}
	calls := len(d.platform.Calls())
	resident := d.proxy.Resident(t)
	most := int64(0)
	for _, b := range bombs() {
		body := b.body()
		for listener, address := range map[string]string{"bot": "http://" + d.proxy.BotSide() + "/shop/v23.0/me/messages", "public": d.webhook()} {
			reply, held := d.explode(b, body, address)
			most = max(most, d.proxy.Peak(d)-resident)
			t.Logf("%s, %s: %d (error: %v) after %s, %d MiB", b.name, listener, reply.Status, reply.Err != nil, reply.Took.Round(time.Millisecond), held>>20)
			if reply.Err == nil && reply.Status < 400 {
				t.Errorf("%s, %s: answered %d", b.name, listener, reply.Status)
			}
			if held > mostHeld {
				t.Errorf("%s, %s: took %d MiB", b.name, listener, held>>20)
			}
		}
	}
	if n := len(d.platform.Calls()) - calls; n > 0 {
		t.Errorf("the platform got %d calls", n)
	}
	d.answered()
	after := d.proxy.Resident(t) - resident
	t.Logf("all together: %d MiB at most, %d MiB afterwards", most>>20, after>>20)
	if most > 2*mostHeld || after > mostHeld {
		t.Error("they leave too much behind")
	}
	d.deliver(rig.Page(rig.PageEntry(page, rig.Text(anna, page, rig.NewID("m_"), "still there?"))))
}

// explode sends a bomb and returns the most memory that was held meanwhile.
func (d *desk) explode(b bomb, body []byte, address string) (rig.Reply, int64) {
	d.Helper()
	request, err := http.NewRequestWithContext(d.Context(), http.MethodPost, address, io.NopCloser(bytes.NewReader(body)))
	if err != nil {
		d.Fatal(err)
	}
	if !b.chunked {
		request.ContentLength = int64(len(body))
	}
	request.Header.Set("Content-Type", b.kind)
	request.Header.Set("Authorization", "Bearer "+shopToken)
	if strings.HasSuffix(address, "/webhook/main") {
		mainApp.Sign(body, request.Header)
		request.Header.Set("Content-Type", asJSON)
	}
	if b.coding != "" {
		request.Header.Set("Content-Encoding", b.coding)
	}
	client := http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	d.proxy.ResetPeak(d)
	before := d.proxy.Resident(d)
	reply := rig.Do(&client, request)
	return reply, d.proxy.Peak(d) - before
}

// answered is what the platform may answer with: as much, packed.
func (d *desk) answered() {
	d.Helper()
	for name, answer := range map[string]struct {
		coding string
		body   []byte
	}{
		"1 GiB of zeros in gzip":    {"gzip", zeros()},
		"1 GiB of zeros in br":      {"br", zeros()},
		"gzip in gzip":              {"gzip, gzip", zipped(zeros())},
		"50 MB of nested arrays":    {"", bytes.Repeat([]byte("["), 50<<20)},
		"8 MB of nested arrays":     {"", bytes.Repeat([]byte("["), 8<<20-100)},
		"8 MB in gzip":              {"gzip", zipped(bytes.Repeat([]byte("["), 8<<20-100))},
		"a million members":         {"gzip", zipped(repeated(`{"x":0`, `,"%d":0`, 700_000, "}")())},
		"a batch of nested answers": {"", rig.Marshal(rig.List{rig.Object{"code": 200, "body": strings.Repeat("[", 4<<20)}})},
	} {
		d.platform.Answer(func(w http.ResponseWriter, _ *http.Request, _ rig.Call) bool {
			w.Header().Set("Content-Type", asJSON)
			if answer.coding != "" {
				w.Header().Set("Content-Encoding", answer.coding)
			}
			_, _ = w.Write(answer.body)
			return true
		})
		d.proxy.ResetPeak(d)
		before := d.proxy.Resident(d)
		reply := d.says(anna, "hello")
		held := d.proxy.Peak(d) - before
		d.Logf("answer, %s: %d after %s, %d MiB", name, reply.Status, reply.Took.Round(time.Millisecond), held>>20)
		if reply.Err != nil || reply.Status != http.StatusBadGateway {
			d.Errorf("answer, %s: want 502, got %d (error: %v)", name, reply.Status, reply.Err)
		}
		if held > mostHeld {
			d.Errorf("answer, %s: took %d MiB", name, held>>20)
		}
	}
	d.platform.Answer(nil)
}
