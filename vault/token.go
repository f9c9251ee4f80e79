package vault

import (
	"crypto/rand"
	"encoding/base32"
	"strings"

	"github.com/piiproxy/piiproxy/conversation"
)

// A token is pii_<kind without underscores>_<26 of a-z2-7>: one word that
// survives lower-casing, trimming and message formatting, read without regard to
// case.
const (
	tokenPrefix = "pii_"
	// idLength is 128 bits in base32.
	idLength = 26
	// maxKind bounds a kind, so that looking for tokens takes linear time.
	maxKind = 64
)

// encoding writes ids and hashes in a-z2-7.
var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// tokenOf is the token of a value: 128 bits of HMAC-SHA256 under the
// conversation's secret over kind and canonical form.
func tokenOf(c *conversation.Conversation, kind, canonical string) string {
	return tokenWith(kind, encoding.EncodeToString(c.Derive("piiproxy token", kind, canonical)[:16]))
}

// drawToken makes a token of 128 random bits.
func drawToken(kind string) string {
	id := make([]byte, 16)
	rand.Read(id) // never fails (crypto/rand)
	return tokenWith(kind, encoding.EncodeToString(id))
}

func tokenWith(kind, id string) string {
	return tokenPrefix + strings.ReplaceAll(kind, "_", "") + "_" + id
}

// validKind reports whether a kind is [a-z0-9_]+ of at most maxKind, and not all
// underscores.
func validKind(kind string) bool {
	letters := 0
	for i := range len(kind) {
		switch b := kind[i]; {
		case 'a' <= b && b <= 'z', '0' <= b && b <= '9':
			letters++
		case b != '_':
			return false
		}
	}
	return letters > 0 && len(kind) <= maxKind
}

// ParseToken reports whether text, all of it, has the form of a token, and its
// kind: in lower case and without underscores. The real kind is in the value.
func ParseToken(text string) (kind string, ok bool) {
	if len(text) < len(tokenPrefix) || !isPrefix(text[:len(tokenPrefix)]) {
		return "", false
	}
	kindEnd, end := scanToken(text, len(tokenPrefix))
	if end != len(text) {
		return "", false
	}
	return strings.ToLower(text[len(tokenPrefix):kindEnd]), true
}

// FindTokens returns the byte spans in text of all that has the form of a token,
// in order and apart. What stands around it does not matter: a look-alike glued
// to other letters is one too. On a text without any it allocates nothing.
func FindTokens(text string) [][2]int {
	var spans [][2]int
	free := 0 // where the last span ended
	for at := 0; ; {
		next := strings.IndexByte(text[at:], '_')
		if next < 0 {
			return spans
		}
		at += next + 1
		start := at - len(tokenPrefix)
		if start < free || !isPrefix(text[start:at]) {
			continue
		}
		if _, end := scanToken(text, at); end > 0 {
			spans = append(spans, [2]int{start, end})
			at, free = end, end
		}
	}
}

// isPrefix compares four bytes with the prefix, in any case.
func isPrefix(text string) bool {
	return text[0]|0x20 == 'p' && text[1]|0x20 == 'i' && text[2]|0x20 == 'i' && text[3] == '_'
}

// scanToken scans kind, underscore and id from after the prefix; end is 0 when
// they are not there.
func scanToken(text string, from int) (kindEnd, end int) {
	kindEnd = from
	for kindEnd < len(text) && kindEnd-from < maxKind && isKindByte(text[kindEnd]) {
		kindEnd++
	}
	end = kindEnd + 1 + idLength
	if kindEnd == from || end > len(text) || text[kindEnd] != '_' {
		return 0, 0
	}
	for i := kindEnd + 1; i < end; i++ {
		if !isIDByte(text[i]) {
			return 0, 0
		}
	}
	return kindEnd, end
}

func isKindByte(b byte) bool {
	lower := b | 0x20
	return 'a' <= lower && lower <= 'z' || '0' <= b && b <= '9'
}

func isIDByte(b byte) bool {
	lower := b | 0x20
	return 'a' <= lower && lower <= 'z' || '2' <= b && b <= '7'
}
