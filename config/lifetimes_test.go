package config_test

import (
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/config"
)

// TestLifetimes: what a policy does not name stays as built in.
func TestLifetimes(t *testing.T) {
	environment(t)
	c, err := config.Load(write(t, minimal(t)+`policies:
  default:
    lifetimes: {credit_card: 24h, cvv: 10m}
    lifetimes_from: creation
    token_codes: random
    destroy: {after: 1000h, transcript: 87600h}
  plain: {}
`))
	if err != nil {
		t.Fatal(err)
	}
	policy := c.Policies["default"]
	if l := policy.Lifetimes; l["default"] != 720*time.Hour || l["credit_card"] != 24*time.Hour || l["cvv"] != 10*time.Minute {
		t.Errorf("lifetimes are %v", l)
	}
	if policy.LifetimesFrom != "creation" || policy.TokenCodes != "random" || policy.Destroy != (config.Destroy{After: 1000 * time.Hour, Transcript: 87600 * time.Hour}) {
		t.Errorf("the policy is %+v", policy)
	}
	if plain := c.Policies["plain"]; plain.LifetimesFrom != "use" || plain.TokenCodes != "derived" || plain.Destroy.After != 0 || len(plain.Lifetimes) != 1 {
		t.Errorf("the built-in policy is %+v", plain)
	}
}
