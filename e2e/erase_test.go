package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// refused runs a command that must fail, and returns its exit code and what it
// printed.
func (d *desk) refused(input string, arguments ...string) (int, string) {
	d.Helper()
	command := exec.CommandContext(d.Context(), rig.Binary(), append(arguments, "-c", d.proxy.File)...)
	command.Dir, command.Env = d.proxy.Dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.proxy.Dir}
	command.Stdin = strings.NewReader(input)
	output, err := command.CombinedOutput()
	if err == nil {
		d.Errorf("piiproxy %s did what it must not:\n%s", strings.Join(arguments, " "), output)
	}
	return command.ProcessState.ExitCode(), string(output)
}

// TestErase: the real program, its command, kill -9, and yesterday's store.
func TestErase(t *testing.T) {
	d := newDesk(t, nil)
	token := emailToken.FindString(d.hears(anna, "mine is "+email))
	others := emailToken.FindString(d.hears(bruno, "mine is "+email))
	if !strings.Contains(d.gets(anna, "is "+token), email) {
		t.Fatal("the token is not restored before")
	}
	d.proxy.Kill()
	values := filepath.Join(d.proxy.Dir, "data", "piiproxy.db")
	yesterday, err := os.ReadFile(values)
	if err != nil {
		t.Fatal(err)
	}
	d.proxy.Run(t)

	if code, output := d.refused(anna+"\n", "erase", "shop", "-"); code != 2 || !strings.Contains(output, "nothing was erased") {
		t.Errorf("without a yes: exit code %d\n%s", code, output)
	}
	if code, output := d.refused("9999999\n", "erase", "shop", "-", "--yes"); code != 1 {
		t.Errorf("nobody: exit code %d\n%s", code, output)
	}
	if output := d.order(d.proxy.File, anna+"\n", "erase", "shop", "-", "--dry-run"); !strings.Contains(output, "1 values") {
		t.Errorf("the dry run printed %s", output)
	}
	if !strings.Contains(d.gets(anna, "is "+token), email) {
		t.Fatal("something was erased without a yes")
	}
	if output := d.order(d.proxy.File, anna+"\nyes\n", "erase", "shop", "-", "--reason", "ticket 4711"); !strings.Contains(output, ": erased") {
		t.Errorf("erasing printed %s", output)
	}
	gone := func(when string) {
		t.Helper()
		if got := d.gets(anna, "is "+token); strings.Contains(got, email) || strings.Contains(got, token) {
			t.Errorf("%s the person gets %q", when, got)
		}
		if got := d.gets(bruno, "is "+others); !strings.Contains(got, email) {
			t.Errorf("%s somebody else gets %q", when, got)
		}
	}
	gone("at once")
	d.proxy.Kill()
	d.proxy.Run(t)
	gone("after kill -9")
	d.proxy.Kill()
	if err := os.WriteFile(values, yesterday, 0o600); err != nil {
		t.Fatal(err)
	}
	d.proxy.Run(t)
	gone("with yesterday's values")
	if !strings.Contains(string(d.proxy.Logs()), `"event":"erasure_restored"`) {
		t.Error("nobody noticed that an older store came back")
	}
	if again := emailToken.FindString(d.hears(anna, "mine is "+email)); again == "" || again == token {
		t.Errorf("the same value typed again has the token %q", again)
	}
	output := d.order(d.proxy.File, email+"\nyes\n", "erase", "--value", "-")
	if !strings.Contains(output, "2 have it") || strings.Count(output, ": erased") != 2 {
		t.Errorf("erasing by value printed %s", output)
	}
	rig.Eventually(t, func() bool { return !strings.Contains(d.gets(bruno, "is "+others), email) }, func() string { return "a token outlives its value's erasure" })
}

// TestExport: an export is JSON, and has values only where they are asked for.
func TestExport(t *testing.T) {
	d := newDesk(t, nil)
	token := emailToken.FindString(d.hears(anna, "mine is "+email))
	plain := d.order(d.proxy.File, anna+"\n", "export", "shop", "-")
	if !strings.Contains(plain, token) || strings.Contains(plain, email) || strings.Contains(plain, anna) {
		t.Errorf("an export without values: %s", plain)
	}
	if whole := d.order(d.proxy.File, anna+"\n", "export", "shop", "-", "--values"); !strings.Contains(whole, email) || !strings.Contains(whole, anna) {
		t.Errorf("an export with values: %s", whole)
	}
	if code, _ := d.refused("9999999\n", "export", "shop", "-"); code != 1 {
		t.Errorf("of nobody: exit code %d", code)
	}
}

// people has people looked for, exported, erased and forgotten, in good days and
// with a full disk. What commands and pages say without --values goes to the search.
func (a *aviary) people() {
	for _, day := range []string{"good days", "store full"} {
		person := a.flock.hatch(day+", erased person", anID, true)
		mail := a.flock.hatch(day+", erased e-mail", anEmail, false)
		a.deliver(rig.Page(rig.PageEntry(page, rig.Text(person, page, rig.NewID("m_"), "mine is "+mail))))
		a.proxy.StoreFull(a, day == "store full")
		for _, order := range [][]string{
			{"export", "shop", "-"},
			{"erase", "shop", "-", "--dry-run"},
			{"erase", "shop", "-", "--yes", "--reason", "ticket"},
			{"erase", "line", "-", "--yes"},
		} {
			a.say(person+"\n", order...)
		}
		a.say(mail+"\n", "erase", "--value", "-", "--yes")
		a.deletions(day)
		a.proxy.StoreFull(a, false)
		time.Sleep(100 * time.Millisecond)
	}
	mid := rig.NewID("m_")
	person := a.flock.hatch("taken back, person", anID, true)
	a.deliver(rig.Page(rig.PageEntry(page, rig.Text(person, page, mid, "mine is "+a.flock.hatch("taken back, e-mail", anEmail, false)))))
	a.deliver(rig.Page(rig.PageEntry(page, rig.Object{
		"sender": rig.Object{"id": person}, "recipient": rig.Object{"id": page}, "timestamp": 1, "message": rig.Object{"mid": mid, "is_deleted": true},
	})))
}

// say runs a command that may fail, and keeps what it prints.
func (a *aviary) say(input string, arguments ...string) {
	a.Helper()
	command := exec.CommandContext(a.Context(), rig.Binary(), append(arguments, "-c", a.proxy.File)...)
	command.Dir, command.Env = a.proxy.Dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + a.proxy.Dir}
	command.Stdin = strings.NewReader(input)
	output, _ := command.CombinedOutput()
	if len(output) == 0 {
		a.Errorf("piiproxy %s printed nothing", arguments[0])
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers.Write(output)
}
