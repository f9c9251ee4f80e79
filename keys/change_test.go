package keys_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/keys"
)

// states lists the keys of a use as "state state …", the oldest first.
func states(set *keys.Set, use string) string {
	var list []string
	for _, key := range set.Keys() {
		if key.Use == use {
			list = append(list, key.State)
		}
	}
	return strings.Join(list, " ")
}

// TestRotation: staged, everybody opens and nobody seals with a key; promoted, it
// seals; retired, the old one is gone, and what it sealed names it.
func TestRotation(t *testing.T) {
	dir := initialized(t)
	folder := keys.Folder{Path: dir}
	one, two := opened(t, dir), opened(t, dir)
	old := one.Primary()
	before, err := one.Seal([]byte("plain"), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	name := one.PRF("label", "x")
	id, err := folder.Stage(t.Context(), keys.Sealing)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := folder.Stage(t.Context(), keys.Sealing); err != nil || again != id {
		t.Errorf("staged twice: %s and %s (%v)", id, again, err)
	}
	reload := func(set *keys.Set) {
		t.Helper()
		if changed, err := set.Reload(t.Context()); err != nil || !changed {
			t.Fatalf("reload: changed %t (%v)", changed, err)
		}
	}
	reload(one)
	if one.Primary() != old || !one.Has(id) || states(one, keys.Sealing) != "primary staged" {
		t.Errorf("staged: primary %s, keys %s", one.Primary(), states(one, keys.Sealing))
	}
	if two.Has(id) {
		t.Error("a set has a key that it has not read")
	}
	reload(two)
	if err := folder.Promote(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := folder.Promote(t.Context(), id); err != nil {
		t.Errorf("promoted twice: %v", err)
	}
	reload(one)
	after, err := one.Seal([]byte("plain"), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	if under, ok := one.Under(after); !ok || under != id || states(one, keys.Sealing) != "retiring primary" {
		t.Errorf("promoted: sealed under %s, keys %s", under, states(one, keys.Sealing))
	}
	for _, sealed := range [][]byte{before, after} {
		// two has not read the promotion yet.
		if plain, err := two.Open(sealed, []byte("here")); err != nil || string(plain) != "plain" {
			t.Errorf("opened %q (%v)", plain, err)
		}
	}
	moved, err := one.Rewrap(before)
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Retire(t.Context(), old, false); err != nil {
		t.Fatal(err)
	}
	reload(one)
	if plain, err := one.Open(moved, []byte("here")); err != nil || string(plain) != "plain" {
		t.Errorf("moved, it opens as %q (%v)", plain, err)
	}
	if _, err := one.Open(moved, []byte("there")); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("moved, it opens elsewhere: %v", err)
	}
	_, err = one.Open(before, []byte("here"))
	if !errors.Is(err, keys.ErrSealed) || !strings.Contains(err.Error(), "sealed under key "+old+", which is not in this key set") {
		t.Errorf("under the retired key: %v", err)
	}
	if !bytes.Equal(one.PRF("label", "x"), name) {
		t.Error("a rotation changes the names of records")
	}
	if one.GivenUp(old) {
		t.Error("nobody gave up records under the old key")
	}
}

func TestRotationRefuses(t *testing.T) {
	dir := initialized(t)
	folder := keys.Folder{Path: dir}
	set := opened(t, dir)
	ids := map[string]string{}
	for _, key := range set.Keys() {
		ids[key.Use] = key.ID
	}
	for name, err := range map[string]error{
		"retire the primary":     folder.Retire(t.Context(), ids[keys.Sealing], true),
		"retire the naming key":  folder.Retire(t.Context(), ids[keys.Naming], true),
		"retire the signing key": folder.Retire(t.Context(), ids[keys.Signing], true),
		"retire what is not":     folder.Retire(t.Context(), "00000000", true),
		"promote what is not":    folder.Promote(t.Context(), "00000000"),
	} {
		if err == nil {
			t.Errorf("%s: done", name)
		}
	}
	if _, err := folder.Stage(t.Context(), keys.Naming); err == nil {
		t.Error("a naming key was staged: records would lose their names")
	}
	id, err := folder.Stage(t.Context(), keys.Sealing)
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Promote(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := folder.Promote(t.Context(), ids[keys.Sealing]); err == nil {
		t.Error("an old key seals again")
	}
}

// TestSigningRotates: the old public key verifies what the old key signed, in the
// set and in sign.pub.
func TestSigningRotates(t *testing.T) {
	dir := initialized(t)
	folder := keys.Folder{Path: dir}
	set := opened(t, dir)
	old, signed := set.SigningKeyID(), set.Sign([]byte("line"))
	id, err := folder.Stage(t.Context(), keys.Signing)
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Promote(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := set.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "sign.pub"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := keys.ParsePublic(content)
	if err != nil {
		t.Fatal(err)
	}
	if set.SigningKeyID() != id || id == old {
		t.Errorf("signs under %s, want %s", set.SigningKeyID(), id)
	}
	for name, list := range map[string]map[string]ed25519.PublicKey{"sign.pub": public, "the set": set.VerifyingKeys()} {
		if len(list) != 2 || !ed25519.Verify(list[old], []byte("line"), signed) || !ed25519.Verify(list[id], []byte("line"), set.Sign([]byte("line"))) {
			t.Errorf("%s does not verify both", name)
		}
	}
}

// TestRewrap: from every source to every other and to a fresh one of its own, the
// keys stay, and the old KEK opens nothing more.
func TestRewrap(t *testing.T) {
	server := newTransit(t)
	t.Setenv("PIIPROXY_KEK", someKEKs[0])
	dir := initialized(t)
	set := opened(t, dir)
	sealed, err := set.Seal([]byte("plain"), nil)
	if err != nil {
		t.Fatal(err)
	}
	signer := set.SigningKeyID()
	at := keys.Folder{Path: dir}
	check := func(name string, now, before keys.Folder) {
		t.Helper()
		set, err := keys.Open(t.Context(), now)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if plain, err := set.Open(sealed, nil); err != nil || string(plain) != "plain" || set.SigningKeyID() != signer {
			t.Errorf("%s: opened %q (%v)", name, plain, err)
		}
		if before.Path != "" {
			if _, err := keys.Open(t.Context(), before); err == nil {
				t.Errorf("%s: the old KEK still opens the keys", name)
			}
		}
	}
	for _, to := range []struct {
		name string
		kek  keys.KEK
	}{
		{"environment", keys.EnvironmentKEK("PIIPROXY_KEK")},
		{"transit", server.kek(t, nil)},
		{"command", keys.CommandKEK([]string{program(t, "echo "+someKEKs[1])})},
		{"file", nil},
	} {
		next := keys.Folder{Path: dir, KEK: to.kek}
		target := to.kek
		if target == nil {
			target = keys.FileKEK(filepath.Join(dir, "kek"))
		}
		if err := at.Rewrap(t.Context(), target); err != nil {
			t.Fatalf("%s: %v", to.name, err)
		}
		check(to.name, next, at)
		if to.name == "transit" {
			renewTransit(t, server, next)
			check("transit, newest version", next, keys.Folder{})
		}
		at = next
	}
	old, err := os.ReadFile(filepath.Join(dir, "kek"))
	if err != nil {
		t.Fatal(err)
	}
	if err := at.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	apart := filepath.Join(t.TempDir(), "kek")
	if err := os.WriteFile(apart, old, 0o600); err != nil {
		t.Fatal(err)
	}
	check("fresh file", at, keys.Folder{Path: dir, KEK: keys.FileKEK(apart)})
	if err := (keys.Folder{Path: dir, KEK: keys.EnvironmentKEK("PIIPROXY_KEK")}).Renew(t.Context()); err == nil {
		t.Error("a variable was renewed, which nobody here can")
	}
}

// renewTransit: the newest version of the key encrypts, and an older one is not
// needed.
func renewTransit(t *testing.T, server *transit, folder keys.Folder) {
	t.Helper()
	server.rotate()
	if err := folder.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	server.versions[0] = server.versions[1]
}

// TestRenewInterrupted: at each point at which a renewal of the KEK can be killed
// the folder opens, and running it again ends it.
func TestRenewInterrupted(t *testing.T) {
	names := []string{"kek.next", "aead.json", "prf.json", "sign.json"}
	for done := range len(names) + 1 {
		dir := initialized(t)
		set := opened(t, dir)
		sealed, err := set.Seal([]byte("plain"), nil)
		if err != nil {
			t.Fatal(err)
		}
		// A finished renewal of a copy gives the files that the killed one had written.
		finished := filepath.Join(t.TempDir(), "keys")
		if err := os.CopyFS(finished, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		narrow(t, finished)
		if err := (keys.Folder{Path: finished}).Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, name := range names[:done] {
			content, err := os.ReadFile(filepath.Join(finished, strings.TrimSuffix(name, ".next")))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if done > 0 { // a file of the killed one that was not in place yet
			if err := os.WriteFile(filepath.Join(dir, "prf.json.new"), []byte("torn"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		opens := func(when string) {
			t.Helper()
			if plain, err := opened(t, dir).Open(sealed, nil); err != nil || string(plain) != "plain" {
				t.Errorf("killed after %d files, %s: opened %q (%v)", done, when, plain, err)
			}
		}
		opens("before it is run again")
		if err := (keys.Folder{Path: dir}).Renew(t.Context()); err != nil {
			t.Fatalf("killed after %d files: %v", done, err)
		}
		opens("and run again")
		if _, err := os.Lstat(filepath.Join(dir, "kek.next")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("killed after %d files: kek.next is left", done)
		}
	}
}

// narrow sets the modes that CopyFS does not keep.
func narrow(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if err := os.Chmod(filepath.Join(dir, entry.Name()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRewrapInterrupted: a mixed folder is refused with what to do, and run again
// the command ends it.
func TestRewrapInterrupted(t *testing.T) {
	t.Setenv("PIIPROXY_KEK", someKEKs[0])
	dir := initialized(t)
	folder, to := keys.Folder{Path: dir}, keys.EnvironmentKEK("PIIPROXY_KEK")
	old, err := os.ReadFile(filepath.Join(dir, "sign.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Rewrap(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sign.json"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kek := range []keys.KEK{nil, to} {
		if _, err := keys.Open(t.Context(), keys.Folder{Path: dir, KEK: kek}); err == nil || !strings.Contains(err.Error(), "run it again") {
			t.Errorf("a mixed folder: %v", err)
		}
	}
	if err := folder.Rewrap(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Open(t.Context(), keys.Folder{Path: dir, KEK: to}); err != nil {
		t.Error(err)
	}
}

// TestListShowsNoKey: what is listed are ids, words and times.
func TestListShowsNoKey(t *testing.T) {
	dir := initialized(t)
	for _, key := range opened(t, dir).Keys() {
		if len(key.ID) > 16 || key.Made.IsZero() || key.Promoted.IsZero() || !slices.Contains([]string{keys.Sealing, keys.Naming, keys.Signing}, key.Use) || key.State != keys.Primary {
			t.Errorf("listed %+v", key)
		}
	}
	if err := os.Remove(filepath.Join(dir, "ring.json")); err != nil {
		t.Fatal(err)
	}
	for _, key := range opened(t, dir).Keys() {
		if !key.Made.IsZero() || key.State != keys.Primary {
			t.Errorf("without ring.json: %+v", key)
		}
	}
}
