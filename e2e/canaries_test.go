package e2e

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// flock makes canaries: values of every kind that exist once in the world.
type flock struct {
	n   int
	all []bird
}

// bird is a canary and who may see it.
type bird struct {
	rig.Canary
	open bool // the other side may have it: an id, a payload, a link, a token
}

// kind makes the n-th value of a kind of personal data.
type kind func(n int) string

func (f *flock) hatch(place string, k kind, open bool) string {
	f.n++
	value := k(f.n)
	f.all = append(f.all, bird{rig.Canary{Place: place, Value: value}, open})
	return value
}

// note takes a value for a canary that piiproxy made.
func (f *flock) note(place, value string, open bool) {
	f.n++
	f.all = append(f.all, bird{rig.Canary{Place: place, Value: value}, open})
}

// closed are the canaries that nobody but their person may see.
func (f *flock) closed() []rig.Canary {
	var canaries []rig.Canary
	for _, b := range f.all {
		if !b.open {
			canaries = append(canaries, b.Canary)
		}
	}
	return canaries
}

func (f *flock) everyone() []rig.Canary {
	var canaries []rig.Canary
	for _, b := range f.all {
		canaries = append(canaries, b.Canary)
	}
	return canaries
}

func anEmail(n int) string { return fmt.Sprintf("canary.%d.quill@nest%d.example.org", n, n*7) }
func aName(n int) string   { return fmt.Sprintf("Xaveranna Quillfeather%s", letter26(n)) }
func aPhone(n int) string  { return fmt.Sprintf("+49 1512 7%06d", 130000+n) }
func aLink(n int) string {
	return fmt.Sprintf("https://nest%d.example.org/u/quill%d?id=%d", n, n, 77000+n)
}
func anIP(n int) string  { return fmt.Sprintf("198.18.%d.%d", 100+n%100, 100+n*7%100) }
func anID(n int) string  { return fmt.Sprintf("71%05d8902%06d", n*13, n*17) }
func aWord(n int) string { return fmt.Sprintf("QUILL-%d-nightjar-%d", n, n*31) }

func aStreet(n int) string { return fmt.Sprintf("Quillgasse %d, 10%03d Nestheim", n+100, n) }

// aCard has a free issuer prefix, sixteen digits and a right check digit.
func aCard(n int) string {
	digits := fmt.Sprintf("4539%011d", 21700000000+n*9973)
	sum := 0
	for i := range digits {
		d := int(digits[i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	digits += fmt.Sprint((10 - sum%10) % 10)
	return digits[:4] + " " + digits[4:8] + " " + digits[8:12] + " " + digits[12:]
}

// anIBAN is a German one with right check digits (ISO 13616).
func anIBAN(n int) string {
	account := fmt.Sprintf("37040044%010d", 532010000+n*37)
	number, _ := new(big.Int).SetString(account+"131400", 10) // DE00
	check := 98 - new(big.Int).Mod(number, big.NewInt(97)).Int64()
	return fmt.Sprintf("DE%02d%s", check, account)
}

// printedIBAN is one in groups of four, as it is printed.
func printedIBAN(n int) string {
	var groups []string
	for iban := anIBAN(n); iban != ""; iban = iban[min(4, len(iban)):] {
		groups = append(groups, iban[:min(4, len(iban))])
	}
	return strings.Join(groups, " ")
}

// aTaxID is a German one with a right check digit (ISO 7064, MOD 11,10): of its
// first ten digits one stands there twice and one is missing.
func aTaxID(n int) string {
	digits, seed := []byte("1123456789"), n*1234577
	for i := len(digits) - 1; i > 0; i-- {
		digits[i], digits[seed%(i+1)] = digits[seed%(i+1)], digits[i]
		seed /= i + 1
	}
	product := 10
	for _, digit := range digits {
		if product = (product + int(digit-'0')) % 10; product == 0 {
			product = 10
		}
		product = product * 2 % 11
	}
	return fmt.Sprintf("%s %s %s %s%d", digits[:2], digits[2:5], digits[5:8], digits[8:], (11-product)%10)
}

// anITIN is of the groups that the US tax office gives out.
func anITIN(n int) string { return fmt.Sprintf("9%02d-7%d-%04d", n/9%100, n%9, 1000+n*7%9000) }

func aPassword(n int) string { return fmt.Sprintf("Nightjar%d-quill", n*31) }
func aBirthday(n int) string {
	return fmt.Sprintf("%02d %s %d", n%28+1, []string{"March", "August", "October"}[n/1960%3], 1930+n/28%70)
}

// anAvenue is the part of an address without which nobody finds the house.
func anAvenue(n int) string { return fmt.Sprintf("%d Quillmere Avenue", 1000+n) }

func anSSN(n int) string { return fmt.Sprintf("536-%02d-%04d", n%98+1, 2000+n*7%7000) }

func letter26(n int) string {
	var word strings.Builder
	for ; n > 0; n /= 26 {
		word.WriteByte(byte('a' + n%26))
	}
	return word.String()
}
