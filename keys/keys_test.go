package keys_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/keys"
)

func initialized(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new", "keys")
	if err := keys.Init(t.Context(), keys.Folder{Path: dir}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func opened(t *testing.T, dir string) *keys.Set {
	t.Helper()
	set, err := keys.Open(t.Context(), keys.Folder{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestInitAndOpen(t *testing.T) {
	dir := initialized(t)
	for path, want := range map[string]os.FileMode{"": 0o700, "kek": 0o600, "aead.json": 0o600, "prf.json": 0o600, "sign.json": 0o600, "ring.json": 0o600, "sign.pub": 0o644} {
		found, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if found.Mode().Perm() != want {
			t.Errorf("mode of %q is %o, want %o", path, found.Mode().Perm(), want)
		}
	}
	one, two := opened(t, dir), opened(t, dir)
	sealed, err := one.Seal([]byte("plain"), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := two.Open(sealed, []byte("here")); err != nil || string(plain) != "plain" {
		t.Errorf("opened %q (%v)", plain, err)
	}
	if !bytes.Equal(one.PRF("label", "a", "b"), two.PRF("label", "a", "b")) {
		t.Error("the PRF of one key set differs between two openings")
	}
	other := opened(t, initialized(t))
	if _, err := other.Open(sealed, []byte("here")); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("other keys open it: %v", err)
	}
	if bytes.Equal(one.PRF("label"), other.PRF("label")) {
		t.Error("two key sets have one PRF")
	}
}

func TestOpenRefusesAltered(t *testing.T) {
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := set.Seal([]byte("plain"), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if _, err := set.Open(altered, []byte("here")); !errors.Is(err, keys.ErrSealed) {
			t.Errorf("byte %d altered: %v", i, err)
		}
	}
	for name, ad := range map[string][]byte{"other": []byte("there"), "none": nil} {
		if _, err := set.Open(sealed, ad); !errors.Is(err, keys.ErrSealed) {
			t.Errorf("%s associated data: %v", name, err)
		}
	}
	if _, err := set.Open(nil, []byte("here")); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("nothing: %v", err)
	}
}

// TestPRF: no two lists of parts give one result.
func TestPRF(t *testing.T) {
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, input := range [][]string{{"a"}, {"a", ""}, {"a", "b", "c"}, {"a", "bc"}, {"ab", "c"}, {"abc"}, {"", "abc"}, {"a", "b", "", "c"}, {"a", "b\x00c"}} {
		output := set.PRF(input[0], input[1:]...)
		if len(output) != keys.PRFSize {
			t.Fatalf("%d bytes, want %d", len(output), keys.PRFSize)
		}
		if other, twice := seen[string(output)]; twice {
			t.Errorf("%q and %s have one result", input, other)
		}
		seen[string(output)] = fmt.Sprintf("%q", input)
	}
}

func TestInitNeverOverwrites(t *testing.T) {
	for _, name := range []string{"kek", "aead.json", "prf.json", "sign.json", "sign.pub"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		err := keys.Init(t.Context(), keys.Folder{Path: dir})
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "never overwritten") {
			t.Errorf("%s is there: error is %v", name, err)
		}
		left, err := os.ReadDir(dir)
		if err != nil || len(left) != 1 {
			t.Errorf("%s is there: %d files are left (%v)", name, len(left), err)
		}
		if content, _ := os.ReadFile(filepath.Join(dir, name)); string(content) != "precious" {
			t.Errorf("%s was overwritten", name)
		}
	}
}

func TestOpenSaysWhatToDo(t *testing.T) {
	type setup func(t *testing.T, dir string)
	write := func(name, content string) setup {
		return func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(name string) setup {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	mode := func(name string, mode os.FileMode) setup {
		return func(t *testing.T, dir string) {
			if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	const canary = "Q2FuYXJ5IG9mIDMyIGJ5dGVzIGluIGEga2V5IGZpbGU"
	for _, test := range []struct {
		name  string
		setup setup
		say   []string
	}{
		{"no kek", remove("kek"), []string{"kek", "missing", "piiproxy keys init -c FILE"}},
		{"no aead", remove("aead.json"), []string{"aead.json", "missing", "piiproxy keys init -c FILE"}},
		{"no prf", remove("prf.json"), []string{"prf.json", "missing", "piiproxy keys init -c FILE"}},
		{"no signing key", remove("sign.json"), []string{"sign.json", "missing", "backup"}},
		{"made by an earlier version", func(t *testing.T, dir string) {
			remove("sign.json")(t, dir)
			remove("sign.pub")(t, dir)
		}, []string{"sign.json", "missing", "piiproxy keys init -c FILE", "overwrites nothing"}},
		{"ring damaged", write("ring.json", "{"), []string{"ring.json", "damaged", "take it away"}},
		{"signing key for all", mode("sign.json", 0o644), []string{"0644", "chmod 600", "sign.json"}},
		{"signing key damaged", write("sign.json", "{}"), []string{"sign.json", "damaged", "backup"}},
		{"kek for all", mode("kek", 0o644), []string{"0644", "chmod 600", "kek"}},
		{"kek for the group", mode("kek", 0o640), []string{"0640", "chmod 600", "kek"}},
		{"kek written by others", mode("kek", 0o602), []string{"0602", "chmod 600"}},
		{"aead for all", mode("aead.json", 0o604), []string{"0604", "chmod 600", "aead.json"}},
		{"prf for all", mode("prf.json", 0o660), []string{"0660", "chmod 600", "prf.json"}},
		{"kek not base64", write("kek", canary+"!"), []string{"kek", "32 bytes in base64", "backup"}},
		{"kek short", write("kek", "Q2FuYXJ5"), []string{"kek", "32 bytes in base64", "backup"}},
		{"kek empty", write("kek", ""), []string{"kek", "32 bytes in base64", "backup"}},
		{"kek huge", write("kek", strings.Repeat("A", 1<<20)), []string{"kek", "larger", "backup"}},
		{"another kek", write("kek", canary+"="), []string{"aead.json", "kek", "backup"}},
		{"aead not JSON", write("aead.json", canary), []string{"aead.json", "damaged", "backup"}},
		{"prf empty", write("prf.json", ""), []string{"prf.json", "damaged", "backup"}},
		{"aead as prf", func(t *testing.T, dir string) {
			content, err := os.ReadFile(filepath.Join(dir, "aead.json"))
			if err != nil {
				t.Fatal(err)
			}
			write("prf.json", string(content))(t, dir)
		}, []string{"prf.json", "damaged", "backup"}},
		{"kek is a folder", func(t *testing.T, dir string) {
			remove("kek")(t, dir)
			if err := os.Mkdir(filepath.Join(dir, "kek"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, []string{"kek", "regular file", "keys.path"}},
		{"kek links to itself", func(t *testing.T, dir string) {
			remove("kek")(t, dir)
			if err := os.Symlink("kek", filepath.Join(dir, "kek")); err != nil {
				t.Fatal(err)
			}
		}, []string{"kek", "cannot be read", "chmod 600"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := initialized(t)
			test.setup(t, dir)
			_, err := keys.Open(t.Context(), keys.Folder{Path: dir})
			if err == nil {
				t.Fatal("opened")
			}
			for _, say := range append(test.say, dir) {
				if !strings.Contains(err.Error(), say) {
					t.Errorf("%q does not say %q", err, say)
				}
			}
			if strings.Contains(err.Error(), canary[:8]) {
				t.Errorf("%q quotes the file", err)
			}
		})
	}
	if _, err := keys.Open(t.Context(), keys.Folder{Path: filepath.Join(t.TempDir(), "none")}); err == nil || !strings.Contains(err.Error(), "piiproxy keys init -c FILE") {
		t.Errorf("no folder: %v", err)
	}
}

// TestNothingPrints: no verb and no encoder shows a byte of a key.
func TestNothingPrints(t *testing.T) {
	dir := initialized(t)
	content, err := os.ReadFile(filepath.Join(dir, "kek"))
	if err != nil {
		t.Fatal(err)
	}
	kek, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	set := opened(t, dir)
	inside := struct {
		Set   keys.Set
		Keys  *keys.Set
		local *keys.Set
	}{*set, set, set}
	for _, value := range []any{set, *set, inside, &inside, []any{set}, map[string]any{"keys": *set}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p"} {
			printed := fmt.Sprintf(verb, value)
			if len(printed) > 200 || strings.Contains(printed, string(kek)) || strings.Contains(strings.ToLower(printed), hex.EncodeToString(kek)) {
				t.Errorf("%s prints %q", verb, printed)
			}
		}
		encoded, err := json.Marshal(value)
		if err != nil || (!strings.Contains(string(encoded), "<keys>") && !strings.Contains(string(encoded), `\u003ckeys\u003e`)) {
			t.Errorf("JSON is %s (%v)", encoded, err)
		}
	}
	if got := fmt.Sprintf("%v %+v %#v %x", set, *set, set, *set); got != "<keys> <keys> <keys> <keys>" {
		t.Errorf("prints %q", got)
	}
}

func BenchmarkSeal(b *testing.B) {
	set, err := keys.Ephemeral()
	if err != nil {
		b.Fatal(err)
	}
	plain := make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := set.Seal(plain, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPRF(b *testing.B) {
	set, err := keys.Ephemeral()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		set.PRF("alias", "shop", "psid:1234567890123456")
	}
}
