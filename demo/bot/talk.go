package bot

import (
	"fmt"
	"regexp"
	"strings"
)

// customer is what the bot remembers of one sender.
type customer struct {
	name    string
	order   Order
	started bool
	asked   string // the field that the bot asked for
}

// choice is something to tap under an answer.
type choice struct{ id, title string }

// answer is what the bot says: as a menu, with buttons, or as plain text.
type answer struct {
	text    string
	menu    bool
	choices []choice
}

var (
	greeting    = regexp.MustCompile(`(?i)^\s*(hi|hello|hey|hola|hallo|bonjour|good (morning|evening|afternoon)|get started|start)\b`)
	itemNumber  = regexp.MustCompile(`#(\d{3,9})\b`)
	orderNumber = regexp.MustCompile(`\b(\d{3}-\d{2}-\d{5})\b`)
	saved       = regexp.MustCompile(`(?i)\b(iban|refund|social security|ssn|passport|deliver|born|password)\b`)
	moneyBack   = regexp.MustCompile(`(?i)\bmoney back\b`)
	returning   = regexp.MustCompile(`(?i)\breturn\b`)
	cancel      = regexp.MustCompile(`(?i)^\s*(cancel|stop|never mind)\b`)
)

// A field of an order: how people write it unasked, and how the bot asks.
type field struct {
	name    string
	pattern *regexp.Regexp
	ask     string
}

var fields = []field{
	{"item", itemNumber, "Which item would you like? Send me its number, like #389501."},
	{"card", regexp.MustCompile(`(?i)\b(?:(?:cc|card(?: number)?)\s*(?:is|:)|pay with (?:my )?card)\s*((?:\d[ -]?){12,18}\d|\S+)`), "Which card would you like to pay with? Please type the card number."},
	{"expiry", regexp.MustCompile(`(?i)\bexp(?:iry|ires|iration)?(?: date)?\.?\s*(?:is|:)?\s*(\S+)`), "And when does the card expire?"},
	{"email", regexp.MustCompile(`(?i)\be-?mail(?: address)?\s*(?:is|:)\s*(\S+)`), "Which e-mail address shall the receipt go to?"},
	{"phone", regexp.MustCompile(`(?i)\b(?:phone|mobile|call me)(?: number)?\s*(?:is|at|on|:)\s*(.+)`), "What phone number can the courier call?"},
}

func (o *Order) at(name string) *string {
	switch name {
	case "item":
		return &o.Item
	case "card":
		return &o.Card
	case "expiry":
		return &o.Expiry
	case "email":
		return &o.Email
	default:
		return &o.Phone
	}
}

// reply decides what to say; chosen is the id of a tapped button or empty.
func (b *Bot) reply(channel, sender, name, text, chosen string) answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := channel + " " + sender
	c := b.customers[key]
	if c == nil {
		c = &customer{}
		b.customers[key] = c
	}
	if name != "" {
		c.name = name
	}
	switch {
	case chosen != "":
		return b.tapped(c, chosen)
	case cancel.MatchString(text):
		*c = customer{name: c.name}
		return answer{text: "All right, I have thrown that away. Say hi to start again."}
	case greeting.MatchString(text):
		return welcome(c.name)
	case moneyBack.MatchString(text):
		return answer{text: "Of course: it goes back to the card you paid with, within three days. So never send us your card number here for that."}
	case returning.MatchString(text):
		c.asked = lastFour
		return answer{text: "I am sorry to hear that. What are the last four digits of the card you paid with?"}
	case c.asked == lastFour:
		c.asked = ""
		return answer{text: "Thank you. I have found the order that was paid with the card ending in " + text + "."}
	case saved.MatchString(text):
		return answer{text: "Thank you, I have noted: “" + text + "”."}
	case orderNumber.MatchString(text):
		return lookUp(orderNumber.FindString(text))
	}
	return c.takeOrder(text)
}

func welcome(name string) answer {
	hello := "Welcome to Paper Lantern"
	if name != "" {
		hello += ", " + name
	}
	return answer{text: hello + "! What can I do for you?", menu: true, choices: []choice{{"ORDER", "Order an item"}, {"STATUS", "Find my order"}}}
}

func (b *Bot) tapped(c *customer, chosen string) answer {
	switch chosen {
	case "ORDER":
		c.order, c.started = Order{}, true
		return c.next("")
	case "STATUS":
		return answer{text: "Please send me the order number, like " + OldOrder.Number + "."}
	case "PLACE":
		if !c.started {
			return answer{text: "There is nothing to place yet. Say hi to start."}
		}
		order := b.place(c.order)
		*c = customer{name: c.name}
		return answer{text: fmt.Sprintf("Done! Order %s with item #%s is placed. The receipt is on its way to %s.", order.Number, order.Item, order.Email)}
	case "CANCEL":
		*c = customer{name: c.name}
		return answer{text: "All right, I have thrown that away. Say hi to start again."}
	}
	return welcome(c.name)
}

// lookUp answers from the shop's own records.
func lookUp(number string) answer {
	if number != OldOrder.Number {
		return answer{text: "I cannot find order " + number + "."}
	}
	return answer{text: fmt.Sprintf("Order %s is with the courier. It was paid with card %s and the invoice went to %s.", number, OldOrder.Card, OldOrder.Email)}
}

// takeOrder reads what a message says about an order, or takes it whole as the
// answer to what was asked.
func (c *customer) takeOrder(text string) answer {
	var got []string
	for _, f := range fields {
		if match := f.pattern.FindStringSubmatch(text); match != nil && (c.started || f.name == "item") {
			c.started = true
			*c.order.at(f.name) = strings.Trim(match[1], " .,;!")
			got = append(got, f.name)
		}
	}
	if len(got) == 0 && c.asked != "" {
		value, ok := understood(c.asked, strings.TrimSpace(text))
		if !ok {
			return answer{text: "I cannot see a card number in that. Please check it, and type the card number again."}
		}
		*c.order.at(c.asked) = value
		got = append(got, c.asked)
	}
	if !c.started {
		return answer{text: "You wrote: “" + text + "”. Say hi to see what I can do."}
	}
	return c.next(c.confirm(got))
}

// confirm says back what was understood.
func (c *customer) confirm(got []string) string {
	var lines []string
	for _, name := range got {
		value := *c.order.at(name)
		switch name {
		case "item":
			lines = append(lines, "Item #"+strings.TrimPrefix(value, "#")+" is in your basket.")
		case "card":
			lines = append(lines, "I have your card "+value+" on file.")
		case "expiry":
			lines = append(lines, "It is good until "+value+".")
		case "email":
			lines = append(lines, "The receipt goes to "+value+" then.")
		case "phone":
			lines = append(lines, "The courier will call "+value+" before coming.")
		}
	}
	return strings.Join(lines, " ")
}

// next asks for the first thing that is missing, or whether to place the order.
func (c *customer) next(said string) answer {
	for _, f := range fields {
		if *c.order.at(f.name) == "" {
			c.asked = f.name
			return answer{text: strings.TrimSpace(said + "\n" + f.ask)}
		}
	}
	c.asked = ""
	return answer{text: strings.TrimSpace(said + "\nThat is all I need. Shall I place the order?"), choices: []choice{{"PLACE", "Place the order"}, {"CANCEL", "Cancel"}}}
}
