package rig

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// SlowAttack is one way in which slowhttptest holds connections.
type SlowAttack struct {
	Name string
	Args []string // besides how many, how long and where
}

// signed is a value of Accept, and a signature behind it: without one a webhook is
// turned away before its body is read.
const signed = "*/*\r\nX-Hub-Signature-256: sha256=0000000000000000000000000000000000000000000000000000000000000000"

// SlowAttacks are headers and bodies that do not end, and answers that are read
// a few bytes at a time (slowhttptest(1)).
var SlowAttacks = []SlowAttack{
	{"header", []string{"-H", "-i", "1", "-x", "24", "-t", "POST"}},
	{"body", []string{"-B", "-i", "1", "-x", "10", "-s", "8192", "-f", "application/json", "-t", "POST", "-m", signed}},
	{"read", []string{"-X", "-w", "1", "-y", "512", "-n", "1", "-z", "5"}},
}

// Run attacks an address until the context ends: connections that the server
// gives up on are opened again. It returns what was said last.
func (a SlowAttack) Run(ctx context.Context, t testing.TB, address string, connections int) (said string) {
	t.Helper()
	for ctx.Err() == nil {
		arguments := append([]string{}, a.Args...)
		arguments = append(arguments, "-c", fmt.Sprint(connections), "-r", fmt.Sprint(connections/4), "-l", "3600", "-p", "3", "-u", address)
		command := exec.CommandContext(ctx, "slowhttptest", arguments...)
		command.SysProcAttr = dieWithParent()
		command.WaitDelay = time.Second
		text, err := command.Output()
		said = string(text[max(0, len(text)-2000):])
		if err != nil && ctx.Err() == nil {
			t.Errorf("slowhttptest: %v\n%s", err, strings.TrimSpace(said))
			return said
		}
	}
	return said
}
