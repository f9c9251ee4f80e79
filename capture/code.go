package capture

import "time"

// code is a one-time code that was sent into the chat; only its hash is kept.
type code struct {
	Hash     []byte    `json:"hash"`
	Expires  time.Time `json:"expires"`
	Failures int       `json:"failures"`
}
