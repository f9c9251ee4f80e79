//go:build unix

package audit

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock keeps other processes from appending to the same chain.
func lock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errors.New("another process writes it, most likely a running `piiproxy serve`: " +
			"stop that one first, or let this command speak to its admin listener")
	}
	if err != nil {
		return fmt.Errorf("locking it: %w", err)
	}
	return nil
}
