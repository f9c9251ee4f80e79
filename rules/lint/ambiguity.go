package lint

import "slices"

// attack is a family of texts that may keep a backtracking engine busy: the
// prefix leads into a loop, the pump goes round it, the suffix keeps the pattern
// from matching.
type attack struct{ prefix, pump, suffix string }

// text is an attack of about n characters.
func (a attack) text(n int) string {
	pump := []rune(a.pump)
	if len(pump) == 0 {
		return a.prefix + a.suffix
	}
	room := max(n-len([]rune(a.prefix))-len([]rune(a.suffix)), len(pump))
	runes := []rune(a.prefix)
	for range room / len(pump) {
		runes = append(runes, pump...)
	}
	return string(runes) + a.suffix
}

// maxPairs bounds the search for ambiguity in one loop: pairs of its positions.
const maxPairs = 40_000

// ambiguous finds loops that a text can go round in two ways, so that the time
// doubles with each round: the pattern has exponential ambiguity exactly when
// some position is reached from itself in two ways by one text (Weideman and
// others, "Analyzing matching time behavior of backtracking regular expression
// matchers", CIAA 2016). Each result is a prefix and a pump.
func (m *automaton) ambiguous() []attack {
	var found []attack
	for _, loop := range m.loops() {
		if pump, at, ok := m.twoWays(loop); ok {
			found = append(found, attack{prefix: m.reach(at), pump: pump})
		}
	}
	return found
}

// cycles gives for each loop the shortest text around it from its first few
// positions: what makes loops that follow each other, or a search that begins
// again at every character, take a power of the length.
func (m *automaton) cycles() []attack {
	var found []attack
	for _, loop := range m.loops() {
		for _, at := range loop[:min(len(loop), 3)] {
			if pump, ok := m.around(at, loop); ok {
				a := attack{prefix: m.reach(at), pump: pump}
				if !slices.Contains(found, a) {
					found = append(found, a)
				}
			}
		}
	}
	return found
}

// same gives the attacks of one character again and again, for characters that
// some loop takes: they go through loops that follow each other.
func (m *automaton) same() []attack {
	var looped letters
	for _, loop := range m.loops() {
		for _, p := range loop {
			looped |= m.positions[p].set
		}
	}
	var list []attack
	for i, r := range m.runes {
		if looped&(1<<i) != 0 {
			list = append(list, attack{pump: string(r)})
		}
	}
	return list
}

// loops are the strongly connected parts that have a cycle (Tarjan 1972), in the
// order of their first positions.
func (m *automaton) loops() [][]int {
	t := tarjan{m: m, index: make([]int, len(m.positions)), low: make([]int, len(m.positions)), on: make([]bool, len(m.positions))}
	for i := range m.positions {
		if t.index[i] == 0 {
			t.visit(i)
		}
	}
	slices.SortFunc(t.parts, func(a, b []int) int { return a[0] - b[0] })
	return t.parts
}

type tarjan struct {
	m          *automaton
	index, low []int
	on         []bool
	stack      []int
	count      int
	parts      [][]int
}

func (t *tarjan) visit(v int) {
	t.count++
	t.index[v], t.low[v] = t.count, t.count
	t.stack, t.on[v] = append(t.stack, v), true
	self := false
	t.m.steps(v, func(to int, _ letters, _ int) {
		self = self || to == v
		switch {
		case t.index[to] == 0:
			t.visit(to)
			t.low[v] = min(t.low[v], t.low[to])
		case t.on[to]:
			t.low[v] = min(t.low[v], t.index[to])
		}
	})
	if t.low[v] != t.index[v] {
		return
	}
	at := slices.Index(t.stack, v)
	part := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	for _, w := range part {
		t.on[w] = false
	}
	if len(part) > 1 || self {
		slices.Sort(part)
		t.parts = append(t.parts, part)
	}
}

// pair is two positions that one text has led to; apart says that the ways there
// were different ones.
type pair struct {
	a, b  int
	apart bool
}

// trail remembers how a pair was reached.
type trail struct {
	from pair
	by   rune
	root bool
}

// twoWays looks for a position of the loop that one text leads back to in two
// ways, and returns that text.
func (m *automaton) twoWays(loop []int) (pump string, at int, ok bool) {
	if len(loop)*len(loop) > maxPairs {
		return "", 0, false
	}
	inside := make(map[int]bool, len(loop))
	for _, p := range loop {
		inside[p] = true
	}
	for _, p := range loop {
		if pump, ok := m.backInTwo(p, inside); ok {
			return pump, p, true
		}
	}
	return "", 0, false
}

// backInTwo searches pairs breadth first from position p beside itself, until it
// is beside itself again by two ways.
func (m *automaton) backInTwo(p int, inside map[int]bool) (string, bool) {
	start := pair{p, p, false}
	goal := pair{p, p, true}
	trails := map[pair]trail{start: {root: true}}
	queue := []pair{start}
	for len(queue) > 0 && len(trails) <= maxPairs {
		here := queue[0]
		queue = queue[1:]
		m.steps(here.a, func(a int, withA letters, countA int) {
			m.steps(here.b, func(b int, withB letters, _ int) {
				if withA&withB == 0 || !inside[a] || !inside[b] {
					return
				}
				next := pair{min(a, b), max(a, b), here.apart || a != b || countA > 1 && here.a == here.b}
				if _, seen := trails[next]; !seen {
					trails[next] = trail{from: here, by: m.some(withA & withB)}
					queue = append(queue, next)
				}
			})
		})
		if _, found := trails[goal]; found {
			return backwards(trails, goal), true
		}
	}
	return "", false
}

// backwards spells the text that led to a pair.
func backwards(trails map[pair]trail, at pair) string {
	var runes []rune
	for t := trails[at]; !t.root; t = trails[t.from] {
		runes = append(runes, t.by)
	}
	slices.Reverse(runes)
	return string(runes)
}

// stop is a position on a walk, and the text that led there.
type stop struct {
	at   int
	text string
}

// around is the shortest text from a position back to it.
func (m *automaton) around(at int, loop []int) (string, bool) {
	return m.walk([]stop{{at, ""}}, at, func(p int) bool { return slices.Contains(loop, p) })
}

// reach is the shortest text from the beginning of the pattern to a position.
func (m *automaton) reach(at int) string {
	starts := make([]stop, len(m.first))
	for i, w := range m.first {
		starts[i] = stop{w.to, string(m.some(m.positions[w.to].set))}
		if w.to == at {
			return starts[i].text
		}
	}
	text, _ := m.walk(starts, at, func(int) bool { return true })
	return text
}

// walk is the shortest text that leads from some stops to a goal.
func (m *automaton) walk(queue []stop, goal int, allowed func(int) bool) (text string, ok bool) {
	seen := map[int]bool{}
	for len(queue) > 0 && !ok {
		here := queue[0]
		queue = queue[1:]
		m.steps(here.at, func(to int, with letters, _ int) {
			if ok || seen[to] || !allowed(to) {
				return
			}
			next := stop{to, here.text + string(m.some(with))}
			if to == goal {
				text, ok = next.text, true
			}
			seen[to] = true
			queue = append(queue, next)
		})
	}
	return text, ok
}
