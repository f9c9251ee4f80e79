package main

import (
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// hidden keeps memory out of core dumps and of other processes of this user
// (threats to logs and dumps: docs/design.md). Where the system refuses, serving
// goes on.
func hidden() {
	debug.SetTraceback("none")
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}
