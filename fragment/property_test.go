package fragment_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/fragment"
)

// numbers are test numbers that schemes and processors publish, and for lengths
// without one a number made of an issuer's range, of which no part is whole.
var numbers = []string{
	"4222222222222", "30569309025904", "378282246310005", "4111111111111111", "5555555555554444",
	"6011111111111117", "3530111333300000", withCheck("3530111333300004"), withCheck("45392875501462013"), "6205500000000000004",
}

// withCheck appends the Luhn digit.
func withCheck(digits string) string {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}

// spelled writes a part of a number, which begins at an offset of it, as people do.
func spelled(part string, at, style int) string {
	sign := []string{"", " ", "-", "."}[style%4]
	var out strings.Builder
	for i := range len(part) {
		if i > 0 && (at+i)%4 == 0 {
			out.WriteString(sign)
		}
		out.WriteByte(part[i])
	}
	return out.String()
}

// splits yields every way to cut a number into two and three parts.
func splits(digits string, yield func(cuts []int)) {
	for a := 1; a < len(digits); a++ {
		yield([]int{a})
		for b := a + 1; b < len(digits); b++ {
			yield([]int{a, b})
		}
	}
}

// TestAtMostSixDigits cuts card numbers everywhere, and lets the parts come in
// time, late and after other words: of three parts an eighth of all the ways.
func TestAtMostSixDigits(t *testing.T) {
	cases := 0
	for _, digits := range numbers {
		splits(digits, func(cuts []int) {
			first, step := 0, 1
			if len(cuts) > 1 {
				first, step = (cuts[0]+5*cuts[1])%8, 8
			}
			for way := first; way < 1<<(2*len(cuts)); way += step {
				for _, asked := range [][]string{nil, {"credit_card"}, {"credit_card", "card_expiry", "cvv"}} {
					cases++
					c := newChat(t, asked...)
					tell(c, digits, cuts, way, cases)
					if c.wait(time.Minute); c.shown() > fragment.Shown {
						t.Fatalf("%v of %d digits, asked %v, way %b, style %d: the bot saw %s", cuts, len(digits), asked, way, cases, c.seen())
					}
					if len(c.texts) > 0 {
						t.Fatalf("%v of %d digits, asked %v, way %b: something was never sent", cuts, len(digits), asked, way)
					}
				}
			}
		})
	}
	t.Logf("%d conversations", cases)
}

// tell sends the parts of a number. Two bits of way for each gap say how long it
// is, and whether something else is said in it.
func tell(c *chat, digits string, cuts []int, way, style int) {
	from := 0
	for i, to := range append(append([]int(nil), cuts...), len(digits)) {
		if i > 0 {
			gap := way >> (2 * (i - 1))
			if gap&1 == 1 {
				c.wait(25 * time.Second)
			}
			if gap&2 == 2 {
				c.say("wait a moment please")
			}
			c.wait(300 * time.Millisecond)
		}
		c.say(spelled(digits[from:to], from, style))
		from = to
	}
}

// TestEditsAndRepeatsShowNoMore sends every part twice, and types it wrong first.
func TestEditsAndRepeatsShowNoMore(t *testing.T) {
	for _, digits := range numbers {
		splits(digits, func(cuts []int) {
			for _, asked := range [][]string{nil, {"credit_card"}} {
				c := newChat(t, asked...)
				from := 0
				for _, to := range append(append([]int(nil), cuts...), len(digits)) {
					id := c.say(digits[from:to])
					c.again(id, digits[from:to])
					c.wait(300 * time.Millisecond)
					from = to
				}
				c.wait(time.Minute)
				if distinct(c) > fragment.Shown {
					t.Fatalf("%v of %d digits, asked %v: the bot saw %s", cuts, len(digits), asked, c.seen())
				}
			}
		})
	}
}

// distinct counts the digits that the bot saw, those of repeats once.
func distinct(c *chat) int {
	once := &chat{}
	for i, text := range c.got {
		if i == 0 || text != c.got[i-1] {
			once.got = append(once.got, text)
		}
	}
	return once.shown()
}

// FuzzTrail sends anything: nothing is lost, nothing is held too long, and the
// trail keeps its bounds.
func FuzzTrail(f *testing.F) {
	f.Add("4111 1111\n1111 1111", uint16(0), false)
	f.Add("4\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1", uint16(0x1234), true)
	f.Add("GB82 WEST\n1234 5698\nhello\n7654 32", uint16(7), true)
	f.Add("٤١١١ ١١١١\n1111", uint16(3), false)
	f.Fuzz(func(t *testing.T, said string, waits uint16, armed bool) {
		c := newChat(t)
		if armed {
			c.asked = []string{"credit_card", "iban", "ssn", "national_id", "bank_account"}
		}
		lines := strings.Split(strings.ToValidUTF8(said, "?"), "\n")
		for i, line := range lines[:min(len(lines), 24)] {
			c.say(line)
			if waits>>(i%16)&1 == 1 {
				c.wait(5 * time.Second)
			}
		}
		if c.wait(time.Minute); len(c.texts) > 0 {
			t.Errorf("%d messages were never sent", len(c.texts))
		}
	})
}
