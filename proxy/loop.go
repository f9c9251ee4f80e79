package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// errLoop says that what should be the platform is piiproxy.
var errLoop = errors.New("connecting: the platform's name leads back to piiproxy")

// notOurselves ends a connection to the platform that came back here, because the
// hosts file that leads bots here leads piiproxy here, too. The certificate tells,
// whatever stands between: no other server has a leaf of this authority.
func (p *Proxy) notOurselves(state tls.ConnectionState) error {
	if p.ourOwn(state.PeerCertificates) {
		return errLoop
	}
	return nil
}

// ourOwn says that a certificate is one of ours.
func (p *Proxy) ourOwn(chain []*x509.Certificate) bool {
	for _, ca := range p.config.Authorities {
		if len(chain) > 0 && ca.Signed(chain[0]) {
			return true
		}
	}
	return false
}

// unreached is unreachable, and knows a loop: as a certificate of ours that this
// machine does not trust, as it should be, or one that it does.
func (p *Proxy) unreached(ctx context.Context, err error) Refusal {
	var certificate *tls.CertificateVerificationError
	if errors.Is(err, errLoop) || errors.As(err, &certificate) && p.ourOwn(certificate.UnverifiedCertificates) {
		return refuseLoop
	}
	return unreachable(ctx, err)
}
