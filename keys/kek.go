package keys

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KEK is a key-encrypting key: it encrypts the key sets of a folder, some 300
// bytes each, and nothing else. The methods are those of Tink, so that its clients
// of cloud key services are KEKs with a String added. Decrypting what another KEK
// encrypted must fail; errors must hold no secret.
type KEK interface {
	tink.AEADWithContext
	// String says what it is, for errors: "the key in file /etc/piiproxy/kek".
	fmt.Stringer
}

// errWrongKEK says that a KEK answered, and does not open what it was given.
var errWrongKEK = errors.New("does not open under this key")

// remembering keeps a KEK's own error.
type remembering struct {
	KEK
	err error
}

func (r *remembering) EncryptWithContext(ctx context.Context, plain, ad []byte) ([]byte, error) {
	sealed, err := r.KEK.EncryptWithContext(ctx, plain, ad)
	r.err = err
	return sealed, err
}

func (r *remembering) DecryptWithContext(ctx context.Context, sealed, ad []byte) ([]byte, error) {
	plain, err := r.KEK.DecryptWithContext(ctx, sealed, ad)
	r.err = err
	return plain, err
}

// kekSize is an AES-256 key: as strong as what it encrypts (PCI DSS 3.6.1).
const kekSize = 32

// local is a KEK that is read from somewhere, 32 bytes in base64, each time that
// it is needed, and used here.
type local struct {
	name string
	read func(ctx context.Context) ([]byte, error)
}

// String says where the key comes from.
func (l *local) String() string { return l.name }

// EncryptWithContext implements KEK.
func (l *local) EncryptWithContext(ctx context.Context, plain, ad []byte) ([]byte, error) {
	lock, err := l.lock(ctx)
	if err != nil {
		return nil, err
	}
	return lock.Encrypt(plain, ad)
}

// DecryptWithContext implements KEK.
func (l *local) DecryptWithContext(ctx context.Context, sealed, ad []byte) ([]byte, error) {
	lock, err := l.lock(ctx)
	if err != nil {
		return nil, err
	}
	plain, err := lock.Decrypt(sealed, ad)
	if err != nil {
		return nil, errWrongKEK
	}
	return plain, nil
}

func (l *local) lock(ctx context.Context) (tink.AEAD, error) {
	content, err := l.read(ctx)
	if err != nil {
		return nil, err
	}
	return newLock(l.name, content)
}

func newLock(name string, content []byte) (tink.AEAD, error) {
	kek, err := base64.StdEncoding.Strict().DecodeString(string(bytes.TrimSpace(content)))
	if err != nil || len(kek) != kekSize {
		// The decoder's error would quote a byte of the key.
		return nil, fmt.Errorf("%s is not %d bytes in base64: restore it from its backup "+
			"(for a new installation: openssl rand -base64 %d)", name, kekSize, kekSize)
	}
	lock, err := subtle.NewAESGCM(kek)
	if err != nil {
		return nil, fmt.Errorf("%s does not make an AES-256 key: restore it from its backup", name)
	}
	return lock, nil
}

// fileKEKSource is a local KEK that Init can make and Rewrap can replace.
type fileKEKSource struct {
	local
	file string
}

// FileKEK is a KEK in a file of its own with mode 0600 or narrower.
func FileKEK(path string) KEK {
	return &fileKEKSource{local{"the key in file " + path, func(context.Context) ([]byte, error) { return read(path) }}, path}
}

// next is where a KEK lies that is about to take the place of the one in the
// file: until it has, both open.
func (s *fileKEKSource) next() *fileKEKSource {
	path := s.file + ".next"
	return FileKEK(path).(*fileKEKSource)
}

// DecryptWithContext implements KEK. While a rewrap is under way, or was
// interrupted, some key sets are under the next KEK already.
func (s *fileKEKSource) DecryptWithContext(ctx context.Context, sealed, ad []byte) ([]byte, error) {
	plain, err := s.local.DecryptWithContext(ctx, sealed, ad)
	if !errors.Is(err, errWrongKEK) {
		return plain, err
	}
	next := s.next()
	if _, missing := os.Lstat(next.file); missing != nil {
		return nil, err
	}
	return next.local.DecryptWithContext(ctx, sealed, ad)
}

func (s *fileKEKSource) path() string { return s.file }

func (s *fileKEKSource) make() (undo func() error, err error) {
	if _, err := os.Lstat(s.file); err == nil {
		return func() error { return nil }, nil // apart from the folder, made before
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(s.file), 0o700); err != nil {
		return nil, err
	}
	kek := make([]byte, kekSize)
	_, _ = rand.Read(kek) // never fails (crypto/rand)
	content := append(base64.StdEncoding.AppendEncode(nil, kek), '\n')
	if err := writeNew(s.file, file{content: content, mode: 0o600}); err != nil {
		return nil, err
	}
	return func() error { return os.Remove(s.file) }, syncFolder(filepath.Dir(s.file))
}

// EnvironmentKEK is a KEK in an environment variable.
func EnvironmentKEK(name string) KEK {
	where := "the key in environment variable " + name
	return &local{where, func(context.Context) ([]byte, error) {
		value, set := os.LookupEnv(name)
		if !set {
			return nil, fmt.Errorf("%s is not there: set the variable to the key, %d bytes in base64", where, kekSize)
		}
		return []byte(value), nil
	}}
}

// CommandTimeout is how long a command that prints a KEK may take.
const CommandTimeout = 10 * time.Second

// maxCommand bounds what a command may print.
const maxCommand = 1 << 10

// CommandKEK is a KEK that a program prints on standard output. argv is the
// program and its arguments; no shell is between. Its standard error goes nowhere:
// it may hold anything.
func CommandKEK(argv []string) KEK {
	where := "the key that keys.kek.command prints"
	return &local{where, func(ctx context.Context) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, CommandTimeout)
		defer cancel()
		return output(ctx, argv)
	}}
}

func output(ctx context.Context, argv []string) ([]byte, error) {
	var printed bounded
	command := exec.CommandContext(ctx, argv[0], argv[1:]...)
	command.Stdout = &printed
	command.WaitDelay = time.Second // a child of it may hold the pipe
	if err := command.Start(); err != nil {
		return nil, errors.New("keys.kek.command cannot be run: its first element must be a program that this user may run, with its full path")
	}
	err := command.Wait()
	var exit *exec.ExitError
	switch {
	case printed.over:
		return nil, errors.New("keys.kek.command prints more than a key: it must print 32 bytes in base64 and nothing else")
	case ctx.Err() != nil:
		return nil, fmt.Errorf("keys.kek.command took longer than %v: run it by hand to see why", CommandTimeout)
	case errors.As(err, &exit):
		return nil, fmt.Errorf("keys.kek.command ended with status %d: run it by hand to see why", exit.ExitCode())
	case err != nil:
		return nil, errors.New("keys.kek.command left a process behind that holds its output: run it by hand to see why")
	}
	return printed.content, nil
}

// bounded keeps the first bytes and breaks the pipe after them.
type bounded struct {
	content []byte
	over    bool
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if len(b.content)+len(p) > maxCommand {
		b.over = true
		return 0, io.ErrShortWrite
	}
	b.content = append(b.content, p...)
	return len(p), nil
}
