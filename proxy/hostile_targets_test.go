package proxy_test

import (
	"fmt"
	"strings"
)

// targets are requests that want to be sent elsewhere (threats.md O1, O2).
func (c caller) targets(decoy string) []hostile {
	line := func(target string) string { return c.post("POST " + target + " HTTP/1.1") }
	under := c.target[:strings.LastIndexByte(c.target, '/')] // …/me or /webhook
	last := c.target[len(under):]
	first := "/" + strings.Split(c.target, "/")[1]
	rest := c.target[len(first):]
	return []hostile{
		{"absolute form", line("http://" + decoy + "/v23.0/me/messages"), 0},
		{"absolute form, https", line("https://" + decoy + "/v23.0/me/messages"), 0},
		{"absolute form, own address", line("http://piiproxy" + c.target), 0},
		{"absolute form, userinfo", line("http://piiproxy@" + decoy + c.target), 0},
		{"absolute form, no host", line("http://" + c.target), 0},
		{"absolute form, upper case", line("HTTP://" + decoy + c.target), 0},
		{"absolute form, one slash", line("http:/" + decoy + c.target), 0},
		{"absolute form, opaque", line("http:" + c.target), 0},
		{"another scheme", line("ftp://" + decoy + "/x"), 0},
		{"file scheme", line("file:///etc/passwd"), 0},
		{"gopher scheme", line("gopher://" + decoy + "/_x"), 0},
		{"two slashes", line("//" + decoy + c.target), 0},
		{"three slashes", line("///" + decoy + c.target), 0},
		{"backslash", line(`/\` + decoy + c.target), 0},
		{"backslash first", line(`\` + c.target), 0},
		{"backslash later", line(first + `\..` + rest), 0},
		{"no slash", line(c.target[1:]), 0},
		{"authority", line(decoy), 0},
		{"asterisk, POST", line("*"), 0},
		{"asterisk behind a slash", line("/*"), c.pick(1, 0)},
		{"question mark alone", line("?" + c.target), 0},
		{"fragment", line(c.target + "#@" + decoy), 0},
		{"fragment first", line("#" + c.target), 0},
		{"user in the prefix", line(first + "@" + decoy + rest), c.pick(1, 0)},
		{"host in the prefix", line(first + "." + decoy + rest), c.pick(1, 0)},
		{"port in the prefix", line(first + ":80@x" + rest), c.pick(1, 0)},
		{"dots", line(first + "/../" + decoy + rest), 0},
		{"dot", line(first + "/." + rest), 0},
		{"dots at the end", line(c.target + "/.."), 0},
		{"encoded dots", line(first + "/%2e%2e" + rest), 0},
		{"half-encoded dots", line(first + "/.%2E" + rest), 0},
		{"dots with a parameter", line(first + "/..;x" + rest), c.pick(1, 0)},
		{"encoded slash", line(under + "%2f" + last[1:]), 0},
		{"encoded slash, upper case", line(under + "%2F" + last[1:]), 0},
		{"encoded backslash", line(under + "%5c" + last[1:]), 0},
		{"encoded NUL", line(c.target + "%00"), 0},
		{"encoded line end", line(under + "%0d%0aHost:%20" + decoy + last), 0},
		{"encoded tab", line(under + "%09" + last), 0},
		{"encoded question mark", line(c.target + "%3fx=y"), 0},
		{"encoded hash", line(c.target + "%23x"), 0},
		{"encoded twice", line(under + "/%252e%252e" + last), 0},
		{"overlong dot", line(under + "/%c0%ae%c0%ae" + last), 0},
		{"raw UTF-8", line(under + "/é" + last), 0},
		{"raw 8-bit", line(under + "/\xe9" + last), 0},
		{"raw control", line(under + "/\x01" + last), 0},
		{"raw delete", line(under + "/\x7f" + last), 0},
		{"empty segment", line(under + "/" + last), 0},
		{"slash at the end", line(c.target + "/"), c.pick(1, 0)},
		{"bad percent", line(under + "/%zz" + last), 0},
		{"cut percent", line(c.target + "%2"), 0},
		{"query with a space", line(c.target + "?a b"), 0},
		{"query with a line end", line(c.target + "?a=%0d%0aX: y"), 0},
		{"query with a bad percent", line(c.target + "?a=%zz"), c.pick(0, 1)},
		{"query with a semicolon", line(c.target + "?a=b;c=d"), c.pick(0, 1)},
		{"long target", line(c.target + "?x=" + strings.Repeat("a", 8<<10)), 0},
		{"method in the query that is unknown", line(c.target + "?method=patch"), c.pick(0, 1)},
	}
}

// methods are requests with methods that nobody serves, and bodies where none
// belongs (threats.md O10).
func (c caller) methods() []hostile {
	method := func(name string) string { return c.post(name + " " + c.target + " HTTP/1.1") }
	var all []hostile
	for _, name := range []string{
		"TRACE", "TRACK", "OPTIONS", "PUT", "PATCH", "PURGE", "DEBUG", "PROPFIND", "M-SEARCH", "COPY", "LINK", "QUERY", "BATCH", "PRI", "CONNECT",
		"post", "Post", "pOST", "XPOST", "POSTX", "POST:", "POST/", "POST\x00", "\x01POST", "P OST", "PÖST", "\"POST\"", "", "POST\t", strings.Repeat("POST", 5000),
	} {
		all = append(all, hostile{fmt.Sprintf("method %.20q", name), method(name), 0})
	}
	return append(all,
		hostile{"CONNECT", "CONNECT " + "127.0.0.1:443" + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 0},
		hostile{"asterisk", "OPTIONS * HTTP/1.1\r\nHost: piiproxy\r\n\r\n", 0},
		hostile{"asterisk with a body", c.post("OPTIONS * HTTP/1.1"), 0},
		hostile{"GET with a body", method("GET"), c.pick(1, 0)},
		hostile{"GET with chunks", c.request("GET "+c.target+" HTTP/1.1", c.chunks(), "Transfer-Encoding: chunked"), c.pick(1, 0)},
		hostile{"GET with a request as body", c.request("GET "+c.target+" HTTP/1.1", c.second, fmt.Sprint("Content-Length: ", len(c.second))), 0},
		hostile{"DELETE with a body", method("DELETE"), c.pick(1, 0)},
		hostile{"DELETE with a request as body", c.request("DELETE "+c.target+" HTTP/1.1", c.second, fmt.Sprint("Content-Length: ", len(c.second))), 0},
		hostile{"HEAD with a body", method("HEAD"), c.pick(1, 0)},
		hostile{"HEAD with a request as body", c.request("HEAD "+c.target+" HTTP/1.1", c.second, fmt.Sprint("Content-Length: ", len(c.second))), 0},
		hostile{"method override", c.post(c.line(), "X-HTTP-Method-Override: DELETE"), 0},
		hostile{"method override 2", c.post(c.line(), "X-Method-Override: DELETE"), 0},
		hostile{"method override 3", c.post(c.line(), "x-http-method: DELETE"), 0},
		hostile{"method override 4", c.post(c.line(), "X_HTTP_Method-Override: DELETE"), 0},
	)
}

// upgrades want another protocol on the connection (threats.md O7).
func (c caller) upgrades() []hostile {
	with := func(lines ...string) string { return c.post(c.line(), lines...) }
	return []hostile{
		{"WebSocket", with("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 0},
		{"WebSocket, odd version", with("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 777"), 0},
		{"WebSocket, GET", c.request("GET "+c.target+" HTTP/1.1", "", "Connection: keep-alive, Upgrade", "Upgrade: WebSocket"), 0},
		{"WebSocket without Connection", with("Upgrade: websocket"), 0},
		{"WebSocket key alone", with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 1},
		{"h2c", with("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), 0},
		{"h2c without Connection", with("Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), 0},
		{"HTTP2-Settings alone", with("HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), 1},
		{"upgrade to TLS", with("Connection: upgrade", "Upgrade: TLS/1.0, HTTP/1.1"), 0},
		{"upgrade to what we speak", with("Connection: upgrade", "Upgrade: HTTP/1.1"), 0},
		{"upgrade without a protocol", with("Connection: keep-alive, uPgRaDe"), 0},
		{"upgrade on a second line", with("Connection: keep-alive", "Connection: upgrade"), 0},
		{"upgrade in HTTP/1.0", c.post("POST "+c.target+" HTTP/1.0", "Connection: upgrade", "Upgrade: websocket"), 0},
		{"upgrade of requests", with("Upgrade-Insecure-Requests: 1"), 1},
		{"empty upgrade", with("Connection: close", "Upgrade:"), 1},
	}
}

// hops are headers that end at a connection, or that say where a request came
// from or should have gone (threats.md O1, O7).
func (c caller) hops(decoy string) []hostile {
	with := func(lines ...string) string { return c.post(c.line(), lines...) }
	return []hostile{
		{"X-Forwarded-Host", with("X-Forwarded-Host: "+decoy, "X-Original-URL: http://"+decoy+"/", "Forwarded: host="+decoy, "X-Rewrite-URL: //"+decoy), 1},
		{"Connection takes headers away", with("Connection: authorization, content-type, host, content-length, x-hub-signature-256, close"), 1},
		{"Connection takes the length away", with("Connection: content-length"), 1},
		{"Connection takes the coding away", with("Connection: Content-Encoding", "Content-Encoding: identity"), 1},
		{"Connection takes the agent away", with("Connection: user-agent", "User-Agent: bot"), 1},
		{"Connection with commas only", with("Connection: ,,, ,"), 1},
		{"Connection with a name that is none", with("Connection: a b, é, \"x\""), 1},
		{"Connection of many names", with("Connection: " + strings.Repeat("x, ", 2000) + "close"), 1},
		{"headers of a hop", with("TE: trailers", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic eDp5", "Trailer: X"), 1},
		{"Keep-Alive without end", with("Connection: keep-alive", "Keep-Alive: timeout=99999999999, max=0"), 1},
		{"Max-Forwards and Via", with("Max-Forwards: 0", "Via: 1.1 a, 1.1 b"), 1},
		{"Range", with("Range: bytes=0-0,0-0,0-0", "If-Range: \"x\""), 1},
		{"Cookie", with("Cookie: smuggled=1; x=\"y"), 1},
		{"names with underscores", with("Content_Length: 3", "Transfer_Encoding: chunked", "Authorization_: x"), 1},
		{"CGI's Proxy", with("Proxy: http://" + decoy), 1},
	}
}
