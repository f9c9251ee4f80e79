package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	roads "github.com/piiproxy/piiproxy/authority"
	"github.com/piiproxy/piiproxy/config"
)

// A CA that is there is held against what it is to cover, and a running proxy
// notices when it can be used no more.
func TestRoads(t *testing.T) {
	environment(t)
	t.Setenv("FORWARD_TOKEN", strings.Repeat("0123456789abcdef", 2))
	fresh := func(at time.Time) string {
		folder := filepath.Join(t.TempDir(), "ca")
		if _, err := roads.Make(folder, []string{"graph.facebook.com", "lookaside.fbsbx.com"}, at); err != nil {
			t.Fatal(err)
		}
		return folder
	}
	good, old := fresh(time.Now()), fresh(time.Now().Add(-3*365*24*time.Hour+24*time.Hour))
	for name, c := range map[string]struct{ listen, says, warns string }{
		"both":       {"bot: {addr: '127.0.0.1:8081', tls: {ca: GOOD}}, forward: {addr: '127.0.0.1:8084', ca: GOOD, token: '${FORWARD_TOKEN}'}", "", ""},
		"listed":     {"bot: {addr: '127.0.0.1:8081', tls: {ca: GOOD, names: [lookaside.fbsbx.com]}}", "", ""},
		"uncovered":  {"bot: {addr: '127.0.0.1:8081', tls: {ca: GOOD, names: [graph.instagram.com]}}", "listen.bot.tls.names[0]: the CA is for graph.facebook.com, lookaside.fbsbx.com only", ""},
		"hosts":      {"forward: {addr: '127.0.0.1:8084', ca: GOOD, token: '${FORWARD_TOKEN}', hosts: [graph.instagram.com]}", "listen.forward.hosts[0]: the CA is for", ""},
		"ending":     {"bot: {addr: '127.0.0.1:8081', tls: {ca: OLD}}", "", "listen.bot.tls.ca: the CA ends on"},
		"network":    {"forward: {addr: '0.0.0.0:8084', ca: GOOD, token: '${FORWARD_TOKEN}'}", "", "listen.forward: is open to the network without TLS"},
		"no token":   {"forward: {addr: '127.0.0.1:8084', ca: GOOD}", "listen.forward.token: is missing", ""},
		"no address": {"forward: {ca: GOOD, token: '${FORWARD_TOKEN}'}", "listen.forward.addr: is missing", ""},
		"files too":  {"bot: {addr: '127.0.0.1:8081', tls: {ca: GOOD, client_ca: x.pem}}", "listen.bot.tls: has a ca and files", ""},
		"names only": {"bot: {addr: '127.0.0.1:8081', tls: {names: [graph.facebook.com]}}", "listen.bot.tls.names: needs ca", ""},
	} {
		t.Run(name, func(t *testing.T) {
			listen := strings.NewReplacer("GOOD", good, "OLD", old).Replace(c.listen)
			loaded, complaints := config.Read(write(t, minimal(t)+"listen: {"+listen+"}\n"))
			if !one(complaints, c.says) || !one(loaded.Warnings(), c.warns) {
				t.Errorf("complaints %v, warnings %v", complaints, loaded.Warnings())
			}
			if c.says != "" {
				return
			}
			if faults := loaded.CheckFaults(); len(faults) != 0 {
				t.Errorf("faults: %v", faults)
			}
		})
	}
}

// A key that others can read is a fault also while piiproxy runs.
func TestRoadFaults(t *testing.T) {
	environment(t)
	folder := filepath.Join(t.TempDir(), "ca")
	if _, err := roads.Make(folder, []string{"graph.facebook.com"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Load(write(t, minimal(t)+"listen: {bot: {addr: '127.0.0.1:8081', tls: {ca: "+folder+"}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	loosen(t, filepath.Join(folder, roads.KeyFile))
	if faults := loaded.CheckFaults(); !one(faults, "listen.bot.tls.ca: ") || !strings.Contains(faults[0].Text, "chmod 600") {
		t.Errorf("faults: %v", faults)
	}
}

// one says that a list is one complaint that begins so, or none for "".
func one(complaints []config.Complaint, text string) bool {
	if text == "" {
		return len(complaints) == 0
	}
	return len(complaints) == 1 && strings.HasPrefix(complaints[0].Key+": "+complaints[0].Text, text)
}

func loosen(t *testing.T, path string) {
	t.Helper()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
}
