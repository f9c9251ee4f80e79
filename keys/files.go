package keys

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// The files of a key folder.
const (
	fileKEK  = "kek"
	fileAEAD = "aead.json"
	filePRF  = "prf.json"
	fileSign = "sign.json"
	// filePublic holds no secret and may lie anywhere.
	filePublic = "sign.pub"
)

// kekSize is an AES-256 key: as strong as what it encrypts (PCI DSS 3.6.1).
const kekSize = 32

// maxFile bounds what is read of a key file; a set of a hundred keys has less.
const maxFile = 64 << 10

// Init makes a new key set in dir, which it makes with mode 0700 when it is
// missing; the files get 0600, the public key 0644. To a folder of an earlier
// version it adds the signing key. It never overwrites: keys that are gone make
// every record unreadable.
func Init(dir string) error {
	if err := initialize(dir); err != nil {
		return fmt.Errorf("making keys in %s: %w", dir, err)
	}
	return nil
}

func initialize(dir string) error {
	there := map[string]bool{}
	var first string
	for _, name := range []string{filePublic, fileSign, filePRF, fileAEAD, fileKEK} {
		_, err := os.Lstat(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil {
			there[name], first = true, name
		}
	}
	switch {
	case first == "":
		return initializeAll(dir)
	case there[fileKEK] && there[fileAEAD] && there[filePRF] && !there[fileSign] && !there[filePublic]:
		return addSigning(dir)
	}
	return existing(first)
}

func initializeAll(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	kek := make([]byte, kekSize)
	rand.Read(kek) // never fails (crypto/rand)
	lock, err := subtle.NewAESGCM(kek)
	if err != nil {
		return err
	}
	made, err := generate()
	if err != nil {
		return err
	}
	files := []file{{fileKEK, append(base64.StdEncoding.AppendEncode(nil, kek), '\n'), 0o600}}
	for _, each := range []struct {
		handle *keyset.Handle
		name   string
	}{{made.sealing, fileAEAD}, {made.naming, filePRF}} {
		content, err := encrypted(each.handle, lock, each.name)
		if err != nil {
			return err
		}
		files = append(files, file{each.name, content, 0o600})
	}
	signs, err := signingFiles(made.signing, lock)
	if err != nil {
		return err
	}
	return writeAll(dir, append(files, signs...))
}

// addSigning makes the signing key that folders of an earlier version lack. The
// KEK has to open what is there, or the new file would be of another set.
func addSigning(dir string) error {
	lock, err := readKEK(filepath.Join(dir, fileKEK))
	if err != nil {
		return err
	}
	if _, err := readKeyset(dir, fileAEAD, lock); err != nil {
		return err
	}
	made, err := generate()
	if err != nil {
		return err
	}
	files, err := signingFiles(made.signing, lock)
	if err != nil {
		return err
	}
	return writeAll(dir, files)
}

func signingFiles(handle *keyset.Handle, lock tink.AEAD) ([]file, error) {
	sealed, err := encrypted(handle, lock, fileSign)
	if err != nil {
		return nil, err
	}
	keys, err := newSigning(handle)
	if err != nil {
		return nil, err
	}
	public, err := publicFile(keys.ordered)
	if err != nil {
		return nil, err
	}
	return []file{{fileSign, sealed, 0o600}, {filePublic, public, 0o644}}, nil
}

func existing(name string) error {
	return fmt.Errorf("there is already a file %s, and keys are never overwritten: "+
		"what they sealed could not be read any more; use them, or name another folder", name)
}

// encrypted is a Tink key set as JSON, encrypted and bound to its file's name so
// that no two files can stand in for each other.
func encrypted(handle *keyset.Handle, lock tink.AEAD, name string) ([]byte, error) {
	var buffer bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewJSONWriter(&buffer), lock, binding(name)); err != nil {
		return nil, fmt.Errorf("encrypting %s: %w", name, err)
	}
	return append(bytes.TrimSpace(buffer.Bytes()), '\n'), nil
}

func binding(name string) []byte { return []byte("piiproxy keys " + name) }

