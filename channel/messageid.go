package channel

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Ids of messages that piiproxy makes itself look like the channel's and can
// never be one of them, because each says piiproxy where the platform says
// something of its own:
//
//   - Messenger: m_ and 86 characters of base64url in real ids. Ours has 43, of
//     32 bytes that begin with "piiproxy".
//   - Instagram: real ids read ig_dm_item:1:IGMessageID:… in base64 without
//     signs. Ours reads ig_dm_item:1:piiproxy:….
//   - WhatsApp: real ids are wamid. and base64 of a record whose first text is
//     the person's number, in digits. Ours has "piiproxy" there.
//
// The record's form is as seen in public payloads; Meta documents none of it.
const mark = "piiproxy"

// MessageID is the id of a message of ours: 16 bytes that say which, and a tag
// over them by which the caller knows its own again.
func (c *Channel) MessageID(derived [16]byte, tag [8]byte) string {
	body := string(derived[:]) + string(tag[:])
	switch c.name {
	case WhatsApp:
		digits := strings.ToUpper(hex.EncodeToString([]byte(body)))
		return whatsAppID + base64.StdEncoding.EncodeToString([]byte(whatsAppHead+digits+"\x00"))
	case Instagram:
		return signless.Replace(base64.StdEncoding.EncodeToString([]byte(instagramHead + body)))
	}
	return messengerID + base64.RawURLEncoding.EncodeToString([]byte(mark+body))
}

const (
	messengerID   = "m_"
	instagramHead = "ig_dm_item:1:" + mark + ":"
	whatsAppID    = "wamid."
	// A record in Thrift's compact form: a text of 8 bytes, a number, a text of 48.
	whatsAppHead = "\x1c\x18\x08" + mark + "\x15\x02\x00\x12\x18\x30"
)

// signless writes base64 in letters and digits, as ids of Instagram do.
var (
	signless = strings.NewReplacer("Z", "ZA", "+", "ZB", "/", "ZC", "=", "ZD")
	signed   = strings.NewReplacer("ZA", "Z", "ZB", "+", "ZC", "/", "ZD", "=")
)

// ParseMessageID reads an id that MessageID could have made on this channel. It
// says nothing about the tag: who may have made it is for the caller to check.
func (c *Channel) ParseMessageID(id string) (derived [16]byte, tag [8]byte, ok bool) {
	body := c.idBody(id)
	if len(body) != len(derived)+len(tag) {
		return derived, tag, false
	}
	copy(derived[:], body)
	copy(tag[:], body[len(derived):])
	return derived, tag, c.MessageID(derived, tag) == id // one spelling only
}

// idBody is what an id says behind our mark, "" when it is not ours.
func (c *Channel) idBody(id string) string {
	if len(id) > maxID {
		return ""
	}
	switch c.name {
	case WhatsApp:
		record, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(id, whatsAppID))
		digits := strings.TrimSuffix(behind(string(record), whatsAppHead), "\x00")
		body, _ := hex.DecodeString(digits)
		return string(body)
	case Instagram:
		record, _ := base64.StdEncoding.DecodeString(signed.Replace(id))
		return behind(string(record), instagramHead)
	}
	record, _ := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(id, messengerID))
	return behind(string(record), mark)
}

func behind(record, head string) string {
	body, ok := strings.CutPrefix(record, head)
	if !ok {
		return ""
	}
	return body
}
