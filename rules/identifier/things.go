package identifier

import (
	"crypto/sha256"
	"math/big"
	"strings"
)

// things are the checks of identifiers of devices, vehicles and accounts of
// crypto currencies.
func things() map[string]Check {
	return map[string]Check{
		"imei": imei, "imsi": imsi, "vin": vin, "iccid": iccid, "meid": meid,
	}
}

// imei checks an international mobile equipment identity: fifteen digits with
// Luhn, or sixteen with the software version instead of the check digit (3GPP
// TS 23.003, 6.2). The first two digits are the reporting body's.
func imei(value string) bool {
	switch {
	case numeric(value, 15):
		return luhnPasses(value) && !uniform(value) && value[:2] != "00"
	case numeric(value, 16):
		return !uniform(value) && oneOf("01 10 30 33 35 44 45 49 50 51 52 53 54 86 91 98 99", value[:2])
	}
	return false
}

// imsi checks an international mobile subscriber identity: fourteen or fifteen
// digits, of which the first is the region of a mobile country code, 2 to 7
// (ITU-T E.212). There is no check digit.
func imsi(value string) bool {
	return numericUpTo(value, 14, 15) && value[0] >= '2' && value[0] <= '7' && !uniform(value)
}

// iccid checks the number of a SIM card: 89 for telecommunications, nineteen or
// twenty digits, of which the last is Luhn's in most (ITU-T E.118).
func iccid(value string) bool {
	return numericUpTo(value, 19, 20) && value[:2] == "89" && luhnPasses(value)
}

// meid checks a mobile equipment identifier: fourteen hexadecimal digits that
// begin with A0 or more, and Luhn's digit in base 16 where there is one (3GPP2
// X.S0008; TIA SC.R4002).
func meid(value string) bool {
	if len(value) != 14 && len(value) != 15 || value[0] < 'A' || value[0] > 'F' {
		return false
	}
	sum := 0
	for i := range len(value) {
		digit := base36(value[len(value)-1-i])
		if digit < 0 || digit > 15 {
			return false
		}
		if i%2 == 1 {
			digit = digit*2/16 + digit*2%16
		}
		sum += digit
	}
	return len(value) == 14 || sum%16 == 0
}

// vinValues are the values of the letters of a vehicle identification number in
// its check digit; I, O and Q are not used.
const vinValues = "ABCDEFGH JKLMN P R STUVWXYZ"

// vinDigits are their values, place by place.
const vinDigits = "12345678 12345 7 9 23456789"

// vin checks a vehicle identification number: seventeen characters without I, O
// and Q and at least three digits among the last six (ISO 3779; the check digit
// of 49 CFR 565.15 is assured in North America and China only).
func vin(value string) bool {
	if !alphanumeric(value, 17) || strings.ContainsAny(value, "IOQ") || uniform(value) {
		return false
	}
	if !numeric(value[13:], 4) {
		return false
	}
	region := value[0]
	return !(region >= '1' && region <= '5' || region == 'L') || vinCheck(value)
}

// vinCheck tests the ninth character: the weighted sum modulo 11, X for ten.
func vinCheck(value string) bool {
	weights := []int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i, weight := range weights {
		digit := digitAt(value, i)
		if at := strings.IndexByte(vinValues, value[i]); at >= 0 {
			digit = int(vinDigits[at] - '0')
		}
		sum += weight * digit
	}
	return "0123456789X"[sum%11] == value[8]
}

// base58 is the alphabet of addresses of Bitcoin and its kin.
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// Base58Address checks an address in Base58Check: a version, twenty bytes and
// the first four bytes of their double SHA-256 (Bitcoin Developer Reference,
// "Address Conversion"). Case counts: value is the text as written.
func Base58Address(value string) bool {
	if len(value) < 26 || len(value) > 35 {
		return false
	}
	number := new(big.Int)
	for i := range len(value) {
		digit := strings.IndexByte(base58, value[i])
		if digit < 0 {
			return false
		}
		number.Add(number.Mul(number, big.NewInt(58)), big.NewInt(int64(digit)))
	}
	if number.BitLen() > 25*8 {
		return false
	}
	var raw [25]byte
	number.FillBytes(raw[:])
	first := sha256.Sum256(raw[:21])
	second := sha256.Sum256(first[:])
	return string(second[:4]) == string(raw[21:])
}

// bech32 is the alphabet of segwit addresses.
const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// Bech32Address checks an address of Bitcoin or Litecoin in Bech32 or Bech32m
// (BIP 173 and BIP 350): one case, a checksum over prefix and data.
func Bech32Address(value string) bool {
	lower := strings.ToLower(value)
	if lower != value && strings.ToUpper(value) != value || len(value) > 90 {
		return false
	}
	prefix, rest, found := strings.Cut(lower, "1")
	if !found || !oneOf("bc tb ltc", prefix) || len(rest) < 8 {
		return false
	}
	sum := uint32(1)
	step := func(v byte) {
		top := sum >> 25
		sum = (sum&0x1ffffff)<<5 ^ uint32(v)
		for i, generator := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= generator
			}
		}
	}
	for i := range len(prefix) {
		step(prefix[i] >> 5)
	}
	step(0)
	for i := range len(prefix) {
		step(prefix[i] & 31)
	}
	for i := range len(rest) {
		at := strings.IndexByte(bech32, rest[i])
		if at < 0 {
			return false
		}
		step(byte(at))
	}
	return sum == 1 || sum == 0x2bc830a3
}
