package authority_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/authority"
)

// made is a fresh authority and its folder.
func made(t *testing.T, names ...string) (*authority.Authority, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "ca")
	a, err := authority.Make(folder, names, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return a, folder
}

func TestMake(t *testing.T) {
	names := []string{"graph.facebook.com", "lookaside.fbsbx.com"}
	a, folder := made(t, append(names, names[0])...)
	if !slices.Equal(a.Names(), names) {
		t.Errorf("names: %v", a.Names())
	}
	for file, want := range map[string]os.FileMode{authority.KeyFile: 0o600, authority.CertificateFile: 0o644} {
		about, err := os.Stat(filepath.Join(folder, file))
		if err != nil || about.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", file, about.Mode(), err)
		}
	}
	c := certificateIn(t, folder)
	if !c.IsCA || !c.MaxPathLenZero || !c.PermittedDNSDomainsCritical || len(c.ExcludedIPRanges) != 2 {
		t.Errorf("path length zero %v, critical %v, excluded %v", c.MaxPathLenZero, c.PermittedDNSDomainsCritical, c.ExcludedIPRanges)
	}
	if _, ok := c.PublicKey.(*ecdsa.PublicKey); !ok || c.PublicKey.(*ecdsa.PublicKey).Curve != elliptic.P256() {
		t.Errorf("the key is %T", c.PublicKey)
	}
}

