package rig

import (
	"syscall"
	"unsafe"
)

// dieWithParent makes the kernel end a child when the test process ends, even
// by a panic or kill -9.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

const rlimitFileSize = 1 // RLIMIT_FSIZE, see prlimit(2)

// limitFileSize makes every write to a file that would make it longer than
// bytes fail, and others beyond that offset too, as a full disk would; for a
// process that runs. Pipes and sockets are not files.
func limitFileSize(process int, bytes uint64) error {
	var limit syscall.Rlimit
	if err := prlimit(process, nil, &limit); err != nil {
		return err
	}
	limit.Cur = min(bytes, limit.Max)
	return prlimit(process, &limit, nil)
}

func prlimit(process int, set, get *syscall.Rlimit) error {
	_, _, failure := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(process), rlimitFileSize,
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(get)), 0, 0)
	if failure != 0 {
		return failure
	}
	return nil
}
