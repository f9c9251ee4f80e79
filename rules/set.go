package rules

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Set scans texts for one account. It is read-only: any number of goroutines
// may scan at once.
type Set struct {
	library  *Library
	view     View
	rules    []active
	byRule   []*active // by the rule's order; nil for rules that do not run
	prompts  []activePrompt
	byPrompt []*activePrompt // by the prompt rule's order; nil for those that do not run
	own      *own
	regions  []string // of phone numbers, most likely first; none when unknown

	unfiltered bool // tests only: every pattern runs, whatever the profile says
}

// active is a rule as one view runs it.
type active struct {
	*rule
	mode      Mode
	threshold float64
	free      bool // runs on every text of its direction
}

type activePrompt struct {
	*prompt
	mode Mode
}

// Set returns the rules as one account sees them. Sets share everything
// compiled with their library: hundreds of accounts cost little. Its error is
// of type Errors; the complaints name no file.
func (l *Library) Set(v View) (*Set, error) {
	changes, complaints := l.overrides(v.Overrides)
	s := &Set{library: l, view: v, regions: upperAll(v.Regions)}
	s.view.Regions, s.view.Own = s.regions, Own{} // own values are kept where nothing prints them
	for _, r := range l.rules {
		if a, runs := s.activate(r, changes[r.id]); runs {
			s.rules = append(s.rules, a)
		}
	}
	for _, p := range l.prompts {
		mode := p.mode
		if changed, err := ParseMode(changes[p.id].Mode); err == nil && changes[p.id].Mode != "" {
			mode = changed
		}
		if mode != Off {
			s.prompts = append(s.prompts, activePrompt{p, mode})
		}
	}
	s.place()
	own, ownComplaints := newOwn(l, v.Own, s.regions)
	s.own = own
	if complaints = append(complaints, ownComplaints...); len(complaints) > 0 {
		return nil, complaints
	}
	return s, nil
}

// place finds active rules by their place in the library. It is called once
// all of them are there.
func (s *Set) place() {
	s.byRule, s.byPrompt = make([]*active, len(s.library.rules)), make([]*activePrompt, len(s.library.prompts))
	for i := range s.rules {
		s.byRule[s.rules[i].order] = &s.rules[i]
	}
	for i := range s.prompts {
		s.byPrompt[s.prompts[i].order] = &s.prompts[i]
	}
}

// activate applies the view to a rule; false when it does not run in it.
func (s *Set) activate(r *rule, change Override) (active, bool) {
	a := active{rule: r, mode: r.mode, threshold: r.threshold}
	if mode, err := ParseMode(change.Mode); err == nil && change.Mode != "" {
		a.mode = mode
	}
	if change.Threshold > 0 {
		a.threshold = change.Threshold
	}
	if a.mode == Off {
		return a, false
	}
	if len(r.regions) > 0 && len(s.view.Regions) > 0 && !overlap(r.regions, s.view.Regions) {
		return a, false
	}
	a.free = r.direction < 0 && len(r.where.Asked)+len(r.where.Channels)+len(r.where.Accounts)+len(r.where.Fields) == 0 &&
		(len(r.regions) == 0 || len(s.view.Regions) > 0)
	return a, true
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// overrides indexes the view's overrides and checks them.
func (l *Library) overrides(list []Override) (map[string]Override, Errors) {
	changes := make(map[string]Override, len(list))
	var complaints Errors
	complain := func(id, text string) {
		complaints = append(complaints, Complaint{File: "overrides", Rule: id, Text: text})
	}
	for _, o := range list {
		if !slices.ContainsFunc(l.info, func(info RuleInfo) bool { return info.ID == o.ID }) {
			complain("", "no loaded rule has the id "+quote(o.ID)+suggest(o.ID, l.ids()))
			continue
		}
		if _, twice := changes[o.ID]; twice {
			complain(o.ID, "is overridden twice; keep one")
		}
		if _, err := ParseMode(o.Mode); err != nil {
			complain(o.ID, err.Error())
		}
		if o.Threshold < 0 || o.Threshold > 1 {
			complain(o.ID, "threshold must be above 0 and at most 1")
		}
		changes[o.ID] = o
	}
	return changes, complaints
}

func (l *Library) ids() []string {
	ids := make([]string, len(l.info))
	for i, info := range l.info {
		ids[i] = info.ID
	}
	return ids
}

// Rules describes the rules that run in this set, with their mode and
// threshold in it.
func (s *Set) Rules() []RuleInfo {
	infos := make([]RuleInfo, 0, len(s.rules)+len(s.prompts))
	for _, r := range s.rules {
		info := r.describe()
		info.Mode, info.Threshold = r.mode, r.threshold
		infos = append(infos, info)
	}
	for _, p := range s.prompts {
		info := p.describe()
		info.Mode = p.mode
		infos = append(infos, info)
	}
	return infos
}

// String names the view, nothing of its own values.
func (s *Set) String() string {
	return fmt.Sprintf("%d rules and %d prompt rules for account %q", len(s.rules), len(s.prompts), s.view.Account)
}

// GoString is String.
func (s *Set) GoString() string { return s.String() }

// allows tells whether a's where and regions fit a text.
func (s *Set) allows(a *active, c *Context) bool {
	if a.free {
		return true
	}
	if a.direction >= 0 && Direction(a.direction) != c.Direction {
		return false
	}
	if len(a.where.Asked) > 0 && !overlap(a.where.Asked, c.Asked) {
		return false
	}
	if len(a.regions) > 0 && len(s.view.Regions) == 0 && c.Region != "" && !containsFold(a.regions, c.Region) {
		return false
	}
	w := &a.where
	return fits(w.Channels, or(c.Channel, s.view.Channel)) && fits(w.Accounts, or(c.Account, s.view.Account)) &&
		fits(w.Fields, c.Field)
}

// fits tells whether a list allows name; an empty list allows all.
func fits(list []string, name string) bool {
	return len(list) == 0 || containsFold(list, name)
}

func containsFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}

func or(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// scratches are reused between scans; what a text left in them is cleared when
// they go back.
var scratches = sync.Pool{New: func() any { return new(scan) }}
