package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is how often a second the kernel counts CPU time in /proc; it is
// 100 on every Linux that Go runs on (USER_HZ).
const clockTick = 100

// cpu is the processor time that a contender's processes have used, user and
// system.
func (c *contender) cpu() (time.Duration, error) {
	var total time.Duration
	for _, process := range c.family() {
		fields, err := stat(process)
		if err != nil {
			return 0, err
		}
		for _, i := range []int{11, 12} { // utime, stime, counted from after the name (proc_pid_stat(5))
			ticks, err := strconv.ParseInt(fields[i], 10, 64)
			if err != nil {
				return 0, err
			}
			total += time.Duration(ticks) * time.Second / clockTick
		}
	}
	return total, nil
}

// resident is the memory that a contender's processes hold, in bytes. Pages
// that they share count for each.
func (c *contender) resident() (int64, error) { return c.memory("VmRSS:") }

// peak is the most that they ever held.
func (c *contender) peak() (int64, error) { return c.memory("VmHWM:") }

// memory is a figure of proc_pid_status(5).
func (c *contender) memory(figure string) (int64, error) {
	var total int64
	for _, process := range c.family() {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
		if err != nil {
			return 0, err
		}
		_, rest, found := strings.Cut(string(status), figure)
		var kib int64
		if _, err := fmt.Sscanf(rest, "%d kB", &kib); !found || err != nil {
			return 0, errors.New("the kernel does not tell " + figure)
		}
		total += kib << 10
	}
	return total, nil
}

// family is a contender's process and its children: nginx works in children.
func (c *contender) family() []int {
	parent := c.process.Process.Pid
	family := []int{parent}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", parent, parent))
	if err != nil {
		return family
	}
	for _, child := range strings.Fields(string(children)) {
		if id, err := strconv.Atoi(child); err == nil {
			family = append(family, id)
		}
	}
	return family
}

// stat is /proc/PID/stat after the name, which may hold spaces.
func stat(process int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return nil, errors.New("the kernel does not tell CPU time in /proc")
	}
	return fields, nil
}
