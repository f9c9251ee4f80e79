package keys_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"reflect"
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
	if named, by := set.SignNamed([]byte("line")); by != id || !ed25519.Verify(public[by], []byte("line"), named) {
		t.Errorf("signs as %s, want %s", by, id)
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

// TestFilesStayTheirOwners: what a rotation and a rewrap replace keeps its mode,
// and belongs to whom the folder belongs, also when root gives the order.
func TestFilesStayTheirOwners(t *testing.T) {
	dir := initialized(t)
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, 12345, 12345); err != nil {
			t.Fatal(err)
		}
	}
	folder := keys.Folder{Path: dir}
	for _, use := range []string{keys.Sealing, keys.Signing} {
		id, err := folder.Stage(t.Context(), use)
		if err != nil {
			t.Fatal(err)
		}
		if err := folder.Promote(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if err := folder.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	of, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"kek": 0o600, "aead.json": 0o600, "prf.json": 0o600, "sign.json": 0o600, "ring.json": 0o600, "sign.pub": 0o644} {
		found, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if found.Mode().Perm() != want || owner(found) != owner(of) {
			t.Errorf("%s has mode %o and owner %d", name, found.Mode().Perm(), owner(found))
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 6 {
		t.Errorf("%d files are left (%v)", len(left), err)
	}
}

// owner is a file's user.
func owner(of os.FileInfo) uint64 {
	return reflect.Indirect(reflect.ValueOf(of.Sys())).FieldByName("Uid").Uint()
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