// An authority that is there is never overwritten, not even half of one.
func TestMakeKeepsWhatIsThere(t *testing.T) {
	for _, kept := range []string{authority.KeyFile, authority.CertificateFile} {
		_, folder := made(t, "graph.facebook.com")
		path := filepath.Join(folder, kept)
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range []string{authority.KeyFile, authority.CertificateFile} {
			if other != kept {
				if err := os.Remove(filepath.Join(folder, other)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := authority.Make(folder, []string{"graph.facebook.com"}, time.Now()); err == nil || !strings.Contains(err.Error(), "not overwritten") {
			t.Errorf("%s: %v", kept, err)
		}
		after, err := os.ReadFile(path)
		if err != nil || string(after) != string(before) {
			t.Errorf("%s was changed: %v", kept, err)
		}
	}
}

func TestNames(t *testing.T) {
	for _, bad := range []string{
		"", "com", "localhost", "*.facebook.com", "graph.facebook.com.", "Graph.facebook.com", "graph.facebook.com:443", "https://graph.facebook.com",
		"127.0.0.1", "::1", "::ffff:127.0.0.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "a..b", "-a.b", "user@graph.facebook.com", "bücher.example",
	} {
		if err := authority.CheckName(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	for _, name := range authority.PlatformNames() {
		if err := authority.CheckName(name); err != nil {
			t.Errorf("%s %v", name, err)
		}
	}
	if _, err := authority.Make(t.TempDir(), nil, time.Now()); err == nil {
		t.Error("an authority for nothing")
	}
}

// A leaf lives for a week at most, is made anew by itself with another key, and
// never outlives its authority.
func TestLeaf(t *testing.T) {
	a, _ := made(t, "graph.facebook.com", "graph.instagram.com")
	now := time.Now()
	issuer := a.Issuer(func() time.Time { return now })
	first, err := issuer.Leaf("graph.facebook.com")
	if err != nil {
		t.Fatal(err)
	}
	if life := first.Leaf.NotAfter.Sub(first.Leaf.NotBefore); life > 7*24*time.Hour {
		t.Errorf("valid for %v", life)
	}
	if !slices.Equal(first.Leaf.DNSNames, []string{"graph.facebook.com"}) || first.Leaf.IsCA || !a.Signed(first.Leaf) {
		t.Errorf("leaf for %v", first.Leaf.DNSNames)
	}
	other, err := issuer.Leaf("graph.instagram.com")
	if err != nil || sameKey(first.Leaf, other.Leaf) {
		t.Errorf("two leaves with one key, %v", err)
	}
	now = now.Add(2 * 24 * time.Hour)
	if again, err := issuer.Leaf("graph.facebook.com"); err != nil || again != first {
		t.Errorf("made anew while it was good: %v", err)
	}
	now = now.Add(2 * 24 * time.Hour)
	renewed, err := issuer.Leaf("graph.facebook.com")
	if err != nil || sameKey(first.Leaf, renewed.Leaf) || renewed.Leaf.NotAfter.Before(now.Add(3*24*time.Hour)) {
		t.Errorf("not renewed: %v", err)
	}
	now = a.Ends().Add(-time.Hour)
	if last, err := issuer.Leaf("graph.facebook.com"); err != nil || last.Leaf.NotAfter.After(a.Ends()) {
		t.Errorf("outlives its authority: %v", err)
	} else if again, err := issuer.Leaf("graph.facebook.com"); err != nil || again != last {
		t.Errorf("made anew for each handshake though it cannot get better: %v", err)
	}
	for _, foreign := range []string{"other.example", "x.graph.facebook.com", "facebook.com", "", "127.0.0.1"} {
		if _, err := issuer.Leaf(foreign); err == nil {
			t.Errorf("a leaf for %q", foreign)
		}
	}
}

// Many connections ask for a leaf while it is made anew: it is made once.
func TestLeafUnderLoad(t *testing.T) {
	a, _ := made(t, "graph.facebook.com")
	var days atomic.Int64
	issuer := a.Issuer(func() time.Time { return time.Now().Add(time.Duration(days.Load()) * 24 * time.Hour) })
	for range 5 {
		var mu sync.Mutex
		var all sync.WaitGroup
		seen := map[*tls.Certificate]bool{}
		for range 32 {
			all.Go(func() {
				leaf, err := issuer.Leaf("graph.facebook.com")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				seen[leaf] = true
			})
		}
		all.Wait()
		if len(seen) != 1 {
			t.Errorf("%d leaves", len(seen))
		}
		days.Add(4)
	}
}

func TestOpenRefuses(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		spoil func(t *testing.T, folder string)
		at    time.Time
		says  string
	}{
		"nothing":       {func(t *testing.T, folder string) { must(t, os.RemoveAll(folder)) }, now, "piiproxy ca init"},
		"no key":        {func(t *testing.T, folder string) { must(t, os.Remove(filepath.Join(folder, authority.KeyFile))) }, now, "opening"},
		"loose key":     {func(t *testing.T, folder string) { must(t, os.Chmod(filepath.Join(folder, authority.KeyFile), 0o640)) }, now, "chmod 600"},
		"another's key": {otherKey, now, "belong together"},
		"no PEM":        {func(t *testing.T, folder string) { overwrite(t, folder, authority.CertificateFile, []byte("hello")) }, now, "belong together"},
		"huge": {func(t *testing.T, folder string) {
			overwrite(t, folder, authority.CertificateFile, make([]byte, 1<<20))
		}, now, "too large"},
		"unconstrained": {func(t *testing.T, folder string) {
			own(t, folder, func(c *x509.Certificate) { c.PermittedDNSDomains = nil })
		}, now, "no critical name constraints"},
		"not critical": {func(t *testing.T, folder string) {
			own(t, folder, func(c *x509.Certificate) { c.PermittedDNSDomainsCritical = false })
		}, now, "no critical name constraints"},
		"every host": {func(t *testing.T, folder string) {
			own(t, folder, func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"graph.facebook.com", ""} })
		}, now, "more than full host names"},
		"a top-level domain": {func(t *testing.T, folder string) {
			own(t, folder, func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"com"} })
		}, now, "more than full host names"},
		"a domain": {func(t *testing.T, folder string) {
			own(t, folder, func(c *x509.Certificate) { c.PermittedDNSDomains = []string{".facebook.com"} })
		}, now, "more than full host names"},
		"authorities below": {func(t *testing.T, folder string) {
			own(t, folder, func(c *x509.Certificate) { c.MaxPathLenZero, c.MaxPathLen = false, 1 })
		}, now, "sign other CAs"},
		"any purpose": {func(t *testing.T, folder string) {
			own(t, folder, func(c *x509.Certificate) { c.ExtKeyUsage = nil })
		}, now, "more than TLS servers"},
		"clients": {func(t *testing.T, folder string) {
			own(t, folder, func(c *x509.Certificate) { c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) })
		}, now, "more than TLS servers"},
		"loose key behind a link": {looseBehindLink, now, "chmod 600"},
		"addresses": {func(t *testing.T, folder string) {
			own(t, folder, func(c *x509.Certificate) { c.ExcludedIPRanges = nil })
		}, now, "IP addresses"},
		"no authority": {func(t *testing.T, folder string) {
			own(t, folder, func(c *x509.Certificate) { c.IsCA, c.MaxPathLenZero = false, false })
		}, now, "no certificate of a CA"},
		"over":    {func(*testing.T, string) {}, now.Add(4 * 365 * 24 * time.Hour), "ended on"},
		"not yet": {func(*testing.T, string) {}, now.Add(-48 * time.Hour), "not valid before"},
	} {
		t.Run(name, func(t *testing.T) {
			_, folder := made(t, "graph.facebook.com")
			c.spoil(t, folder)
			_, err := authority.Open(folder, c.at)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if errors.Is(err, authority.ErrNone) != (name == "nothing") {
				t.Errorf("ErrNone: %v", err)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, folder, name string, content []byte) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(folder, name), content, 0o600))
}

// looseBehindLink has the key where others can read it, and a link to it.
func looseBehindLink(t *testing.T, folder string) {
	key, elsewhere := filepath.Join(folder, authority.KeyFile), filepath.Join(t.TempDir(), "key")
	must(t, os.Rename(key, elsewhere))
	must(t, os.Chmod(elsewhere, 0o604))
	must(t, os.Symlink(elsewhere, key))
}

func otherKey(t *testing.T, folder string) {
	_, other := made(t, "graph.facebook.com")
	content, err := os.ReadFile(filepath.Join(other, authority.KeyFile))
	must(t, err)
	overwrite(t, folder, authority.KeyFile, content)
}

// own replaces the authority by one that somebody made by hand.
func own(t *testing.T, folder string, change func(*x509.Certificate)) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	every := func(bytes int) *net.IPNet { return &net.IPNet{IP: make(net.IP, bytes), Mask: make(net.IPMask, bytes)} }
	c := &x509.Certificate{
		Subject: pkix.Name{CommonName: "by hand"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"graph.facebook.com"}, ExcludedIPRanges: []*net.IPNet{every(4), every(16)},
	}
	change(c)
	raw, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	overwrite(t, folder, authority.CertificateFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
	overwrite(t, folder, authority.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}
