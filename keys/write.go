package keys

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// maxFile bounds what is read of a key file; a set of a hundred keys has less.
const maxFile = 64 << 10

type file struct {
	name    string
	content []byte
	mode    os.FileMode
}

// writeAll writes new files durably, and takes back those it wrote when one
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
		err = adopt(path)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// replace puts new content in a file's place: whoever reads sees the old file or
// the new one, also after a crash. The caller holds the folder's lock, so what an
// interrupted call left is nobody's.
func replace(dir string, f file) error {
	fresh := filepath.Join(dir, f.name+".new")
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeNew(fresh, f); err != nil {
		return err
	}
	if err := os.Rename(fresh, filepath.Join(dir, f.name)); err != nil {
		return err
	}
	return syncFolder(dir)
}

// syncFolder makes new names durable.
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

// read reads a key file that only its owner may touch.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(path)
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

func missing(path string) error {
	_, err := os.Lstat(filepath.Join(filepath.Dir(path), PublicFile))
	if filepath.Base(path) == fileSign && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is missing: folders made by earlier versions have none; "+
			"run `piiproxy keys init -c FILE`, which adds it and overwrites nothing, and back it up", path)
	}
	return fmt.Errorf("%s is missing: run `piiproxy keys init -c FILE` once for a new installation, "+
		"or restore the key folder from its backup", path)
}

func unreadable(path string, err error) error {
	var reason *fs.PathError
	if errors.As(err, &reason) {
		err = reason.Err // the path is said already
	}
	return fmt.Errorf("%s cannot be read (%w): let the user that runs piiproxy own it and run chmod 600 %s", path, err, path)
}
