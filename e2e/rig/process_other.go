//go:build !linux

package rig

import (
	"errors"
	"syscall"
)

// dieWithParent does nothing here: children end by their test's cleanup.
func dieWithParent() *syscall.SysProcAttr { return nil }

func limitFileSize(int, uint64) error {
	return errors.New("a full disk can be played on Linux only: run the end-to-end tests there")
}
