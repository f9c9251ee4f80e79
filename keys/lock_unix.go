//go:build unix

package keys

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// locked keeps two commands from changing one folder at once. The lock is the
// folder's own and ends with the process.
func locked(dir string) (unlock func() error, err error) {
	folder, err := os.Open(dir)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	err = syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(fmt.Errorf("another command is changing the keys in %s: wait until it has ended", dir), folder.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", dir, err), folder.Close())
	}
	return folder.Close, nil
}

// adopt gives a file that root has made to the owner of its folder: orders given
// with sudo must not take the keys away from the user that runs serve.
func adopt(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	found, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	owner, is := found.Sys().(*syscall.Stat_t)
	if !is {
		return nil
	}
	return os.Lchown(path, int(owner.Uid), int(owner.Gid))
}
