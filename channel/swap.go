package channel

import (
	"errors"
	"fmt"
	"slices"

	"github.com/piiproxy/piiproxy/payload"
)

// The reasons of a CannotSwap.
const (
	ReasonRecipient  = "swap_recipient"  // not certainly one person: a comment, a token, a group
	ReasonTemplate   = "swap_template"   // approved by the platform, words cannot be changed
	ReasonLayout     = "swap_layout"     // cards, lists of products, receipts, orders: no room for the button
	ReasonAttachment = "swap_attachment" // a file, a sticker, no text beside it
	ReasonNested     = "swap_nested"     // JSON text where an object is expected
	ReasonShape      = "swap_shape"      // members that contradict each other or have a wrong type
	ReasonWording    = "swap_wording"    // words or link of the button that the channel does not take
)

// SwapReasons lists them.
func SwapReasons() []string {
	return []string{
		ReasonRecipient, ReasonTemplate, ReasonLayout, ReasonAttachment, ReasonNested, ReasonShape, ReasonWording,
	}
}

// ErrCannotSwap is what every error of Swap is.
var ErrCannotSwap = errors.New("swapping a prompt for a secure button")

// CannotSwap says why a message cannot become a button message.
type CannotSwap struct {
	Reason string // one of SwapReasons
}

func (e *CannotSwap) Error() string { return fmt.Sprintf("%v: %s", ErrCannotSwap, e.Reason) }

// Unwrap makes every CannotSwap an ErrCannotSwap.
func (e *CannotSwap) Unwrap() error { return ErrCannotSwap }

func cannot(reason string) error { return &CannotSwap{reason} }

func reasonOf(err error) string {
	var cannot *CannotSwap
	if errors.As(err, &cannot) {
		return cannot.Reason
	}
	return ReasonShape
}

// Ask is a request that a swap takes out of a message: a node that Prompts or
// Wordless named.
type Ask struct {
	Node int
	Kept string // what of the text at Node stays; for a request without words ignored
}

// Swapped is a message that was rewritten.
type Swapped struct {
	Raw     []byte // the whole call
	Dropped int    // the bot's own buttons and list rows that had no room
	Cut     bool   // sentences that should have stayed were longer than the channel allows
}

// maxURL bounds links; WhatsApp takes 2000 characters.
const maxURL = 2000

// Swap rewrites a send so that the person gets a button with url in place of the
// asks. The text is what is kept of the bot's own, then w.Lead. Every byte that
// does not have to change stays, recipient, tag and context among them. The
// error is a *CannotSwap.
func (c *Channel) Swap(d *payload.Document, asks []Ask, w Wording, url string) (Swapped, error) {
	message, err := c.swappable(d)
	if err != nil {
		return Swapped{}, err
	}
	if w.Check() != nil || url == "" || len(url) > maxURL {
		return Swapped{}, cannot(ReasonWording)
	}
	for _, ask := range asks {
		if !message.has(ask.Node) {
			return Swapped{}, cannot(ReasonLayout)
		}
	}
	swapped, edits := message.swap(asks, button{w, url})
	if swapped.Raw, err = payload.Splice(d.Raw, edits); err != nil {
		return Swapped{}, cannot(ReasonShape)
	}
	return swapped, nil
}

// swappable is a message that can become a button message.
type swappable interface {
	// has reports whether node is a text or a request that swap can take out.
	has(node int) bool
	// swap returns the edits of the call, and of Swapped what is not Raw.
	swap(asks []Ask, b button) (Swapped, []payload.Edit)
}

// swappable reads a send. The error is a *CannotSwap.
func (c *Channel) swappable(d *payload.Document) (swappable, error) {
	if len(d.Nodes) == 0 || d.Nodes[0].Kind != payload.Object {
		return nil, cannot(ReasonShape)
	}
	if c.IsTemplate(d) {
		return nil, cannot(ReasonTemplate)
	}
	if send := c.Send(d); !send.Person.Known() || send.Group {
		return nil, cannot(ReasonRecipient)
	}
	if c.name == WhatsApp {
		return whatsAppMessage(d)
	}
	return c.pageMessage(d)
}

// kept is what stays of the text at node.
func kept(asks []Ask, node int, text string) (string, bool) {
	i := slices.IndexFunc(asks, func(a Ask) bool { return a.Node == node })
	if i < 0 {
		return text, false
	}
	return asks[i].Kept, true
}

// button is the secure button with the sentence before it.
type button struct {
	Wording
	url string
}

// quote spells text as a JSON string in Meta's style.
func quote(text string) string {
	return string(append(payload.AppendMeta([]byte{'"'}, text), '"'))
}
