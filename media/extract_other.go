//go:build !linux

package media

import (
	"context"
	"errors"
	"io"
	"os"
)

// hold holds nothing here: a program cannot be confined, so that no file is clean.
func hold(io.Reader, int64) (*os.File, int64, error) { return nil, 0, ErrUnread }

func (p *Program) run(context.Context, *os.File) (string, error) { return "", ErrUnread }

// Confine fails: limits are set on Linux only.
func Confine(int64, int64, []string) error {
	return errors.New("programs can be confined on Linux only")
}
