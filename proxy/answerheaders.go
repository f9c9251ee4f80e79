package proxy

import (
	"context"
	"net/http"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/rules"
)

// structured are headers of answers that hold no words: nothing a person wrote
// can be in them.
var structured = map[string]bool{
	"Content-Type": true, "Content-Length": true, "Date": true, "Etag": true, "Expires": true, "Last-Modified": true,
	"Cache-Control": true, "Pragma": true, "Vary": true, "Retry-After": true, "Accept-Ranges": true, "Server": true,
	"Strict-Transport-Security": true, "Access-Control-Allow-Origin": true, "Facebook-Api-Version": true,
	"X-App-Usage": true, "X-Business-Use-Case-Usage": true, "X-Ad-Account-Usage": true, "X-Content-Type-Options": true,
	"X-Fb-Trace-Id": true, "X-Fb-Request-Id": true, "X-Fb-Rev": true, "X-Fb-Debug": true,
}

// unfit are headers of answers that mean something to the platform's own
// clients only: cookies, and other ways to reach it.
var unfit = map[string]bool{"Set-Cookie": true, "Alt-Svc": true, "Location": true, "Content-Location": true, "Refresh": true, "Link": true}

// judgeHeaders redacts the headers that can hold words: WWW-Authenticate
// repeats the error's text, which may quote the call (threats.md B14).
func (p *Proxy) judgeHeaders(ctx context.Context, h http.Header, x *exchange) *Refusal {
	dropHeaders(h, unfit)
	for name, values := range h {
		if structured[name] {
			continue
		}
		scope := p.scope(x.rules, x.account, rules.Inbound, channel.Person{})
		if scope.Off() {
			return nil
		}
		for i, value := range values {
			if strings.ToValidUTF8(value, "") != value {
				h.Del(name)
				break
			}
			result, err := p.config.Engine.Text(ctx, value, &scope)
			if err != nil {
				return unsettled(err)
			}
			if len(result.Refusals) > 0 {
				return &refuseAnswer
			}
			values[i] = result.Text
		}
	}
	return nil
}
