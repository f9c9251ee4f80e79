package config_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/config"
)

// Over a network the database's certificate must be verified, or somebody else
// may answer; on this machine it need not.
func TestDatabaseCertificate(t *testing.T) {
	environment(t)
	for url, warned := range map[string]bool{
		"postgres://u:hunter2@db.example.com/piiproxy":                     true,
		"postgres://u:hunter2@db.example.com/piiproxy?sslmode=require":     true,
		"postgres://u:hunter2@db.example.com/piiproxy?sslmode=verify-full": false,
		"postgres://u:hunter2@127.0.0.1/piiproxy":                          false,
		"postgres:///piiproxy?host=/run/postgresql":                        false,
	} {
		t.Setenv("DATABASE", url)
		c, err := config.Load(write(t, minimal(t)+"store: {driver: postgres, url: '${DATABASE}'}\n"))
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, warning := range c.Warnings() {
			if warning.Key == "store.url" {
				said = warning.String()
			}
		}
		if (said != "") != warned || strings.Contains(said, "hunter2") {
			t.Errorf("warning %q, want one: %v", said, warned)
		}
	}
}
