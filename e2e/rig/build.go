package rig

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Rounds is how often the crash tests kill piiproxy; 100 for a soak, 200 in a fleet. The flag is
// here so that every test binary of this module knows it.
var Rounds = flag.Int("rounds", 5, "how often the crash tests kill piiproxy")

// Minutes is how long the network between all parties is faulty; 10 for a soak.
var Minutes = flag.Float64("minutes", 0.5, "how long the network is faulty")

// Connections is how many each slow attack opens, and AttackFor how long it lasts;
// 2000 and a minute for a soak.
var (
	Connections = flag.Int("connections", 500, "how many connections a slow attack opens")
	AttackFor   = flag.Duration("attack", 8*time.Second, "how long each attack lasts")
)

// built are the programs of a run of the tests.
type built struct{ folder, piiproxy, gobot string }

var programs built // set by Main before any test, then only read

// Main builds what the tests run, runs them, and removes it. Call it from
// TestMain. A missing tool ends the run with one line that says what to
// install: an end-to-end test that silently does not run is worse than none.
func Main(m *testing.M) {
	code, err := prepared(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func prepared(m *testing.M) (int, error) {
	folder, err := os.MkdirTemp("", "piiproxy-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(folder)
	if err := build(folder); err != nil {
		return 1, err
	}
	if err := installPackages(); err != nil {
		return 1, err
	}
	if _, err := chromium(); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// Binary is the piiproxy under test: the one that PIIPROXY_BINARY names, or
// else built from the sources beside this folder.
func Binary() string { return programs.piiproxy }

func build(folder string) error {
	programs = built{folder: folder, piiproxy: os.Getenv("PIIPROXY_BINARY"), gobot: filepath.Join(folder, "gobot")}
	if programs.piiproxy == "" {
		programs.piiproxy = filepath.Join(folder, "piiproxy")
		root := filepath.Dir(home())
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
			return errNoSource
		}
		if err := goBuild(root, programs.piiproxy, "./cmd/piiproxy"); err != nil {
			return err
		}
	}
	return goBuild(home(), programs.gobot, "./gobot")
}

func goBuild(dir, output, source string) error {
	command := exec.Command("go", "build", "-o", output, source)
	command.Dir = dir
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", source, err, text)
	}
	return nil
}

// home is the e2e folder.
func home() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(file))
}

// installPackages puts the npm packages of ../bots and ../validators in place,
// exactly as the lock files say, without running any script of theirs.
func installPackages() error {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is missing: install Node.js 20.19 or later with npm (Debian: apt-get install nodejs npm)", tool)
		}
	}
	for _, name := range []string{"bots", "validators"} {
		folder := filepath.Join(home(), name)
		if fresh(filepath.Join(folder, "node_modules", ".package-lock.json"), filepath.Join(folder, "package-lock.json")) {
			continue
		}
		command := exec.Command("npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")
		command.Dir = folder
		if text, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("npm ci in e2e/%s: %w\n%s", name, err, strings.TrimSpace(string(text)))
		}
	}
	return nil
}

// fresh reports whether made exists and is not older than source.
func fresh(made, source string) bool {
	a, err := os.Stat(made)
	if err != nil {
		return false
	}
	b, err := os.Stat(source)
	return err == nil && !a.ModTime().Before(b.ModTime())
}
