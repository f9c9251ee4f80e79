// Package rules finds personal data in words.
//
// Its promises come before its mechanics:
//
//   - A finding is a span of the text as it was given: bytes, on character
//     borders, ordered and disjoint, with the reasons that led to it.
//   - What could not be read within the budget is [ErrBudget], never "nothing
//     found". The caller fails closed.
//   - No error, no printed value of this package holds any part of a scanned
//     text. Findings know their normal form ([Finding.Canonical]) but do not
//     print it.
//   - The prefilter never hides a match: a rule is left out of a scan only when
//     its syntax tree proves that it cannot match this text.
//   - Everything that is loaded is read-only: a [Library] and a [Set] may be
//     used by any number of goroutines.
//
// # Rule files
//
// Rules are YAML files, described by [Schema] and decoded strictly: every
// complaint of every file is reported at once, with file and line. Each rule
// carries its own examples, which [Library.Test] runs. What a file may leave
// out: threshold 0.5, score of a pattern 0.5, of a listed word 0.6, pass 0.3,
// fail -0.3, window 8 words, boost 0.3, mode enforce, no regions (always on),
// no where (everywhere).
//
// Context counts once: of the near and far phrases around a match the nearest
// decides. A finding of one of the context's kinds counts like a near phrase,
// and so does a phrase in the name of the JSON member. That the bot has just
// asked for the kind is a boost of its own.
//
// # Regular expressions
//
// The dialect is that of regexp2 (the .NET dialect) in one mode: Unicode
// classes, case-insensitive. \d, \w, \s and \b know Unicode; (?-i:…) switches
// case on for a part; lookaround, atomic groups and named groups work.
// Patterns see the folded text (see fold.go): decimal digits of every script
// are 0-9, invisible characters are gone, dashes are "-", spaces are " ".
//
// # How a scan goes
//
// fold → profile (prefilter) → patterns → validator → context → threshold →
// overlaps. A score is the pattern's plus the validator's plus the context's,
// clamped to 0…1, and counts when it reaches the rule's threshold.
package rules
