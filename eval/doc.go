// Package eval measures a rule set on labelled corpora: what it finds of what
// people marked, what it finds besides, and whether that holds the floors that
// a file sets.
//
// A corpus is a file of rows, one JSON object a line, as `piiproxy scan
// --format jsonl` reads them, with labels: "spans" are personal data, [start,
// end, TYPE] in Unicode code points, end exclusive; "other" marks things that
// are none. The turns of a row are one conversation: what the bot asks for
// informs how the next turn is read.
//
// How things count:
//
//   - A label is found when findings of any kind together hide every letter and
//     digit of it. That the kind was another one is reported apart.
//   - Precision of a kind is the share of its findings that overlap a label of
//     any type.
//   - A false text is a turn of a user (or a single text) with a finding that
//     overlaps no label.
//   - Only findings of enforced rules count, and before policy; measures that
//     look at the text that comes out say so.
//   - A floor under a share of fewer than [FewLabels] labels is a count: at
//     most one miss.
//
// A report never shows a value: it names rows and turns, and shapes in which
// every digit is 9 and every letter is a.
package eval
