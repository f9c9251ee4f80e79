package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"time"
)

// Extractor is a program that reads files which the rules cannot read: PDF, scanned
// pages. Off when it names no command.
type Extractor struct {
	Command []string      `yaml:"command" doc:"a program, by its full path, and its arguments, without a shell; gets the file on standard input and prints its text in UTF-8"`
	Types   []string      `yaml:"types" doc:"media types, by content, that it reads, or image/* for all of a kind"`
	Timeout time.Duration `yaml:"timeout" doc:"for one file"`
	Memory  Size          `yaml:"memory" doc:"bytes of one process"`
	Input   Size          `yaml:"input" doc:"bytes of a file; a larger one is refused"`
	Output  Size          `yaml:"output" doc:"bytes of its text"`
	Slots   int           `yaml:"slots" doc:"files read at a time, each of which is held in memory until the bot has it"`
}

func defaultExtractor() Extractor {
	return Extractor{Types: []string{"application/pdf"}, Timeout: 10 * time.Second, Memory: 512 * mib, Input: 16 * mib, Output: mib, Slots: 2}
}

// extractorMax keeps a program that hangs from holding up a download for longer
// than its other bounds.
const extractorMax = time.Minute

// extracted is a media type, or all of a kind.
var extracted = regexp.MustCompile(`^([a-z]+/\*|[a-z]+/[a-z0-9][a-z0-9.+-]*)$`)

func (f *findings) extractor() {
	e := f.config.Extractor
	if len(e.Command) == 0 {
		if f.config.written("extractor") {
			f.complain("extractor", "names no command: set extractor.command, or take extractor away")
		}
		return
	}
	if runtime.GOOS != "linux" {
		f.complain("extractor.command", "programs can be kept in bounds on Linux only: take extractor away")
	}
	if !filepath.IsAbs(e.Command[0]) {
		f.complain("extractor.command", "its first element must be the program with its full path")
	} else if program, err := os.Stat(e.Command[0]); err != nil || program.IsDir() {
		f.complain("extractor.command", "its first element must be a program that is there: without it every file of extractor.types is refused")
	}
	f.each("extractor.types", e.Types, "media type")
	for i, name := range e.Types {
		if !extracted.MatchString(name) {
			f.complain("extractor.types["+itoa(i)+"]", "must be a media type without parameters in lower case, for example application/pdf, or image/*")
		}
	}
	if e.Timeout > extractorMax {
		f.complain("extractor.timeout", "must be at most %s: the bot waits meanwhile", extractorMax)
	}
	f.bounds("extractor", reflect.ValueOf(struct {
		Timeout time.Duration `yaml:"timeout"`
		Memory  Size          `yaml:"memory"`
		Input   Size          `yaml:"input"`
		Output  Size          `yaml:"output"`
		Slots   int           `yaml:"slots"`
	}{e.Timeout, e.Memory, e.Input, e.Output, e.Slots}))
}
