package main

import (
	"fmt"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/media"
)

// confineCommand is how serve runs the extractor: limits can only be set by the
// process that they hold for.
type confineCommand struct {
	Memory  int64    `arg:"" help:"Bytes of memory of each process."`
	Seconds int64    `arg:"" help:"Seconds of the processor."`
	Command []string `arg:"" passthrough:"" help:"The program, by its full path, and its arguments."`
}

// Help is shown by --help.
func (confineCommand) Help() string {
	return `Examples:
  piiproxy confine 536870912 10 /usr/bin/pdftotext -q /dev/stdin - < letter.pdf

Runs a program as serve runs the extractor of docs/media.md: under limits, with
an empty environment, unable to write a file. To try one by hand.`
}

// Run becomes the program.
func (c confineCommand) Run(*environment) error {
	if err := media.Confine(c.Memory, c.Seconds, c.Command); err != nil {
		return fmt.Errorf("running %s: %w", c.Command[0], err)
	}
	return nil
}

// extractorOf turns the extractor of the configuration into the proxy's; nil when
// there is none.
func extractorOf(e config.Extractor) *media.Extractor {
	if len(e.Command) == 0 {
		return nil
	}
	return media.NewExtractor(media.Program{
		Command: e.Command, Types: e.Types, Confine: []string{"/proc/self/exe", "confine"},
		Timeout: e.Timeout, Input: int64(e.Input), Output: int64(e.Output), Memory: int64(e.Memory), Slots: e.Slots,
	})
}
