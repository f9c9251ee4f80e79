package config

import (
	"maps"
	"slices"
)

// CheckKinds complains about every kind of a policy that is not one of kinds,
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
	return complaints
}
