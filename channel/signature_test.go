package channel

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestSignAndVerify(t *testing.T) {
	for _, body := range []string{"", "{}", `{"a":"ä\u00e4\/"}`, strings.Repeat("x", 3<<20)} {
		h := http.Header{}
		h.Add(headerSHA256, "sha256=old")
		h.Add(headerSHA256, "sha256=older")
		Sign("secret", []byte(body), h)
		if len(h.Values(headerSHA256)) != 1 || len(h.Values(headerSHA1)) != 1 {
			t.Fatalf("headers %v", h)
		}
		if err := Verify([]string{"secret"}, []byte(body), h, false); err != nil {
			t.Errorf("%.20q does not verify", body)
		}
		h.Del(headerSHA256)
		if err := Verify([]string{"secret"}, []byte(body), h, true); err != nil {
			t.Errorf("%.20q does not verify by sha1", body)
		}
	}
}

// The vector is test case 2 of RFC 4231 and RFC 2202.
func TestSignKnownAnswer(t *testing.T) {
	h := http.Header{}
	Sign("Jefe", []byte("what do ya want for nothing?"), h)
	if got := h.Get(headerSHA256); got != "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" {
		t.Errorf("sha256: %s", got)
	}
	if got := h.Get(headerSHA1); got != "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" {
		t.Errorf("sha1: %s", got)
	}
}

func TestVerify(t *testing.T) {
	body := []byte(`{"object":"page"}`)
	good := http.Header{}
	Sign("secret", body, good)
	strong, weak := good.Get(headerSHA256), good.Get(headerSHA1)
	hexed := strings.TrimPrefix(strong, "sha256=")
	flipped := strong[:len(strong)-1] + string("0123456789abcdef0"[strings.IndexByte("0123456789abcdef", strong[len(strong)-1])+1])
	one := []string{"secret"}
	tests := []struct {
		name    string
		secrets []string
		strong  []string
		weak    []string
		sha1    bool
		want    error
	}{
		{"good", one, []string{strong}, []string{weak}, false, nil},
		{"upper-case hex", one, []string{"sha256=" + strings.ToUpper(hexed)}, nil, false, nil},
		{"second secret", []string{"new", "secret"}, []string{strong}, nil, false, nil},
		{"first secret", []string{"secret", "old"}, []string{strong}, nil, false, nil},
		{"empty among secrets", []string{"", "secret"}, []string{strong}, nil, false, nil},
		{"sha1, switched on", one, nil, []string{weak}, true, nil},
		{"good sha256, bad sha1", one, []string{strong}, []string{"sha1=00"}, true, nil},
		{"sha1, switched off", one, nil, []string{weak}, false, ErrSignature},
		{"good sha1, bad sha256", one, []string{flipped}, []string{weak}, true, ErrSignature},
		{"good sha1, empty sha256", one, []string{""}, []string{weak}, true, ErrSignature},
		{"sha1 in the sha256 header", one, []string{weak}, nil, true, ErrSignature},
		{"sha256 in the sha1 header", one, nil, []string{strong}, true, ErrSignature},
		{"no header", one, nil, nil, true, ErrSignature},
		{"twice", one, []string{strong, strong}, nil, false, ErrSignature},
		{"sha1 twice", one, nil, []string{weak, weak}, true, ErrSignature},
		{"sha1 twice beside sha256", one, []string{strong}, []string{weak, weak}, true, ErrSignature},
		{"joined", one, []string{strong + ", " + strong}, nil, false, ErrSignature},
		{"other secret", []string{"other"}, []string{strong}, nil, false, ErrSignature},
		{"no secret", nil, []string{strong}, nil, false, ErrSignature},
		{"one bit", one, []string{flipped}, nil, false, ErrSignature},
		{"no prefix", one, []string{hexed}, nil, false, ErrSignature},
		{"upper-case prefix", one, []string{"SHA256=" + hexed}, nil, false, ErrSignature},
		{"space before", one, []string{" " + strong}, nil, false, ErrSignature},
		{"space behind", one, []string{strong + " "}, nil, false, ErrSignature},
		{"space inside", one, []string{"sha256= " + hexed}, nil, false, ErrSignature},
		{"short", one, []string{strong[:len(strong)-2]}, nil, false, ErrSignature},
		{"odd", one, []string{strong[:len(strong)-1]}, nil, false, ErrSignature},
		{"long", one, []string{strong + "00"}, nil, false, ErrSignature},
		{"prefix only", one, []string{"sha256="}, nil, false, ErrSignature},
		{"base64", one, []string{"sha256=W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="}, nil, false, ErrSignature},
	}
	for _, test := range tests {
		h := http.Header{"X_hub_signature_256": {strong}} // an underscore is another header
		if test.strong != nil {
			h[headerSHA256] = test.strong
		}
		if test.weak != nil {
			h[headerSHA1] = test.weak
		}
		if err := Verify(test.secrets, body, h, test.sha1); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestEmptySecretNeverVerifies(t *testing.T) {
	h := http.Header{}
	Sign("", []byte("x"), h)
	for _, secrets := range [][]string{{""}, {"", ""}, nil, {"other", ""}} {
		if Verify(secrets, []byte("x"), h, true) == nil {
			t.Errorf("%q verifies", secrets)
		}
	}
}

func TestEveryBitCounts(t *testing.T) {
	body := []byte("body")
	mac := mac("secret", body, sha256.New)
	for bit := range 8 * len(mac) {
		forged := append([]byte(nil), mac...)
		forged[bit/8] ^= 1 << (bit % 8)
		h := http.Header{headerSHA256: {"sha256=" + hex.EncodeToString(forged)}}
		if Verify([]string{"secret"}, body, h, true) == nil {
			t.Fatalf("bit %d does not count", bit)
		}
	}
}

// FuzzSignature: no header but the right digits verifies.
func FuzzSignature(f *testing.F) {
	body := []byte(`{"object":"page"}`)
	h := http.Header{}
	Sign("secret", body, h)
	strong, weak := h.Get(headerSHA256), h.Get(headerSHA1)
	f.Add(strong, weak, true)
	f.Add(strings.ToUpper(strong), "", false)
	f.Add("sha256="+strings.ToUpper(strong[7:]), "sha1=", false)
	f.Add("", weak, false)
	f.Fuzz(func(t *testing.T, a, b string, sha1 bool) {
		h := http.Header{}
		if a != "" {
			h[headerSHA256] = []string{a}
		}
		if b != "" {
			h[headerSHA1] = []string{b}
		}
		right := a != "" && strings.HasPrefix(a, "sha256=") && strings.EqualFold(a, strong) ||
			a == "" && sha1 && strings.HasPrefix(b, "sha1=") && strings.EqualFold(b, weak)
		if got := Verify([]string{"secret"}, body, h, sha1) == nil; got != right {
			t.Fatalf("%q %q %v: %v", a, b, sha1, got)
		}
	})
}
