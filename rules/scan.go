package rules

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// windowRunes is how much of a text the engine sees at once; 16,384
	// characters are at most 64 KiB. Small windows also make the prefilter
	// local: one number in a long text costs one window.
	windowRunes = 1 << 14
	// MaxFinding is the length in characters up to which a finding is never
	// missed or cut where two windows meet. It is also how far lookbehind sees.
	MaxFinding = 2048
	// maxKeptRunes bounds the buffers that are kept between scans.
	maxKeptRunes = 1 << 16
)

// scan is the state of one Scan. It lives in a pool, so that a clean text
// allocates nothing.
type scan struct {
	set      *Set
	context  Context
	regions  []string
	body     body
	profile  profile
	several  bool        // the text takes more than one window
	proposed []candidate // context not read yet
	found    []candidate
	pieces   []piece
	compact  []byte
	deadline time.Time // of the budget; set when the first pattern runs

	index  *index // of the text's direction
	queue  []job
	lasts  []lastJob // by entry
	stamp  uint32    // of the frame, for lasts
	places []int32   // of the digits of a frame
	around surroundings
	asking []asking

	trace func(candidate) // Explain only: matches that do not reach their threshold
}

// candidate is a match on its way to a finding, in characters of the folded
// text, and the parts of its score.
type candidate struct {
	rule       *active
	start, end int
	verdict    verdictOn
	part, name string  // of the rule: what matched
	base       float64 // of the pattern or shape
	layout     float64 // how a shape was written, and beside what
	asked      float64
	context    Reason // near, far, field or kind; zero for none
	score      float64
}

// verdictOn is what a validator said of a candidate.
type verdictOn uint8

const (
	unjudged verdictOn = iota
	passed
	failed
)

func verdictOf(valid bool) verdictOn {
	if valid {
		return passed
	}
	return failed
}

// Scan finds personal data in text, which must be valid UTF-8 (else ErrText).
// ErrBudget means that nothing is known and the caller must fail closed.
func (s *Set) Scan(text string, c Context) (Result, error) {
	if text == "" {
		return Result{}, nil
	}
	sc := scratches.Get().(*scan)
	defer sc.release()
	sc.begin(s, c)
	if err := sc.read(text); err != nil {
		return Result{}, err
	}
	if err := sc.settle(); err != nil {
		return Result{}, err
	}
	var result Result
	if len(sc.found) > 0 {
		result.Findings = sc.resolve()
	}
	if c.Direction == Outbound {
		asks, err := sc.asks()
		if err != nil {
			return Result{}, err
		}
		result.Asks = asks
	}
	return result, nil
}

// begin ties the state to a set and a context.
func (sc *scan) begin(s *Set, c Context) {
	sc.set, sc.context, sc.regions, sc.index = s, c, s.regions, s.library.indexes[min(c.Direction, Outbound)]
	sc.context.Asked = withRelated(c.Asked)
	if c.Region != "" {
		sc.regions = []string{strings.ToUpper(c.Region)}
	}
}

// release clears what the text left behind and gives the buffers back.
func (sc *scan) release() {
	clear(sc.body.runes)
	clear(sc.found)
	clear(sc.proposed)
	clear(sc.compact)
	kept := scan{body: body{runes: sc.body.runes[:0], from: sc.body.from[:0], to: sc.body.to[:0]}}
	kept.found, kept.proposed, kept.pieces, kept.compact = sc.found[:0], sc.proposed[:0], sc.pieces, sc.compact[:0]
	kept.lasts, kept.stamp = sc.lasts, sc.stamp
	kept.queue, kept.places, kept.asking = sc.queue[:0], sc.places[:0], sc.asking[:0]
	kept.around = surroundings{terms: sc.around.terms[:0], mentions: sc.around.mentions[:0], field: sc.around.field[:0], near: sc.around.near}
	kept.profile.hits = sc.profile.hits[:0]
	kept.profile.found = sc.profile.found
	if cap(kept.body.runes) > maxKeptRunes {
		kept.body = body{}
	}
	*sc = kept
	scratches.Put(sc)
}

// read folds the text and collects candidates, window by window.
func (sc *scan) read(text string) error {
	l := sc.index.literals
	sc.profile.reset(l.words)
	if len(text) <= windowRunes && sc.profile.readASCII(l, text) {
		p := &sc.profile
		worth := p.hint.worth(p.signs, p.digits) || l.crowded
		p.hint.said = p.hint.said || l.crowded
		if !worth || !sc.body.foldASCII(text, p.hint) {
			sc.body.plain(text)
			return sc.window(frame{0, 0, len(text), len(text)})
		}
	} else if ascii(text) {
		if !sc.body.foldPlain(text) {
			sc.body.plain(text)
		}
	} else if !utf8.ValidString(text) {
		return ErrText
	} else {
		sc.body.fold(text)
	}
	return sc.windows(func(f frame) error {
		sc.readWindow(f)
		return sc.window(f)
	})
}

// ascii tells whether a text may be scanned as it is.
func ascii(text string) bool {
	for i := range len(text) {
		if !plainByte(rune(text[i])) {
			return false
		}
	}
	return true
}

// frame is one window: the engine sees characters from to end, and the matches
// count that begin at owned or later and before next, which the window after
// owns. What lies before owned is for lookbehind, what follows next for the
// rest of a match and lookahead: MaxFinding each.
type frame struct{ from, owned, next, end int }

