package keys_test

import (
	"bytes"
	"crypto/ed25519"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/piiproxy/piiproxy/keys"
)

func TestSign(t *testing.T) {
	dir := initialized(t)
	set := opened(t, dir)
	message := []byte("a line of the audit log")
	signed := set.Sign(message)
	if len(signed) != ed25519.SignatureSize {
		t.Fatalf("a signature has %d bytes", len(signed))
	}
	content, err := os.ReadFile(filepath.Join(dir, "sign.pub"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := keys.ParsePublic(content)
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(public[set.SigningKeyID()], message, signed) {
		t.Error("sign.pub does not verify what the set signs")
	}
	if ed25519.Verify(public[set.SigningKeyID()], append(message, '.'), signed) {
		t.Error("another message verifies")
	}
	if !set.SigningKey().Equal(public[set.SigningKeyID()]) || keys.KeyID(set.SigningKey()) != set.SigningKeyID() {
		t.Error("the key and its id do not belong together")
	}
	if !bytes.Equal(opened(t, dir).Sign(message), signed) {
		t.Error("the same folder signs otherwise after a restart")
	}
	if got := slices.Collect(maps.Keys(set.VerifyingKeys())); !slices.Equal(got, []string{set.SigningKeyID()}) {
		t.Errorf("verifying keys are %v", got)
	}
	for _, broken := range []string{"", "no PEM", string(content) + "rest", string(content[:40])} {
		if _, err := keys.ParsePublic([]byte(broken)); err == nil {
			t.Errorf("%q is taken for public keys", broken)
		}
	}
}

// TestInitAddsSigning: a folder of an earlier version gets what it lacks, and
// what it has stays byte for byte.
func TestInitAddsSigning(t *testing.T) {
	dir := initialized(t)
	before := map[string][]byte{}
	for _, name := range []string{"kek", "aead.json", "prf.json"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		before[name] = content
	}
	sealed, err := opened(t, dir).Seal([]byte("plain"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sign.json", "sign.pub", "ring.json"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := keys.Init(t.Context(), keys.Folder{Path: dir}); err != nil {
		t.Fatal(err)
	}
	for name, want := range before {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s was changed (%v)", name, err)
		}
	}
	set := opened(t, dir)
	if plain, err := set.Open(sealed, nil); err != nil || string(plain) != "plain" {
		t.Errorf("opened %q (%v)", plain, err)
	}
	if !ed25519.Verify(set.SigningKey(), []byte("x"), set.Sign([]byte("x"))) {
		t.Error("the added key does not sign")
	}
	if err := keys.Init(t.Context(), keys.Folder{Path: dir}); err == nil {
		t.Error("a whole folder is made again")
	}
}
