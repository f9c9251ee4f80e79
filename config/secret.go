package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// hidden is all that any formatting of a secret shows.
const hidden = "<secret>"

// secretFileMax bounds a secret file: keys and tokens are far smaller, and a
// wrong path must not read a disk.
const secretFileMax = 64 << 10

// Secret is a value that cannot be printed: every way to format or marshal it
// gives <secret>. The zero Secret is not set.
type Secret struct{ source *source }

// source holds the value in a closure: where a Secret stands in an unexported
// field fmt cannot call its methods and prints what it can reach, and it can
// follow pointers but not look into a function.
type source struct{ read func() (string, error) }

// Literal makes a Secret from a value at hand, for tests and the demo.
func Literal(value string) Secret {
	return Secret{&source{func() (string, error) { return value, nil }}}
}

// IsSet reports whether the configuration has this secret.
func (s Secret) IsSet() bool { return s.source != nil }

// Reveal is the value; empty when the secret is not set. The value of a file
// is read again when the file has changed, checked at most once a second; an
// unreadable, empty or wide open file leaves the last good value in place.
func (s Secret) Reveal() string {
	if s.source == nil {
		return ""
	}
	value, _ := s.source.read()
	return value
}

// Fault says why the secret's file as it is now is not in use; nil when it
// is, or when the secret is not from a file.
func (s Secret) Fault() error {
	if s.source == nil {
		return nil
	}
	_, err := s.source.read()
	return err
}

// String, GoString, Format, MarshalText, MarshalJSON and MarshalYAML hide the
// value from every printer there is, set or not.
func (s Secret) String() string { return hidden }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return hidden }

// Format hides the value from every verb, also those that are wrong for it.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// MarshalText hides the value from encoders of text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON hides the value from JSON.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalYAML hides the value from YAML.
func (s Secret) MarshalYAML() (any, error) { return hidden, nil }

// Secrets is a list of secrets: the first one signs, all of them verify. In
// YAML one alone needs no brackets.
type Secrets []Secret

// Reveal is the values, in order.
func (s Secrets) Reveal() []string {
	values := make([]string, len(s))
	for i, secret := range s {
		values[i] = secret.Reveal()
	}
	return values
}

// secretFile opens a secret that stands in a file of its own.
func secretFile(path string) (Secret, error) {
	file, err := watch(func() (string, error) { return readSecret(path) }, path)
	if err != nil {
		return Secret{}, fileError(path, err)
	}
	return Secret{&source{file.get}}, nil
}

func readSecret(path string) (string, error) {
	if err := private(path); err != nil {
		return "", err
	}
	content, err := readBounded(path, secretFileMax)
	if err != nil {
		return "", err
	}
	value := strings.TrimRight(string(content), "\r\n")
	return value, plausible(value)
}

// private refuses a file that others than its owner can read or change.
func private(path string) error {
	file, err := os.Stat(path)
	if err != nil {
		return err
	}
	if file.IsDir() {
		return fmt.Errorf("%s is a folder, not a file", path)
	}
	if mode := file.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s has mode %04o, so others can read or change it: run chmod 600 %s (in Kubernetes set defaultMode: 0400, in Compose mode: 0400)", path, mode, path)
	}
	return nil
}

// plausible complains about values that a file or a shell has spoilt. The
// error never holds the value.
func plausible(value string) error {
	switch {
	case value == "":
		return errors.New("the secret has length zero: fill it in")
	case strings.TrimSpace(value) != value:
		return errors.New("the secret begins or ends with white space: take it away")
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("the secret holds a line break or another control character: one file holds one secret and nothing else")
	}
	return nil
}

// fileError says what to do about a file that cannot be read.
func fileError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no file %s: create it, or correct the path", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s cannot be read by the user that runs piiproxy: change its owner (chown), not its mode", path)
	}
	return err
}