// windows calls visit for each window of the text.
func (sc *scan) windows(visit func(f frame) error) error {
	length := sc.body.length()
	sc.several = length > windowRunes
	for f := (frame{}); f.owned < length; f.owned = f.next {
		f.from = max(0, f.owned-MaxFinding)
		f.end = min(length, f.from+windowRunes)
		f.next = f.end
		if f.end < length {
			f.next -= MaxFinding
		}
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

func (sc *scan) readWindow(f frame) {
	l := sc.index.literals
	sc.profile.reset(l.words)
	if sc.body.ascii {
		sc.profile.readASCII(l, sc.body.text[f.from:f.end])
	} else {
		sc.profile.readRunes(l, sc.body.runes[f.from:f.end])
	}
}

// window runs what the profile of a frame does not rule out.
func (sc *scan) window(f frame) error {
	if sc.profile.digits >= minShapeDigits {
		if err := sc.shapes(f); err != nil {
			return err
		}
	}
	sc.places = sc.places[:0]
	if sc.stamp++; sc.stamp == 0 { // wrapped
		clear(sc.lasts)
	}
	if err := sc.queueJobs(f); err != nil {
		return err
	}
	for _, late := range []bool{false, true} { // those that look for what the others find
		for _, j := range sc.queue {
			e := &sc.index.entries[j.entry]
			if e.late() != late || late && !sc.related(sc.set.byRule[e.rule.order], e.pattern) {
				continue
			}
			if err := sc.run(e, j, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// run matches one pattern in one place.
func (sc *scan) run(e *entry, j job, f frame) error {
	narrow := f
	if e.said != nil {
		sc.said(e, f, j.start, j.end)
		return nil
	}
	if e.pattern.need.local {
		x := &e.pattern.need.extent
		narrow = frame{max(f.from, j.start-x.behind), max(f.owned, j.start), min(f.next, j.end), min(f.end, j.end+x.ahead)}
	}
	if narrow.owned >= narrow.next {
		return nil
	}
	if !sc.set.unfiltered && !e.when.within(&sc.body, narrow.from, narrow.end) {
		return nil
	}
	if e.prompt != nil {
		return sc.match(e.pattern, narrow, func(start, end int) {
			sc.asking = append(sc.asking, asking{e.prompt, start, end, false})
		})
	}
	a := sc.set.byRule[e.rule.order]
	return sc.match(e.pattern, narrow, func(start, end int) { sc.score(a, e.pattern, start, end) })
}

// permits tells whether an entry's rule runs in this set and context.
func (sc *scan) permits(e *entry) bool {
	if e.prompt != nil {
		return sc.set.byPrompt[e.prompt.order] != nil
	}
	a := sc.set.byRule[e.rule.order]
	return a != nil && sc.set.allows(a, &sc.context)
}

// wants tells whether an entry runs in this set and context, and whether the
// frame may hold a match that counts.
func (sc *scan) wants(e *entry) bool {
	if e.prompt != nil {
		return sc.set.byPrompt[e.prompt.order] != nil && (sc.set.unfiltered || e.said != nil || e.when.met(&sc.profile))
	}
	if !sc.permits(e) {
		return false
	}
	a := sc.set.byRule[e.rule.order]
	return sc.set.unfiltered || e.said != nil || e.when.met(&sc.profile) && sc.promising(a, e.pattern)
}

// promising tells whether a pattern that needs context to reach the threshold
// may find some. Findings of other kinds are not known yet: see related.
func (sc *scan) promising(a *active, p *pattern) bool {
	return clamp(p.ceiling) >= a.threshold || len(a.kinds) > 0 || sc.contextual(a)
}

// contextual tells whether some context may raise a's score.
func (sc *scan) contextual(a *active) bool {
	if sc.trace != nil || sc.asked(a.kind) {
		return true
	}
	sc.readSurroundings()
	return sc.around.near.has(int32(a.order))
}

// related tells whether a match of a pattern that needs context may find a
// finding of another kind nearby, now that all rules that look for none have
// matched.
func (sc *scan) related(a *active, p *pattern) bool {
	if sc.set.unfiltered || sc.several || clamp(p.ceiling) >= a.threshold || sc.contextual(a) {
		return true
	}
	return slices.ContainsFunc(sc.proposed, func(c candidate) bool { return slices.Contains(a.roots, c.rule.kind) })
}

func (sc *scan) asked(kind string) bool { return slices.Contains(sc.context.Asked, kind) }

// match runs one pattern over one window within the budget of the text.
func (sc *scan) match(p *pattern, f frame, yield func(start, end int)) error {
	if err := sc.spend(); err != nil {
		return err
	}
	sc.body.spread()
	spent := error(nil)
	err := p.engine.each(sc.body.runes[f.from:f.end], f.owned-f.from, func(begin, start, end int) bool {
		if f.from+begin >= f.next {
			return false
		}
		yield(f.from+start, f.from+end)
		spent = sc.spend()
		return spent == nil
	})
	if err != nil {
		return err
	}
	return spent
}

// spend checks the budget of the text. The engine's own limit starts anew with
// each match, so the sum is kept here.
func (sc *scan) spend() error {
	now := time.Now()
	if sc.deadline.IsZero() {
		sc.deadline = now.Add(ScanBudget)
		if d := sc.context.Deadline; !d.IsZero() && d.Before(sc.deadline) {
			sc.deadline = d
		}
	}
	if now.After(sc.deadline) {
		return ErrBudget
	}
	return nil
}
