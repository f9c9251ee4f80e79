//go:build linux

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// killTree kills a process and its children, each of which has a session of its
// own. The parent stands still meanwhile, so that it starts no new ones. It
// returns when none of them runs any more: what is left of a server keeps the
// next one from its files.
func killTree(parent int) {
	_ = syscall.Kill(parent, syscall.SIGSTOP)
	children := childrenOf(parent)
	for _, process := range append(children, parent) {
		_ = syscall.Kill(process, syscall.SIGKILL) // gone already is as good
	}
	for _, child := range children {
		for runs(child) {
			time.Sleep(time.Millisecond)
		}
	}
}

// LimitFiles bounds the size of the server's files: what would grow beyond it finds
// no room, as on a disk that is full. Zero lifts the bound. PostgreSQL ignores
// SIGXFSZ and gets EFBIG. The bound must be above 16 MiB, the size of its log's
// segments, which are made ahead.
func (s *Server) LimitFiles(bytes uint64) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.process == nil {
		return errors.New("the server does not run")
	}
	soft := "unlimited:"
	if bytes > 0 {
		soft = fmt.Sprintf("%d:", bytes)
	}
	parent := s.process.Process.Pid
	for _, process := range append(childrenOf(parent), parent) {
		// As the server's own user, who needs no right for it.
		output, err := s.command("/usr/bin/prlimit", "--fsize="+soft, "--pid", strconv.Itoa(process)).CombinedOutput()
		if err != nil && runs(process) {
			return fmt.Errorf("prlimit: %w: %s", err, output)
		}
	}
	return nil
}

// childrenOf reads the process table.
func childrenOf(parent int) []int {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	var found []int
	for _, file := range files {
		process := 0
		if _, err := fmt.Sscanf(file, "/proc/%d/stat", &process); err != nil {
			continue
		}
		if _, of := status(process); of == parent {
			found = append(found, process)
		}
	}
	return found
}

// runs is false of a process that has ended, reaped or not.
func runs(process int) bool {
	state, _ := status(process)
	return state != "" && state != "Z" && state != "X"
}

// status reads state and parent, which come after the name in brackets (proc(5),
// /proc/PID/stat); empty when there is no such process.
func status(process int) (state string, parent int) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return "", 0
	}
	after := string(content)[strings.LastIndexByte(string(content), ')')+1:]
	if _, err := fmt.Sscan(after, &state, &parent); err != nil {
		return "", 0
	}
	return state, parent
}
