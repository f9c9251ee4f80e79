package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// bareEnvironment is all that a program learns of ours: no secret is in it.
var bareEnvironment = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/", "OMP_THREAD_LIMIT=1"}

// hold keeps a file in memory that has a number and no name: a program can open
// and read it as it likes, nobody can change it, and it is on no disk.
func hold(file io.Reader, most int64) (*os.File, int64, error) {
	number, err := unix.MemfdCreate("file", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, 0, ErrUnread
	}
	held := os.NewFile(uintptr(number), "file")
	size, err := io.Copy(held, io.LimitReader(file, most+1))
	if err == nil && size > most {
		err = ErrUnread
	}
	if err == nil {
		_, err = unix.FcntlInt(held.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_GROW|unix.F_SEAL_SHRINK|unix.F_SEAL_SEAL)
	}
	if err != nil {
		return nil, 0, errors.Join(err, held.Close())
	}
	return held, size, nil
}

// run has the program read one file. Its standard error goes nowhere: it may hold
// anything. When it is over, every process of its group is over.
func (p *Program) run(ctx context.Context, file *os.File) (string, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", ErrUnread
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	text := &printed{most: p.Output, stop: cancel}
	argv := p.Command
	if len(p.Confine) > 0 {
		limits := []string{strconv.FormatInt(p.Memory, 10), strconv.FormatInt(seconds(p.Timeout), 10)}
		argv = append(append(append([]string{}, p.Confine...), limits...), p.Command...)
	}
	command := exec.CommandContext(ctx, argv[0], argv[1:]...)
	command.Env, command.Dir = bareEnvironment, "/"
	command.Stdin, command.Stdout = file, text
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	group := func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.Cancel = group
	command.WaitDelay = time.Second // a child that left the group may hold a pipe
	if err := command.Start(); err != nil {
		return "", ErrUnread
	}
	// The group is ended before its first process is waited for: until then its
	// number cannot become another's.
	_ = unix.Waitid(unix.P_PID, command.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
	_ = group()
	err := command.Wait()
	reap(command.Process.Pid)
	if err != nil || text.over || ctx.Err() != nil || !utf8.Valid(text.content) {
		return "", ErrUnread
	}
	return string(text.content), nil
}

// reap waits for what is left of a group that was ended, where this process is the
// one that orphans come to: the first one in a container. Nobody else would, and
// each run would leave entries in the table of processes.
func reap(group int) {
	for {
		if _, err := unix.Wait4(-group, nil, 0, nil); err != nil && err != unix.EINTR {
			return // ECHILD: they are not ours, or none is left
		}
	}
}

// seconds is a duration in whole seconds, rounded up.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// Confine makes this process the program of argv, under limits that all of its
// children are under, too: memory (in bytes of each process) and seconds of the
// processor, no file written, no core dumped, no rights gained. It returns only
// when that fails.
func Confine(memory, seconds int64, argv []string) error {
	for resource, limit := range map[int]uint64{
		unix.RLIMIT_DATA: uint64(memory), unix.RLIMIT_CPU: uint64(seconds), unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0,
	} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return fmt.Errorf("setting limit %d: %w", resource, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("giving up rights: %w", err)
	}
	return syscall.Exec(argv[0], argv, bareEnvironment)
}
