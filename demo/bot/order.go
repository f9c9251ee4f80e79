package bot

import (
	"fmt"
	"regexp"
	"slices"
)

// Order is one line of the order book, as the bot knows it.
type Order struct {
	Number string
	Item   string
	Email  string
	Phone  string
	Card   string
	Expiry string
}

// Orders lists the order book, oldest first.
func (b *Bot) Orders() []Order {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.orders)
}

// place writes an order into the book and numbers it.
func (b *Bot) place(order Order) Order {
	order.Number = fmt.Sprintf("114-40-%05d", 20001+len(b.orders))
	b.orders = append(b.orders, order)
	b.log.Printf("order %+v", order)
	return order
}

// OldOrder is an order of last year that customers may ask for. What the shop
// knows of it belongs to somebody else, and the bot is careless with it.
var OldOrder = Order{Number: "114-38-90217", Item: "271828", Email: "jonas.weber@example.org", Card: "5555 5555 5555 4444"}

// lastFour is asked to find an order; it is no field of one.
const lastFour = "last four digits"

var cardNumber = regexp.MustCompile(`\d(?:[ -]?\d){12,15}`)

// understood is what an answer to the bot's own question means; false when it
// cannot mean that. Only card numbers are checked.
func understood(field, text string) (string, bool) {
	if field != "card" {
		return text, true
	}
	number := cardNumber.FindString(text)
	return number, number != "" && luhn(number)
}

// luhn checks the check digit of a card number (ISO/IEC 7812-1, Annex B).
func luhn(number string) bool {
	sum, double := 0, false
	for i := len(number) - 1; i >= 0; i-- {
		digit := int(number[i]) - '0'
		if digit < 0 || digit > 9 {
			continue // a space or a dash
		}
		if double {
			digit = digit*2%10 + digit/5
		}
		sum, double = sum+digit, !double
	}
	return sum%10 == 0
}
