package rules

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of rule files, for editors
// and other tools. Load checks more: patterns, ids, validators, kinds.
func Schema() []byte { return slices.Clone(schema) }
