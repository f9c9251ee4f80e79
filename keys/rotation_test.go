package keys

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
)

// TestRotationKeepsNames: a new primary in both key sets changes no name and
// opens everything, as the package comment promises.
func TestRotationKeepsNames(t *testing.T) {
	made, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	before, err := newSet(made, nil, Folder{})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := before.Seal([]byte("plain"), nil)
	if err != nil {
		t.Fatal(err)
	}
	manager := keyset.NewManagerFromHandle(made.naming)
	rotate(t, manager, func() (uint32, error) { return manager.Add(prf.HMACSHA256PRFKeyTemplate()) })
	rotatedNaming := handle(t, manager)
	manager = keyset.NewManagerFromHandle(made.sealing)
	rotate(t, manager, func() (uint32, error) { return manager.Add(aead.AES256GCMKeyTemplate()) })
	after, err := newSet(keysets{handle(t, manager), rotatedNaming, made.signing}, nil, Folder{})
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := after.Open(sealed, nil); err != nil || string(plain) != "plain" {
		t.Errorf("what the old primary sealed opens as %q (%v)", plain, err)
	}
	resealed, err := after.Seal([]byte("plain"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.Open(resealed, nil); err == nil {
		t.Error("the new primary does not seal")
	}
	if !bytes.Equal(before.PRF("label", "x"), after.PRF("label", "x")) {
		t.Error("a new primary changes the names of records")
	}

	manager = keyset.NewManagerFromHandle(rotatedNaming)
	first, err := rotatedNaming.Entry(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := manager.Disable(first.KeyID()); err != nil {
		t.Fatal(err)
	}
	if _, err := newSet(keysets{made.sealing, handle(t, manager), made.signing}, nil, Folder{}); err == nil {
		t.Error("a disabled oldest key was passed over: every record would lose its name")
	}
}

func rotate(t *testing.T, manager *keyset.Manager, add func() (uint32, error)) {
	t.Helper()
	id, err := add()
	if err != nil {
		t.Fatal(err)
	}
	if err := manager.SetPrimary(id); err != nil {
		t.Fatal(err)
	}
}

func handle(t *testing.T, manager *keyset.Manager) *keyset.Handle {
	t.Helper()
	h, err := manager.Handle()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestEarlierForm: what earlier versions sealed under the key itself still opens,
// is counted under its key, and says that it cannot be moved.
func TestEarlierForm(t *testing.T) {
	set, err := Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := set.holder.now().sealing.aead.Encrypt([]byte("plain"), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := set.Open(sealed, []byte("here")); err != nil || string(plain) != "plain" {
		t.Errorf("opened %q (%v)", plain, err)
	}
	if _, err := set.Open(sealed, []byte("there")); !errors.Is(err, ErrSealed) {
		t.Errorf("elsewhere: %v", err)
	}
	if id, ok := set.Under(sealed); !ok || id != set.Primary() {
		t.Errorf("under %q (%t)", id, ok)
	}
	if _, err := set.Rewrap(sealed); !errors.Is(err, ErrDirect) {
		t.Errorf("moved: %v", err)
	}
}
