package proxy

import "net/http"

// The refusals of roads for bots whose base URL is fixed.
var (
	refuseHostDiffers     = Refusal{"host_differs", http.StatusMisdirectedRequest, codePolicy, false, "the request names another host than its connection is to, or one that is not served here; see docs/roads.md"}
	refuseProxyCredential = Refusal{"proxy_credential", http.StatusProxyAuthRequired, codePolicy, false, "the proxy's token is missing or wrong; set HTTPS_PROXY=http://bot:TOKEN@host:port with listen.forward.token"}
	refuseDestination     = Refusal{"destination", http.StatusForbidden, codePolicy, false, "this proxy leads to its listed hosts on port 443 and nowhere else; set NO_PROXY for the others, or add the host to listen.forward.hosts"}
	refuseTunnels         = Refusal{"tunnels", http.StatusServiceUnavailable, codeOverload, true, "too many connections through the proxy at once; see limits.server.tunnels"}
	refuseLoop            = Refusal{"loop", http.StatusLoopDetected, codeTemporary, false, "the platform's name leads back to piiproxy, nothing was sent; piiproxy must not see the hosts file that is meant for the bot; see docs/roads.md"}
)

func roadRefusals() []Refusal {
	return []Refusal{refuseHostDiffers, refuseProxyCredential, refuseDestination, refuseTunnels, refuseLoop}
}
