package main

import (
	"net/url"
	"strings"
	"testing"
)

// TestLinkComesBack: whatever way a link comes back from the chat, the bot does
// not see its id.
func TestLinkComesBack(t *testing.T) {
	c := newChat(t, "", "")
	c.says("hi")
	c.sends(askForCard)
	id := c.linkOf("https://chat.example.com/c/")
	link := "chat.example.com/c/" + id
	for _, words := range []string{"https://" + link, link, "see " + link + "?fbclid=x", "https://l.facebook.com/l.php?u=" + url.QueryEscape("https://"+link)} {
		before := len(c.bot.heard())
		c.says(words)
		c.until("the bot hearing it", func() bool { return len(c.bot.heard()) > before })
		if strings.Contains(c.bot.last(), id) {
			t.Errorf("the bot sees the link in %q", strings.ReplaceAll(words, id, "ID"))
		}
	}
}

// TestPrefixes: no prefix is so short that it is found everywhere.
func TestPrefixes(t *testing.T) {
	for _, plain := range []string{"https://chat.example.com/c/", "https://forms.example/?link=", "https://"} {
		for _, prefix := range prefixes(plain) {
			if len(prefix) < len("https://") {
				t.Errorf("%s is looked for as %q", plain, prefix)
			}
		}
	}
}
