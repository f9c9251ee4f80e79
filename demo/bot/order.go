package bot

import (
	"fmt"
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
