package channel

import (
	"regexp"
	"strings"
)

// anyID is what may be a user id anywhere in a body: digits as of a PSID, an
// Instagram id or a phone number, or a business-scoped user id.
var anyID = regexp.MustCompile(`[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}|[0-9]{5,}`)

// anyGroup is a group's id, as WhatsApp's messages name it.
var anyGroup = regexp.MustCompile(`"group_id"\s*:\s*"([^"\\]{1,512})"`)

const (
	maxPeople = 4096 // in one body
	maxGroups = 16
)

// PeopleIn returns the aliases of everybody who may be named in a body, strict
// JSON or not, whole or a part of a delivery. It misses nobody that Delivery finds
// but beyond 4096 ids, and takes other numbers for ids, too: it is for telling
// whether something is about a person who is known, never for learning of one.
func (c *Channel) PeopleIn(body []byte) []string {
	var groups []string
	for _, found := range anyGroup.FindAllSubmatch(body, maxGroups) {
		groups = append(groups, string(found[1]))
	}
	seen := map[string]bool{}
	var aliases []string
	for _, id := range anyID.FindAll(body, maxPeople) {
		for _, alias := range c.PersonOf(string(id)).Aliases {
			if seen[alias] {
				continue
			}
			seen[alias] = true
			aliases = append(aliases, alias)
			for _, group := range groups {
				aliases = append(aliases, newPerson(group, alias).Aliases...)
			}
		}
	}
	return aliases
}

// MemberOf returns the alias that a member of a group has outside of it; "" for an
// alias of nobody's in a group.
func MemberOf(alias string) string {
	rest, in := strings.CutPrefix(alias, "group:")
	at := strings.LastIndexByte(rest, '/')
	if !in || at < 0 {
		return ""
	}
	return rest[at+1:]
}
