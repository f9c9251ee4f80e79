package platform

import (
	"crypto/rand"
	"encoding/base64"
	"math/big"
	"strings"
)

// digits returns n random digits, the first of them not zero.
func digits(n int) string {
	var text strings.Builder
	for i := range n {
		least := int64(0)
		if i == 0 {
			least = 1
		}
		digit, err := rand.Int(rand.Reader, big.NewInt(10-least))
		if err != nil {
			digit = big.NewInt(0) // crypto/rand does not fail; an id need not be unguessable here
		}
		text.WriteByte(byte('0' + least + digit.Int64()))
	}
	return text.String()
}

// newPersonID makes a PSID of 16 digits or a wa_id in the range that North
// American numbers keep for fiction (555-0100 to 555-0199). Area code 202 is left
// to numbers that people type: an id reaches the bot as it is, and one that
// equals a typed number would look like a leak.
func newPersonID(channel string) string {
	if channel == WhatsApp {
		return "1" + []string{"303", "404", "512", "617", "718"}[digits(1)[0]%5] + "55501" + digits(2)
	}
	return digits(16)
}

// newMessageID makes a mid or a wamid of the length and alphabet of real ones.
func newMessageID(person Person) string {
	if person.Channel == Messenger {
		random := make([]byte, 78)
		_, _ = rand.Read(random)
		return "m_" + base64.RawURLEncoding.EncodeToString(random)
	}
	random := make([]byte, 10)
	_, _ = rand.Read(random)
	raw := []byte{0x1c, 0x18, byte(len(person.ID))}
	raw = append(raw, person.ID...)
	raw = append(raw, 0x15, 0x02, 0x00, 0x12, 0x18, 0x14)
	raw = append(raw, strings.ToUpper(hexadecimal(random))...)
	return "wamid." + base64.StdEncoding.EncodeToString(append(raw, 0x00))
}
