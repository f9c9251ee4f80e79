//go:build !linux

package main

import "runtime/debug"

// hidden keeps goroutine stacks out of what a crash prints; core dumps are the
// system's to switch off here.
func hidden() { debug.SetTraceback("none") }
