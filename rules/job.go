package rules

import (
	"cmp"
	"slices"
)

// job is an entry and the characters that its matches lie in.
type job struct {
	entry      int32
	start, end int
}

// queueJobs queues what may match in a frame, ordered by entry and place; the
// jobs of an entry do not overlap. What words announce is read at once.
func (sc *scan) queueJobs(f frame) error {
	x := sc.index
	list := sc.queue[:0]
	if sc.set.unfiltered {
		for i := range x.entries {
			if sc.wants(&x.entries[i]) {
				list = append(list, job{int32(i), f.from, f.end})
			}
		}
		sc.queue = list
		return nil
	}
	for n, h := range sc.profile.hits {
		if n%hitCheck == hitCheck-1 {
			if err := sc.spend(); err != nil {
				return err
			}
		}
		begin := f.from + int(h.end-x.literals.list[h.literal].length)
		for _, i := range x.byLiteral[h.literal] {
			list = sc.spot(list, i, begin, f)
		}
		if phrases := x.phrases[h.literal]; len(phrases) > 0 {
			sc.announce(phrases, begin, f)
		}
	}
	for _, i := range x.always {
		if e := &x.entries[i]; sc.permits(e) && sc.holds(e, f) {
			list = append(list, job{i, f.from, f.end})
		}
	}
	if sc.profile.beyond {
		for _, i := range x.foreign {
			list = append(list, job{i, f.from, f.end})
		}
	}
	list = sc.merge(list)
	if len(list) >= hitCheck || sc.profile.digits >= hitCheck {
		if err := sc.spend(); err != nil {
			return err
		}
	}
	for _, i := range x.byDigits {
		e := &x.entries[i]
		if e.when.digits > sc.profile.digits {
			break
		}
		if sc.wants(e) {
			list = sc.nearDigits(list, i, f)
		}
	}
	sc.queue = list
	return nil
}

// hitCheck is how many literals are looked into between two looks at the clock;
// ordinary messages hold fewer.
const hitCheck = 32

// holds tells whether a frame has one character of each class that e needs. The
// frame is classified once.
func (sc *scan) holds(e *entry, f frame) bool {
	if len(e.when.classes) == 0 {
		return true
	}
	if p := &sc.profile; !p.known {
		p.known, p.class = true, sc.body.classOf(f.from, f.end)
	}
	return e.when.in(sc.profile.class)
}

// spot adds where a match of entry i lies whose literal begins at begin.
func (sc *scan) spot(list []job, i int32, begin int, f frame) []job {
	e := &sc.index.entries[i]
	if !e.pattern.need.local {
		return append(list, job{i, f.from, f.end})
	}
	x := &e.pattern.need.extent
	if e.before > x.width { // lookaround sees the literal
		reach := x.width + x.behind + x.ahead
		return append(list, job{i, max(f.from, begin-reach), min(f.end, begin+reach)})
	}
	least, most := max(f.from, begin-e.before), min(f.end, begin+x.width)
	from, to := begin, begin
	last := sc.lastOf(i)
	if last.start <= begin && begin < last.end { // known to hold only what a match may
		from, to = max(least, last.start), min(most, last.end)
	}
	j := job{i, sc.stretchLeft(x, from, least), sc.stretchRight(x, to, most)}
	if last.end > 0 && last.start <= j.start && j.start <= last.end {
		last.end = max(last.end, j.end)
		list[last.at].end = last.end
		return list
	}
	last.start, last.end, last.at = j.start, j.end, len(list)
	return append(list, j)
}

// lastJob is the job that an entry got last in the frame of a stamp.
type lastJob struct {
	start, end int
	at         int // in the list of jobs
	stamp      uint32
}

// lastOf returns the job that an entry got last in this frame, so that many
// literals in a row do not read the same characters again and again.
func (sc *scan) lastOf(i int32) *lastJob {
	if len(sc.lasts) < len(sc.index.entries) {
		sc.lasts = make([]lastJob, len(sc.index.entries))
	}
	last := &sc.lasts[i]
	if last.stamp != sc.stamp {
		*last = lastJob{stamp: sc.stamp}
	}
	return last
}

// stretchLeft goes left from at, at most to least, over what a match may hold.
func (sc *scan) stretchLeft(x *extent, at, least int) int {
	for at > least && x.chars.has(sc.body.at(at-1)) {
		at--
	}
	return at
}

// stretchRight goes right from at, at most to most, over what a match may hold.
func (sc *scan) stretchRight(x *extent, at, most int) int {
	for at < most && x.chars.has(sc.body.at(at)) {
		at++
	}
	return at
}

// nearDigits adds the places where enough digits for entry i stand together,
// among characters that a match may hold.
func (sc *scan) nearDigits(list []job, i int32, f frame) []job {
	need := &sc.index.entries[i].pattern.need
	x := &need.extent
	if !need.local || need.inner == 0 {
		return append(list, job{i, f.from, f.end})
	}
	places := sc.digitPlaces(f)
	last := len(list)
	for first := 0; first+need.inner <= len(places); first++ {
		from, to := int(places[first]), int(places[first+need.inner-1])
		if to-from >= x.width {
			continue
		}
		if n := len(list); n > last && to < list[n-1].end && from+x.width <= list[n-1].end {
			continue // inside the job before
		}
		j := job{i, sc.stretchLeft(x, from, max(f.from, to-x.width+1)), sc.stretchRight(x, from, min(f.end, from+x.width))}
		if j.end <= to { // what stands between the digits is in no match
			continue
		}
		if n := len(list); n > last && j.start <= list[n-1].end {
			list[n-1].end = max(list[n-1].end, j.end)
		} else {
			list = append(list, j)
		}
	}
	return list
}

// digitPlaces returns where the digits of a frame stand, read once.
func (sc *scan) digitPlaces(f frame) []int32 {
	if len(sc.places) == 0 {
		for at := f.from; at < f.end; at++ {
			if sortOf(sc.body.at(at)) == digit {
				sc.places = append(sc.places, int32(at))
			}
		}
	}
	return sc.places
}

// merge sorts jobs by entry and place, joins those that overlap and drops those
// whose entries do not run or cannot match.
func (sc *scan) merge(list []job) []job {
	slices.SortFunc(list, func(a, b job) int { return cmp.Or(cmp.Compare(a.entry, b.entry), cmp.Compare(a.start, b.start)) })
	kept := list[:0]
	for i, j := range list {
		if i > 0 && list[i-1].entry == j.entry { // judged already
			if n := len(kept); n > 0 && kept[n-1].entry == j.entry {
				if j.start <= kept[n-1].end {
					kept[n-1].end = max(kept[n-1].end, j.end)
				} else {
					kept = append(kept, j)
				}
			}
			continue
		}
		if sc.wants(&sc.index.entries[j.entry]) {
			kept = append(kept, j)
		}
	}
	return kept
}
