package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// keyInfo is a key in what `piiproxy keys list --json` prints.
type keyInfo struct {
	ID, Use, State string
	Records        int
}

// sealingKeys lists the sealing keys, the oldest first.
func (r *road) sealingKeys() (list []keyInfo) {
	r.Helper()
	var printed struct{ Keys []keyInfo }
	if err := json.Unmarshal(r.keys("list", "--json"), &printed); err != nil {
		r.Fatal(err)
	}
	for _, key := range printed.Keys {
		if key.Use == "sealing" {
			list = append(list, key)
		}
	}
	return list
}

// keys runs a command on the keys and fails the test when that fails.
func (r *road) keys(arguments ...string) []byte {
	r.Helper()
	output, err := r.proxy.Command(append(append([]string{"keys"}, arguments...), "-c", r.proxy.File)...)
	if err != nil {
		r.Fatalf("piiproxy keys %v: %v\n%s", arguments, err, output)
	}
	return output
}

// write lets everybody write until what is to be done is done. Without a kill
// every delivery is taken at once.
func (r *road) write(meanwhile func()) {
	r.Helper()
	walk, stop := context.WithCancel(r.Context())
	var all sync.WaitGroup
	for _, w := range r.walkers {
		all.Go(func() { r.walk(walk, r.Context(), w) })
	}
	time.Sleep(300 * time.Millisecond)
	meanwhile()
	time.Sleep(300 * time.Millisecond)
	stop()
	all.Wait()
}

// Keys change while people write: no message fails, no value gets a second token,
// and a kill -9 while records move is nothing. An old folder is refused by the name
// of the key that it lacks.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	r := newRoad(t, newDesk(t, withSpool))
	r.pace = 40 * time.Millisecond
	checked := map[string]bool{}
	folder := filepath.Join(r.proxy.Dir, "keys")
	old := map[string][]byte{} // a backup from before
	for _, name := range []string{"kek", "aead.json", "prf.json", "sign.json"} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		old[name] = content
	}
	r.write(func() {})
	r.write(func() {
		r.keys("rotate")
		r.keys("rotate", "signing")
		r.keys("rotate")
		r.keys("rewrap")
	})
	if r.retries.Load() != 0 {
		t.Errorf("%d deliveries were not taken at once", r.retries.Load())
	}
	r.settle()
	r.resolve(checked)
	for range 3 {
		r.keys("rotate")
		r.kill(0) // while records move
	}
	r.settle()
	r.resolve(checked)
	rig.Within(t, 3*time.Minute, func() bool {
		for _, key := range r.sealingKeys() {
			if key.State == "retiring" && key.Records > 0 {
				return false
			}
		}
		return true
	}, func() string { return fmt.Sprintf("records are left under old keys: %+v", r.sealingKeys()) })
	for _, key := range r.sealingKeys() {
		if key.State == "retiring" {
			r.keys("retire", key.ID, "--reason", "rotated")
		}
	}
	r.write(func() {})
	r.settle()
	r.arrived()
	r.resolve(checked)
	t.Logf("%d messages, %d tokens, %d deliveries again", r.messages(), len(checked), r.retries.Load())

	primary := r.sealingKeys()
	if len(primary) != 1 {
		t.Fatalf("left are %+v", primary)
	}
	r.proxy.Kill()
	for name, content := range old {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output, err := r.proxy.Command("serve", "-c", r.proxy.File)
	if want := "sealed under key " + primary[0].ID + ", which is not in this key set"; err == nil || !strings.Contains(string(output), want) {
		t.Errorf("with the keys of an old backup: %v, want %q\n%s", err, want, output)
	}
}
