package config

import (
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// lifetimeMin keeps a mistyped unit from ending a value before the bot has
	// answered.
	lifetimeMin = time.Minute
	// lifetimeMax is how long a conversation is kept after its last message: with
	// it its values end.
	lifetimeMax = 400 * 24 * time.Hour
	// volatileMax bounds what is in memory only: card verification codes must not
	// be kept after authorisation (PCI DSS 4.0.1, 3.3.1).
	volatileMax = 15 * time.Minute
)

// volatile says that values of a kind are never written to a store. Underscores
// do not count: no spelling gets around it.
func volatile(kind string) bool {
	return slices.Contains([]string{"cvv", "otp"}, strings.ReplaceAll(kind, "_", ""))
}

const (
	// destroyMin is how exactly the end of a conversation is known.
	destroyMin = 24 * time.Hour
	// transcriptMax is ten years.
	transcriptMax = 10 * 365 * 24 * time.Hour
)

func (f *findings) destroy(at string, policy *Policy) {
	d := policy.Destroy
	switch {
	case d == Destroy{}:
	case d.After == 0:
		f.complain(at+".after", "is missing: say how long after the last message a conversation ends")
	case d.After < destroyMin || d.After > lifetimeMax:
		f.complain(at+".after", "must be from 24h to 9600h: a conversation ends by itself after 400 days")
	case d.Transcript < 0 || d.Transcript > transcriptMax:
		f.complain(at+".transcript", "must be at most 87600h, ten years")
	}
}

func (f *findings) lifetimes(at string, policy *Policy) {
	for _, kind := range slices.Sorted(maps.Keys(policy.Lifetimes)) {
		key, lifetime := at+"."+shown(kind), policy.Lifetimes[kind]
		switch {
		case !kindName.MatchString(kind):
			f.complain(key, "is no kind: kinds are written with a-z, 0-9 and _")
		case volatile(kind) && lifetime > volatileMax:
			f.complain(key, "must be at most 15m: card verification codes and one-time passwords are in memory only, and PCI DSS 3.3.1 forbids to keep the former")
		case lifetime < lifetimeMin || lifetime > lifetimeMax:
			f.complain(key, "must be from 1m to 9600h, the 400 days that a conversation is kept after its last message")
		}
	}
}
