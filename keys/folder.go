package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tink-crypto/tink-go/v2/keyset"
)

// The files of a key folder.
const (
	fileKEK  = "kek"
	fileAEAD = "aead.json"
	filePRF  = "prf.json"
	fileSign = "sign.json"
	// PublicFile holds no secret and may lie anywhere.
	PublicFile = "sign.pub"
	// fileRing says when keys were made; it may be missing.
	fileRing = "ring.json"
)

// Folder is where a key set lies, and what encrypts it.
type Folder struct {
	Path string
	// KEK encrypts the key sets; nil is FileKEK(Path/kek).
	KEK KEK
}

func (f Folder) kek() KEK {
	if f.KEK != nil {
		return f.KEK
	}
	return FileKEK(filepath.Join(f.Path, fileKEK))
}

// maker is a KEK that can be made here; all others are made elsewhere, before.
type maker interface {
	// make makes the KEK if there is none. It never overwrites. undo takes away
	// what was made.
	make() (undo func() error, err error)
	path() string
}

// Init makes a new key set in the folder, which it makes with mode 0700 when it is
// missing; the files get 0600, the public key 0644. To a folder of an earlier
// version it adds the signing key. It never overwrites: keys that are gone make
// every record unreadable.
func Init(ctx context.Context, folder Folder) error {
	if err := folder.initialize(ctx); err != nil {
		return fmt.Errorf("making keys in %s: %w", folder.Path, err)
	}
	return nil
}

func (f Folder) initialize(ctx context.Context) error {
	there := map[string]bool{}
	var first string
	for _, name := range []string{fileRing, PublicFile, fileSign, filePRF, fileAEAD, fileKEK} {
		_, err := os.Lstat(filepath.Join(f.Path, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil {
			there[name], first = true, name
		}
	}
	switch {
	case first == "":
		return f.initializeAll(ctx)
	case there[fileAEAD] && there[filePRF] && !there[fileSign] && !there[PublicFile]:
		return f.addSigning(ctx)
	}
	return existing(first)
}

func existing(name string) error {
	return fmt.Errorf("there is already a file %s, and keys are never overwritten: "+
		"what they sealed could not be read any more; use them, or name another folder", name)
}

func (f Folder) initializeAll(ctx context.Context) error {
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return err
	}
	made, err := generate()
	if err != nil {
		return err
	}
	undo := func() error { return nil }
	if m, is := f.kek().(maker); is {
		if undo, err = m.make(); err != nil {
			return err
		}
	}
	known := new(ring)
	for _, each := range made.named() {
		if err := known.stamp(each, time.Now()); err != nil {
			return errors.Join(err, undo())
		}
	}
	files, err := f.files(ctx, made, known)
	if err == nil {
		err = writeAll(f.Path, files)
	}
	if err != nil {
		return errors.Join(err, undo())
	}
	return nil
}

// stamp notes when the keys of a new set were made.
func (r *ring) stamp(set named, when time.Time) error {
	for i := range set.handle.Len() {
		entry, err := set.handle.Entry(i)
		if err != nil {
			return errors.New("a key set cannot be listed")
		}
		id, err := set.id(entry)
		if err != nil {
			return err
		}
		known := r.find(id)
		known.Made, known.Promoted = when.UTC().Truncate(time.Second), when.UTC().Truncate(time.Second)
	}
	return nil
}

// files is the whole set, encrypted.
func (f Folder) files(ctx context.Context, from keysets, known *ring) ([]file, error) {
	var files []file
	for _, each := range from.named() {
		content, err := f.encrypted(ctx, each.handle, each.file)
		if err != nil {
			return nil, err
		}
		files = append(files, file{each.file, content, 0o600})
	}
	plain, err := plainFiles(from, known)
	return append(files, plain...), err
}

// plainFiles are those without a secret.
func plainFiles(from keysets, known *ring) ([]file, error) {
	signs, err := newSigning(from.signing)
	if err != nil {
		return nil, err
	}
	public, err := publicFile(signs.ordered)
	if err != nil {
		return nil, err
	}
	content, err := known.encoded(from)
	if err != nil {
		return nil, err
	}
	return []file{{PublicFile, public, 0o644}, {fileRing, content, 0o600}}, nil
}

// addSigning makes the signing key that folders of an earlier version lack. The
// KEK has to open what is there, or the new file would be of another set.
func (f Folder) addSigning(ctx context.Context) error {
	from := keysets{}
	var err error
	if from.sealing, err = f.readKeyset(ctx, fileAEAD); err != nil {
		return err
	}
	if from.naming, err = f.readKeyset(ctx, filePRF); err != nil {
		return err
	}
	fresh, err := generate()
	if err != nil {
		return err
	}
	from.signing = fresh.signing
	// Earlier versions wrote a file once, when its key was made.
	made, err := os.Stat(filepath.Join(f.Path, fileAEAD))
	if err != nil {
		return err
	}
	known := new(ring)
	for _, each := range from.named() {
		when := made.ModTime()
		if each.use == Signing {
			when = time.Now()
		}
		if err := known.stamp(each, when); err != nil {
			return err
		}
	}
	sealed, err := f.encrypted(ctx, from.signing, fileSign)
	if err != nil {
		return err
	}
	plain, err := plainFiles(from, known)
	if err != nil {
		return err
	}
	return writeAll(f.Path, append([]file{{fileSign, sealed, 0o600}}, plain...))
}

// Open reads the key set of a folder. It refuses files that others may read or
// write, and each of its errors names the file and says what to do; none holds a
// byte of a key.
func Open(ctx context.Context, folder Folder) (*Set, error) {
	state := folder.State() // before reading: a change in between shows later
	from, known, err := folder.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening keys: %w", err)
	}
	set, err := newSet(from, known, folder)
	if err != nil {
		return nil, fmt.Errorf("opening keys: in %s: %w", folder.Path, err)
	}
	set.holder.opened = state
	return set, nil
}

