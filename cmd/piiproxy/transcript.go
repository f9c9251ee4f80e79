package main

import (
	"bufio"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/transcript"
)

type transcriptCommand struct {
	Account string `arg:"" optional:"" help:"The account's name."`
	Config  string `short:"c" placeholder:"FILE" help:"The configuration."`
	Verify  string `placeholder:"SIGN.PUB" help:"Check the lines on standard input against these public keys."`
}

// Help is shown by --help.
func (transcriptCommand) Help() string {
	return `A policy can end conversations some days after the last message (policies.NAME.destroy).
What remains of each is a signed list of its tokens, with times and hashes of message
ids, without a value. It is printed as one JSON object a line.

--verify reads such lines and checks each against sign.pub of the keys folder: no store
and no configuration is needed. It prints the transcripts, and exits with 1 when a line
is not as it was signed.

Examples:
  piiproxy transcript shop -c piiproxy.yaml > shop.jsonl
  piiproxy transcript --verify data/keys/sign.pub < shop.jsonl`
}

// Run asks the running serve, or verifies.
func (c transcriptCommand) Run(env *environment) error {
	switch {
	case c.Verify != "" && c.Account == "" && c.Config == "":
		return c.verify(env)
	case c.Verify != "" || c.Account == "" || c.Config == "":
		return errors.New("name an account and -c FILE, or --verify SIGN.PUB")
	}
	tampered := 0
	for after := ""; ; {
		var page console.TranscriptPage
		if err := ask(env.Context, c.Config, "/v1/transcripts", console.TranscriptOrder{Account: c.Account, After: after, Actor: actor()}, &page); err != nil {
			return err
		}
		tampered += page.Tampered
		lines := json.NewEncoder(env.Stdout)
		for _, signed := range page.Transcripts {
			if err := lines.Encode(signed); err != nil {
				return err
			}
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if tampered == 0 {
		return nil
	}
	_, _ = fmt.Fprintf(env.Stderr, "%d transcripts in the store do not open or are not signed: they were altered, or their key was removed\n", tampered)
	return errFound
}

// maxTranscript bounds a line.
const maxTranscript = 64 << 20

func (c transcriptCommand) verify(env *environment) error {
	content, err := os.ReadFile(c.Verify)
	if err != nil {
		return errors.New("--verify: the file cannot be read")
	}
	public, err := keys.ParsePublic(content)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(env.Stdin)
	lines.Buffer(nil, maxTranscript)
	wrong := 0
	for n := 1; lines.Scan(); n++ {
		if !verified(lines.Bytes(), public, env.Stdout) {
			wrong++
			_, _ = fmt.Fprintf(env.Stderr, "line %d: not as it was signed, or by none of these keys\n", n)
		}
	}
	if err := lines.Err(); err != nil {
		return errors.New("reading standard input: a line is longer than 64 MiB, or it ended early")
	}
	if wrong > 0 {
		return errFound
	}
	return nil
}

// verified checks a line and writes its transcript.
func verified(line []byte, public map[string]ed25519.PublicKey, to io.Writer) bool {
	var signed transcript.Signed
	if json.Unmarshal(line, &signed) != nil {
		return false
	}
	if _, err := signed.Verify(public); err != nil {
		return false
	}
	_, err := fmt.Fprintf(to, "%s\n", signed.Statement)
	return err == nil
}