type file struct {
	name    string
	content []byte
	mode    os.FileMode
}

// writeAll writes the files durably, and takes back those it wrote when one
// fails.
func writeAll(dir string, files []file) error {
	for i, f := range files {
		if err := writeNew(filepath.Join(dir, f.name), f); err != nil {
			for _, done := range files[:i] {
				err = errors.Join(err, os.Remove(filepath.Join(dir, done.name)))
			}
			return err
		}
	}
	return syncFolder(dir)
}

// writeNew refuses a file that is there, also one that came a moment ago.
func writeNew(path string, from file) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, from.mode)
	if err != nil {
		return err
	}
	_, err = f.Write(from.content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// syncFolder makes the new names durable.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // has no such call
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open reads the key set in dir. It refuses files that others may read or write,
// and each of its errors names the file and says what to do; none holds a byte
// of a key.
func Open(dir string) (*Set, error) {
	set, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("opening keys: %w", err)
	}
	return set, nil
}

func open(dir string) (*Set, error) {
	lock, err := readKEK(filepath.Join(dir, fileKEK))
	if err != nil {
		return nil, err
	}
	sealing, err := readKeyset(dir, fileAEAD, lock)
	if err != nil {
		return nil, err
	}
	naming, err := readKeyset(dir, filePRF, lock)
	if err != nil {
		return nil, err
	}
	signing, err := readKeyset(dir, fileSign, lock)
	if err != nil {
		return nil, err
	}
	set, err := newSet(keysets{sealing, naming, signing})
	if err != nil {
		return nil, fmt.Errorf("in %s: %w", dir, err)
	}
	return set, nil
}

func readKEK(path string) (tink.AEAD, error) {
	content, err := read(path)
	if err != nil {
		return nil, err
	}
	kek, err := base64.StdEncoding.Strict().DecodeString(string(bytes.TrimSpace(content)))
	if err != nil || len(kek) != kekSize {
		// The decoder's error would quote a byte of the key.
		return nil, fmt.Errorf("%s is not %d bytes in base64: %s", path, kekSize, restore)
	}
	lock, err := subtle.NewAESGCM(kek)
	if err != nil {
		return nil, fmt.Errorf("%s does not make an AES-256 key: %s", path, restore)
	}
	return lock, nil
}

const restore = "restore the key folder from its backup; new keys would not open what these sealed"

func readKeyset(dir, name string, lock tink.AEAD) (*keyset.Handle, error) {
	path := filepath.Join(dir, name)
	content, err := read(path)
	if err != nil {
		return nil, err
	}
	handle, err := keyset.ReadWithAssociatedData(keyset.NewJSONReader(bytes.NewReader(content)), lock, binding(name))
	if err != nil {
		return nil, fmt.Errorf("%s is damaged, or does not belong to the file %s beside it: %s", path, fileKEK, restore)
	}
	return handle, nil
}

// read reads a key file that only its owner may touch.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if filepath.Base(path) == fileSign {
			return nil, fmt.Errorf("%s is missing: folders made by earlier versions have none; "+
				"run `piiproxy keys init -c FILE`, which adds it and overwrites nothing, and back it up", path)
		}
		return nil, fmt.Errorf("%s is missing: run `piiproxy keys init -c FILE` once for a new installation, "+
			"or restore the key folder from its backup", path)
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	// Asked of the open file, so that what is checked is what is read.
	found, err := f.Stat()
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !found.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file: set keys.path to a folder that `piiproxy keys init` made", path)
	}
	if mode := found.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%s may be touched by other users (mode %04o): run chmod 600 %s", path, mode, path)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, unreadable(path, err)
	}
	if len(content) > maxFile {
		return nil, fmt.Errorf("%s is larger than any key file: %s", path, restore)
	}
	return content, nil
}

func unreadable(path string, err error) error {
	var reason *fs.PathError
	if errors.As(err, &reason) {
		err = reason.Err // the path is said already
	}
	return fmt.Errorf("%s cannot be read (%w): let the user that runs piiproxy own it and run chmod 600 %s", path, err, path)
}
