package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/config"
)

// TestRates: a rate is a number in a second, a minute or an hour, and nothing else.
func TestRates(t *testing.T) {
	environment(t)
	load := func(rate string) (config.Rate, error) {
		c, err := config.Load(write(t, minimal(t)+`callers:
  - {name: desk, token_sha256: `+strings.Repeat("0a", 32)+`, scopes: [reveal], accounts: [shop], kinds: [all], level: exists, purposes: [support], rate: "`+rate+`"}
`))
		if err != nil {
			return config.Rate{}, err
		}
		return c.Callers[0].Rate, nil
	}
	for text, want := range map[string]config.Rate{
		"10/s": {Count: 10, Per: time.Second}, "600 / m": {Count: 600, Per: time.Minute}, "10000000/h": {Count: 10_000_000, Per: time.Hour},
	} {
		if got, err := load(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"600", "0/s", "-1/m", "10000001/h", "10/d", "10/min", "/m", "1.5/s", "1e3/s", ""} {
		if got, err := load(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}
