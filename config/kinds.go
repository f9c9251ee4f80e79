package config

import (
	"maps"
	"slices"
)

// CheckKinds complains about every kind of a policy or a caller that is not one of kinds,
// the kinds that the loaded rules and the channels' path tables produce. An
// entry that stands the same in the built-in policy is let through, so that
// the built-in policy can be copied and works with any choice of packs.
func (c *Config) CheckKinds(kinds []string) []Complaint {
	builtin := BuiltinPolicy()
	var complaints []Complaint
	for _, name := range slices.Sorted(maps.Keys(c.Policies)) {
		for _, t := range c.Policies[name].kindTables(builtin) {
			for _, kind := range slices.Sorted(maps.Keys(t.entries)) {
				if kind == "default" || slices.Contains(kinds, kind) || t.builtin[kind] == t.entries[kind] {
					continue
				}
				key := "policies." + shown(name) + "." + t.key + "." + shown(kind)
				complaints = append(complaints, c.Complaint(key,
					"no loaded rule produces this kind: correct it, or load the rules that do%s", didYouMean(kind, kinds)))
			}
		}
	}
	complaints = append(complaints, c.checkConduct(kinds)...)
	for i, caller := range c.Callers {
		for j, kind := range caller.Kinds {
			if kind != AllKinds && !slices.Contains(kinds, kind) {
				complaints = append(complaints, c.Complaint("callers["+itoa(i)+"].kinds["+itoa(j)+"]",
					"no loaded rule produces this kind: correct it, or load the rules that do%s", didYouMean(kind, kinds)))
			}
		}
	}
	return append(complaints, c.routeKinds(kinds)...)
}

// checkConduct complains about kinds that a policy warns of or needs a part of and
// that nothing produces: a misspelt one would never warn.
func (c *Config) checkConduct(kinds []string) (complaints []Complaint) {
	unknown := func(key, kind string) {
		if !slices.Contains(kinds, kind) {
			complaints = append(complaints, c.Complaint(key,
				"no loaded rule produces this kind: correct it, or load the rules that do%s", didYouMean(kind, kinds)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Policies)) {
		policy := c.Policies[name]
		for i, kind := range policy.Warn {
			unknown("policies."+shown(name)+".warn["+itoa(i)+"]", kind)
		}
		for _, kind := range slices.Sorted(maps.Keys(policy.Lifetimes)) {
			if !slices.Contains([]string{"default", "cvv", "otp"}, kind) {
				unknown("policies."+shown(name)+".lifetimes."+shown(kind), kind)
			}
		}
		for _, kind := range slices.Sorted(maps.Keys(policy.Need)) {
			if policy.Need[kind] != BuiltinPolicy().Need[kind] {
				unknown("policies."+shown(name)+".need."+shown(kind), kind)
			}
		}
	}
	return complaints
}
