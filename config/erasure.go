package config

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Erasure says what stays of a person who was erased, and who beside operators may
// ask for it.
type Erasure struct {
	Tombstones time.Duration `yaml:"tombstones" doc:"how long it is remembered who was erased: longer than the oldest backup that may come back"`
	Callback   string        `yaml:"deletion_callback" oneof:"off,on" doc:"answer Meta's data deletion requests at public_url/deletion/APP"`
}

// Forget lets people of an account have themselves erased from the chat.
type Forget struct {
	Phrases []string `yaml:"phrases" doc:"messages that, as a whole, ask for it; upper case, punctuation at the ends and double spaces do not count; none by default"`
	Confirm string   `yaml:"confirm" oneof:"again,none" doc:"again: the person must send the message twice within ten minutes, and is told so; none: once"`
}

const (
	// tombstonesLeast is as long as values live: their backups may be used as long.
	tombstonesLeast = 30 * 24 * time.Hour
	tombstonesMost  = 10 * 366 * 24 * time.Hour
	phraseLeast     = 3
	phraseMost      = 100
	phrasesMost     = 50
)

func (f *findings) erasure() {
	e := f.config.Erasure
	if e.Tombstones < tombstonesLeast || e.Tombstones > tombstonesMost {
		f.complain("erasure.tombstones", "must be from 720h (30 days) to 87840h (ten years): longer than the oldest backup that may come back")
	}
	for i, account := range f.config.Accounts {
		if p := f.config.Policies[account.Policy]; len(p.Erasure.Phrases) > 0 && !account.AccessToken.IsSet() {
			f.warn("accounts["+itoa(i)+"].access_token", "is missing, and the policy lets people have themselves erased: they are not told, not even that they must send the message twice")
		}
	}
	if e.Callback == "on" && f.config.PublicURL == "" && !f.config.written("public_url") {
		f.complain("erasure.deletion_callback", "needs public_url, where Meta and the person reach it, and there is none")
	}
}

// forget checks the phrases of a policy.
func (f *findings) forget(key string, forget Forget) {
	if len(forget.Phrases) > phrasesMost {
		f.complain(key+".phrases", "has more than %d phrases", phrasesMost)
	}
	var seen []string
	for i, phrase := range forget.Phrases {
		at, plain := key+".phrases["+itoa(i)+"]", strings.ToLower(strings.Join(strings.Fields(phrase), " "))
		plain = strings.TrimFunc(plain, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) }) // they do not count
		switch n := utf8.RuneCountInString(plain); {
		case n < phraseLeast || n > phraseMost:
			f.complain(at, "must have from %d to %d characters without punctuation and symbols at its ends: a shorter one is typed by accident", phraseLeast, phraseMost)
		case slices.Contains(seen, plain):
			f.complain(at, "stands twice: keep one")
		}
		seen = append(seen, plain)
	}
}
