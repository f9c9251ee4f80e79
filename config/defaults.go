package config

import (
	"path/filepath"
	"reflect"
	"strings"
	"time"
)

// Default is the configuration of an empty file: four listeners on loopback,
// all built-in rules, the built-in policy, everything under ./data.
func Default() *Config {
	return &Config{
		Listen: Listen{
			Public: Endpoint{Addr: "127.0.0.1:8080"},
			Bot:    Endpoint{Addr: "127.0.0.1:8081"},
			Admin:  Endpoint{Addr: "127.0.0.1:8082"},
			Ops:    Endpoint{Addr: "127.0.0.1:8083"},
		},
		Rules:    []string{"builtin"},
		Policies: map[string]Policy{DefaultPolicyName: BuiltinPolicy()},
		Store:    Store{Driver: "bolt", Path: "./data/piiproxy.db"},
		Keys:     Keys{Path: "./data/keys"},
		Fetch:    Fetch{Pages: time.Hour, Files: 24 * time.Hour},
		Erasure:  Erasure{Tombstones: 400 * 24 * time.Hour, Callback: "off"},
		Audit:    Audit{MaxBytes: 64 * mib},
		Log:      Log{Level: "info", Format: "json"},
		Limits:   DefaultLimits(),

		Extractor: defaultExtractor(),
		lines:     map[string]int{},
	}
}

// DefaultGraphURL is where the platform's API is for accounts that say
// nothing else.
const DefaultGraphURL = "https://graph.facebook.com"

func defaultAccount() Account {
	return Account{
		GraphURL: DefaultGraphURL, Languages: []string{"en"},
		Policy: DefaultPolicyName, Mode: "enforce", Delivery: "direct", Form: Form{StepUp: "none"},
	}
}

// fresh is a new addressable element with its defaults.
func fresh(t reflect.Type) reflect.Value {
	element := reflect.New(t).Elem()
	switch t {
	case accountType:
		element.Set(reflect.ValueOf(defaultAccount()))
	case callerType:
		element.Set(reflect.ValueOf(Caller{Rate: defaultRate()}))
	case routeType:
		element.Set(reflect.ValueOf(defaultRoute()))
	case policyType:
		element.Set(reflect.ValueOf(BuiltinPolicy()))
	}
	return element
}

// complete fills what depends on other parts of the file. Paths are relative
// to the folder of the file, wherever piiproxy is started.
func (c *Config) complete() {
	if !c.written("store.path") {
		c.Store.Path = c.resolve(c.Store.Path)
	}
	if !c.written("keys.path") {
		c.Keys.Path = c.resolve(c.Keys.Path)
	}
	if !c.written("audit.path") {
		c.Audit.Path = c.AuditPath()
	}
	for i, source := range c.Rules {
		if !packName(source) {
			c.Rules[i] = c.resolve(source)
		}
	}
	for i := range c.Routes {
		c.Routes[i].Upstream.URL = strings.TrimSuffix(c.Routes[i].Upstream.URL, "/")
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	c.Listen.Bot.URL = strings.TrimSuffix(c.Listen.Bot.URL, "/")
	for i := range c.Accounts {
		c.Accounts[i].GraphURL = strings.TrimSuffix(c.Accounts[i].GraphURL, "/")
		c.Accounts[i].Host = strings.ToLower(c.Accounts[i].Host)
	}
	builtin := BuiltinPolicy()
	for _, policy := range c.Policies {
		for _, t := range policy.tables(builtin) {
			if _, ok := t.entries["default"]; !ok {
				t.entries["default"] = t.builtin["default"]
			}
		}
	}
}

func (c *Config) written(key string) bool {
	_, ok := c.lines[key]
	return ok
}

// resolve makes a path relative to the folder of the configuration. Paths
// that are written went through it while they were decoded.
func (c *Config) resolve(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.file), path)
}

// packName tells a rule pack from a path: builtin, or builtin/ and a word.
func packName(source string) bool {
	return source == "builtin" || strings.HasPrefix(source, "builtin/")
}