func (f Folder) read(ctx context.Context) (keysets, *ring, error) {
	from := keysets{}
	for _, each := range []struct {
		name string
		to   **keyset.Handle
	}{{fileAEAD, &from.sealing}, {filePRF, &from.naming}, {fileSign, &from.signing}} {
		handle, err := f.readKeyset(ctx, each.name)
		if err != nil {
			return keysets{}, nil, err
		}
		*each.to = handle
	}
	known, err := f.readRing()
	return from, known, err
}

func (f Folder) readRing() (*ring, error) {
	path := filepath.Join(f.Path, fileRing)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return new(ring), nil
	}
	content, err := read(path)
	if err != nil {
		return nil, err
	}
	known, err := parseRing(content)
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return known, nil
}

const restore = "restore the key folder from its backup; new keys would not open what these sealed"

func (f Folder) readKeyset(ctx context.Context, name string) (*keyset.Handle, error) {
	path := filepath.Join(f.Path, name)
	content, err := read(path)
	if err != nil {
		return nil, err
	}
	// Tink's errors would bury what the KEK's source says.
	lock := &remembering{KEK: f.kek()}
	handle, err := keyset.ReadWithContext(ctx, keyset.NewJSONReader(bytes.NewReader(content)), lock, binding(name))
	switch {
	case err == nil:
		return handle, nil
	case lock.err != nil && !errors.Is(lock.err, errWrongKEK):
		return nil, fmt.Errorf("%s cannot be decrypted: %w", path, lock.err)
	}
	return nil, fmt.Errorf("%s is damaged, or was not encrypted under %s: was keys.kek changed without `piiproxy keys rewrap`, "+
		"or was that command interrupted? run it again; else %s", path, f.kek(), restore)
}

// encrypted is a Tink key set as JSON, encrypted and bound to its file's name so
// that no two files can stand in for each other.
func (f Folder) encrypted(ctx context.Context, handle *keyset.Handle, name string) ([]byte, error) {
	var buffer bytes.Buffer
	lock := &remembering{KEK: f.kek()}
	err := handle.WriteWithContext(ctx, keyset.NewJSONWriter(&buffer), lock, binding(name))
	if lock.err != nil {
		return nil, fmt.Errorf("encrypting %s: %w", name, lock.err)
	}
	if err != nil {
		return nil, fmt.Errorf("encrypting %s: %w", name, err)
	}
	return append(bytes.TrimSpace(buffer.Bytes()), '\n'), nil
}

func binding(name string) []byte { return []byte("piiproxy keys " + name) }
