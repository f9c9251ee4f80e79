package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Browser is Debian's Chromium. It finds piiproxy under its public URL, and no
// other host in the world.
type Browser struct {
	ctx context.Context
	axe string // the source of axe-core
}

func chromium() (string, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return "", errors.New("chromium is missing: install it (Debian: apt-get install chromium fonts-liberation)")
	}
	return path, nil
}

// NewBrowser starts one for a proxy that is Secure.
func NewBrowser(t testing.TB, p *Proxy) *Browser {
	t.Helper()
	path, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	axe, err := os.ReadFile(filepath.Join(home(), "bots", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Env(clean(os.Environ())...),
		chromedp.Flag("host-resolver-rules", "MAP chat.example.com "+p.public+", MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("ignore-certificate-errors-spki-list", p.certificate.pin),
		chromedp.Flag("no-proxy-server", true), chromedp.Flag("disable-component-update", true),
	)
	allocated, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocated)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		stop()
		end()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	return &Browser{ctx: ctx, axe: string(axe)}
}

// Tab is a page of a browser that nobody has used yet: with no cookies and no
// cache. It notes every request that it makes and all that its pages complain of.
type Tab struct {
	t          testing.TB
	ctx        context.Context
	axe        string
	mu         sync.Mutex
	requests   []string
	complaints []string
	deaf       bool // while axe looks at the page, which is no page of ours then
}

// NewTab opens one of the size of a phone.
func (b *Browser) NewTab(t testing.TB) *Tab {
	t.Helper()
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	ctx, stop := context.WithTimeout(ctx, 4*patience)
	t.Cleanup(func() {
		stop()
		end()
	})
	tab := &Tab{t: t, ctx: ctx, axe: b.axe}
	if err := chromedp.Listen(ctx, tab.listen); err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	command(tab, "watching for issues", audits.Enable, cdp.Empty{})
	command(tab, "watching for requests", network.Enable, network.EnableParams{})
	tab.Size(390, 844)
	return tab
}

func (b *Tab) listen(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.DocumentURL, "chrome-error:") { // the browser's own page has pictures in itself
			b.note(&b.requests, e.Request.URL)
		}
	case *network.EventWebSocketCreated:
		b.note(&b.requests, e.URL)
	case *log.EventEntryAdded:
		// That a page came with 410 or 422 is noted there, too.
		if e.Entry.Source != log.EntrySourceNetwork && (e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning) {
			b.note(&b.complaints, "log: "+e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.note(&b.complaints, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.note(&b.complaints, "console: "+string(e.Type))
	case *audits.EventIssueAdded:
		b.note(&b.complaints, "issue: "+b.issue(e.Issue))
	case *page.EventJavascriptDialogOpening:
		b.note(&b.complaints, "dialog: "+e.Message)
	}
}

func (b *Tab) issue(issue *audits.InspectorIssue) string {
	raw, _ := json.Marshal(issue.Details)
	return string(issue.Code) + " " + string(raw)
}

func (b *Tab) note(list *[]string, what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.deaf {
		*list = append(*list, what)
	}
}

func (b *Tab) must(what string, steps ...step) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// step is something that is done in a tab.
type step = chromedp.Action[chromedp.Void]

// command gives the browser an order of its protocol.
func command[P, R any](b *Tab, what string, order cdp.Command[P, R], params P) R {
	b.t.Helper()
	answer, err := chromedp.Call(b.ctx, order, params)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return answer
}

// Size sets the size of the window, in CSS pixels.
func (b *Tab) Size(width, height int64) {
	b.t.Helper()
	b.must("sizing the window", chromedp.EmulateViewport(width, height, chromedp.EmulateMobile))
}

// Dark asks for dark colours, or for light ones.
func (b *Tab) Dark(dark bool) {
	b.t.Helper()
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	command(b, "choosing colours", emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

// ScriptOff forbids the pages their scripts.
func (b *Tab) ScriptOff() {
	b.t.Helper()
	command(b, "switching JavaScript off", emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// goes takes steps that lead to another page and returns its status.
func (b *Tab) goes(what string, steps ...step) int {
	b.t.Helper()
	response, err := chromedp.RunResponse(b.ctx, steps...)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	if response == nil {
		b.t.Fatalf("%s: no page came", what)
	}
	return int(response.Status)
}

// Open goes to an address and returns the status.
func (b *Tab) Open(address string) int {
	b.t.Helper()
	return b.goes("opening a page", chromedp.Navigate(address))
}

// Press presses what leads to another page and returns its status.
func (b *Tab) Press(selector string) int {
	b.t.Helper()
	return b.goes("pressing "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Back presses the browser's back button and waits for what comes. That may be
// the browser's own page that says that it has not kept what was there.
func (b *Tab) Back() {
	b.t.Helper()
	err := chromedp.Do(b.ctx, chromedp.NavigateBack())
	if err != nil && !strings.Contains(err.Error(), "ERR_CACHE_MISS") {
		b.t.Fatalf("going back: %v", err)
	}
	b.must("waiting", chromedp.WaitReady(chromedp.CSS("h1")), chromedp.Sleep(200*time.Millisecond))
}

// Type types into an input, as a person does, key by key.
func (b *Tab) Type(selector, text string) {
	b.t.Helper()
	b.must("typing into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Has reports whether something on the page fits a selector.
func (b *Tab) Has(selector string) bool {
	b.t.Helper()
	return Ask[bool](b, fmt.Sprintf("document.querySelector(%q) !== null", selector))
}

// Ask evaluates an expression in the page, outside the page's own policy.
func Ask[T any](b *Tab, expression string) T {
	b.t.Helper()
	answer, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("asking the page: %v", err)
	}
	return answer
}

// HTML is the page with what stands in its inputs now.
func (b *Tab) HTML() string {
	b.t.Helper()
	return Ask[string](b, `document.documentElement.outerHTML + "\n" + [...document.querySelectorAll("input,textarea")].map((i) => i.value).join("\n")`)
}

// Title is the page's heading.
func (b *Tab) Title() string {
	b.t.Helper()
	return Ask[string](b, `document.querySelector("h1")?.textContent ?? ""`)
}

// Shot keeps a picture of the page under .build/screenshots.
func (b *Tab) Shot(name string) {
	b.t.Helper()
	folder := filepath.Join(filepath.Dir(home()), ".build", "screenshots")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.t.Fatal(err)
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatalf("taking a picture: %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *Tab) hear(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deaf = !on
}

// Complaints are policy violations, errors and warnings of the pages so far.
func (b *Tab) Complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.complaints...)
}

// Strays are the requests so far that left the origin.
func (b *Tab) Strays() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var strays []string
	for _, address := range b.requests {
		if !strings.HasPrefix(address, PublicOrigin+"/") && address != "about:blank" {
			strays = append(strays, address)
		}
	}
	return strays
}
