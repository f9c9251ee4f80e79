package numbering

import "sync"

// family is the plans that share a calling code; the first is the main one.
type family struct {
	plans  []*plan
	narrow func() *narrowed // on first use of more than the main plan
}

// areaDigits is how many digits of a number tell which regions it may be of:
// those of a North American area code.
const areaDigits = 3

// narrowed tells by a number's first digits which plans come into question.
type narrowed struct {
	byArea [1000]uint8 // number of a list
	lists  [][]*plan
}

func newFamily(plans []*plan) *family {
	f := &family{plans: plans}
	f.narrow = sync.OnceValue(func() *narrowed { return narrow(plans) })
	return f
}

func narrow(plans []*plan) *narrowed {
	n := &narrowed{lists: [][]*plan{plans}}
	numbers := map[string]uint8{}
	for area := range n.byArea {
		digits := []byte{byte('0' + area/100), byte('0' + area/10%10), byte('0' + area%10)}
		var list []*plan
		key := make([]byte, len(plans))
		for i, p := range plans {
			if leading := p.leading(); leading == nil || leading.mayBegin(digits) {
				list = append(list, p)
				key[i] = 1
			}
		}
		number, known := numbers[string(key)]
		if !known && len(n.lists) < 256 { // else the list of all
			number = uint8(len(n.lists))
			numbers[string(key)] = number
			n.lists = append(n.lists, list)
		}
		n.byArea[area] = number
	}
	return n
}

// valid tells whether digits are a number of the region that they belong to
// (libphonenumber, GetRegionCodeForNumber): the first whose leading digits they
// have, or which has no leading digits and in which they are valid.
func (f *family) valid(digits []byte) bool {
	main := f.plans[0]
	if len(f.plans) == 1 {
		return main.compiled().valid(digits)
	}
	if main.leading() == nil && main.compiled().valid(digits) {
		return true
	}
	if len(digits) < areaDigits {
		return false // no region that shares its code has such short numbers
	}
	n := f.narrow()
	area := int(digits[0]-'0')*100 + int(digits[1]-'0')*10 + int(digits[2]-'0')
	for _, p := range n.lists[n.byArea[area]] {
		switch leading := p.leading(); {
		case leading == nil && p.compiled().valid(digits):
			return true
		case leading != nil && leading.begins(digits):
			return p.compiled().valid(digits)
		}
	}
	return false
}
