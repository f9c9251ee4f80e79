package numbering

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// oracle is what the library says about digits, after a plus sign or as dialled
// in a region: the E.164 form, "" for no valid number.
func oracle(digits, region string, plus bool) string {
	if plus {
		digits, region = "+"+digits, ""
	}
	number, err := phonenumbers.Parse(digits, region)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return ""
	}
	return phonenumbers.Format(number, phonenumbers.E164)
}

func ours(digits, region string, plus bool) string {
	n, ok := National(digits, region)
	if plus {
		n, ok = International(digits)
	}
	if !ok {
		return ""
	}
	return n.E164()
}

func regions() []string {
	var list []string
	for region := range phonenumbers.GetSupportedRegions() {
		list = append(list, region)
	}
	slices.Sort(list)
	return list
}

func TestEveryPlanCompiles(t *testing.T) {
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	most, all := 0, 0
	for _, source := range collection.GetMetadata() {
		c, err := compilePlan(source)
		if err != nil {
			t.Errorf("%s (%d): %v", source.GetId(), source.GetCountryCode(), err)
			continue
		}
		if p := newPlan(source); source.GetLeadingDigits() != "" && p.leading() == nil {
			t.Errorf("%s: its leading digits do not compile", source.GetId())
		}
		most, all = max(most, len(c.numbers.next)), all+len(c.numbers.next)
		if c.transform != "" && (c.national == nil || c.national.pattern == nil) {
			t.Errorf("%s has a transform rule without a pattern of prefixes", source.GetId())
		}
	}
	t.Logf("%d plans, %d states, the largest %d", len(collection.GetMetadata()), all, most)
	for _, region := range regions() {
		if !Known(region) {
			t.Errorf("%s has no plan", region)
		}
	}
	if Known("") || Known("001") || Known("us") {
		t.Error("plans for what is no region")
	}
}

// examples are numbers of every type of a region: national, with the national
// prefix, and international digits.
func examples(region string) []string {
	var list []string
	for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
		number := phonenumbers.GetExampleNumberForType(region, kind)
		if number == nil {
			continue
		}
		national := phonenumbers.GetNationalSignificantNumber(number)
		list = append(list, national,
			phonenumbers.NormalizeDigitsOnly(phonenumbers.Format(number, phonenumbers.NATIONAL)),
			fmt.Sprint(number.GetCountryCode())+national)
	}
	return list
}

// mutated returns digits changed in one to three places, as people and chance
// change them.
func mutated(random *rand.Rand, digits string) string {
	b := []byte(digits)
	for range 1 + random.IntN(3) {
		at, digit := random.IntN(len(b)+1), byte('0'+random.IntN(10))
		switch random.IntN(6) {
		case 0:
			b = slices.Insert(b, at, digit)
		case 1:
			if at < len(b) && len(b) > 1 {
				b = slices.Delete(b, at, at+1)
			}
		case 2:
			prefixes := []string{"0", "00", "1", "011", "8", "810", "15", "90", "180020", "06", "01", "0015"}
			b = append([]byte(prefixes[random.IntN(len(prefixes))]), b...)
		default:
			if at < len(b) {
				b[at] = digit
			}
		}
	}
	return string(b)
}

// TestLikeTheLibrary holds validity and E.164 form equal to the library's in
// every region: example numbers, mutated ones, random ones.
func TestLikeTheLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 164))
	compared, valid := 0, 0
	compare := func(digits, region string) {
		for _, plus := range []bool{false, true} {
			compared++
			want := oracle(digits, region, plus)
			if want != "" {
				valid++
			}
			if got := ours(digits, region, plus); got != want {
				t.Errorf("%s in %s (plus %v): %q, the library says %q", digits, region, plus, got, want)
			}
		}
	}
	for _, region := range regions() {
		list := examples(region)
		for _, digits := range list {
			compare(digits, region)
			for range 6 {
				compare(mutated(random, digits), region)
			}
		}
		for range 16 {
			digits := make([]byte, 2+random.IntN(19))
			for i := range digits {
				digits[i] = byte('0' + random.IntN(10))
			}
			compare(string(digits), region)
		}
		for range 8 { // numbers of one region dialled in another
			other := examples(regions()[random.IntN(len(regions()))])
			if len(other) > 0 {
				compare(other[random.IntN(len(other))], region)
			}
		}
	}
	if valid*6 < compared {
		t.Errorf("only %d of %d numbers are valid: the test tries too little", valid, compared)
	}
	t.Logf("%d compared, %d valid", compared, valid)
}

func TestSharedServices(t *testing.T) {
	for code := range phonenumbers.GetSupportedGlobalNetworkCallingCodes() {
		number := phonenumbers.GetExampleNumberForNonGeoEntity(code)
		digits := fmt.Sprint(code) + phonenumbers.GetNationalSignificantNumber(number)
		if got := ours(digits, "", true); got != "+"+digits {
			t.Errorf("+%s: %q", digits, got)
		}
	}
}

func TestSeparators(t *testing.T) {
	tests := []struct{ text, region, want string }{
		{"(202) 555-0143", "US", "+12025550143"},
		{"202.555.0143", "US", "+12025550143"},
		{"1 202 555 0143", "US", "+12025550143"},
		{"011 44 20 7946 0958", "US", "+442079460958"},
		{"020_7946_0958", "GB", "+442079460958"},
		{"02 3141 5926", "IT", "+390231415926"},
		{"", "US", ""},
		{"no digits", "US", ""},
		{"2", "US", ""},
		{"2025550143", "", ""},
		{"2025550143", "XX", ""},
		{"12345678901234567890123456789012345678901234567890", "US", ""},
	}
	for _, test := range tests {
		if got := ours(test.text, test.region, false); got != test.want {
			t.Errorf("%q in %s: %q, want %q", test.text, test.region, got, test.want)
		}
	}
}

func TestConcurrentFirstUse(t *testing.T) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, region := range []string{"US", "GB", "BR", "AR", "JP", "DE"} {
				for _, digits := range examples(region) {
					if ours(digits, region, false) != oracle(digits, region, false) {
						t.Errorf("%s in %s differs", digits, region)
					}
				}
			}
		})
	}
	group.Wait()
}

// FuzzNumbers holds any digits in any region equal to the library's answer.
func FuzzNumbers(f *testing.F) {
	for _, region := range []string{"US", "GB", "AR", "MX", "BR", "IT", "JP", "KZ", "GG", "SM", ""} {
		f.Add("2025550143", region)
		f.Add("02079460958", region)
		f.Add("5491123456789", region)
		f.Add("00390549123456", region)
		f.Add("01511987654321", region)
	}
	f.Fuzz(func(t *testing.T, text, region string) {
		var buffer [maxDigits]byte
		digits, ok := digitsOf(text, buffer[:0])
		if !ok || len(digits) == 0 {
			_, national := National(text, region)
			_, international := International(text)
			if national || international {
				t.Fatal("a number without digits, or with too many")
			}
			return
		}
		for _, plus := range []bool{false, true} {
			if got, want := ours(text, region, plus), oracle(string(digits), region, plus); got != want {
				t.Errorf("%s in %q (plus %v): %q, the library says %q", digits, region, plus, got, want)
			}
		}
	})
}

func BenchmarkNational(b *testing.B) {
	for _, test := range []struct{ digits, region string }{
		{"2025550143", "US"}, {"4111111111", "US"}, {"02079460958", "GB"}, {"01123456789", "AR"}, {"11987654321", "BR"}, {"9876543210", "IN"},
	} {
		b.Run(test.region+test.digits, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				National(test.digits, test.region)
			}
		})
	}
}

func BenchmarkInternational(b *testing.B) {
	for b.Loop() {
		International("+44 20 7946 0958")
	}
}

func BenchmarkFirstUse(b *testing.B) {
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		b.Fatal(err)
	}
	for _, source := range collection.GetMetadata() {
		if id := source.GetId(); id == "US" || id == "GB" || id == "AR" || id == "CN" || id == "IN" || id == "BR" {
			b.Run(id, func(b *testing.B) {
				for b.Loop() {
					if _, err := compilePlan(source); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
