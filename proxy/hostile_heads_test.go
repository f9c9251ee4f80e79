package proxy_test

import (
	"fmt"
	"strings"
)

// versions are first lines that are none of HTTP/1.1's (RFC 9112, 2.3 and 3).
func (c caller) versions() []hostile {
	version := func(v string) string { return c.post("POST " + c.target + v) }
	one := "POST " + c.target + " HTTP/1.0"
	return []hostile{
		{"HTTP/0.9", "GET " + c.target + "\r\n", 0},
		{"HTTP/0.9 with a version", version(" HTTP/0.9"), 0},
		{"HTTP/1.0", c.post(one), 1},
		{"HTTP/1.0 kept alive", c.post(one, "Connection: keep-alive"), 1},
		{"HTTP/1.0 with a rest", c.post(one) + c.second, 1},
		{"HTTP/1.0 without a Host", strings.Replace(c.without("Host"), "HTTP/1.1", "HTTP/1.0", 1), 1},
		{"HTTP/1.2", version(" HTTP/1.2"), 1},
		{"HTTP/1.9", version(" HTTP/1.9"), 1},
		{"HTTP/1.10", version(" HTTP/1.10"), 0},
		{"HTTP/01.1", version(" HTTP/01.1"), 0},
		{"HTTP/2.0", version(" HTTP/2.0"), 0},
		{"HTTP/3.0", version(" HTTP/3.0"), 0},
		{"HTTP/1,1", version(" HTTP/1,1"), 0},
		{"HTTP/1", version(" HTTP/1"), 0},
		{"HTTP/", version(" HTTP/"), 0},
		{"HTTP/-1.1", version(" HTTP/-1.1"), 0},
		{"http/1.1", version(" http/1.1"), 0},
		{"HTTQ/1.1", version(" HTTQ/1.1"), 0},
		{"ICY", version(" ICY/1.1"), 0},
		{"RTSP", version(" RTSP/1.0"), 0},
		{"version twice", version(" HTTP/1.1 HTTP/1.1"), 0},
		{"version before a space", version(" HTTP/1.1 "), 0},
		{"version before a tab", version(" HTTP/1.1\t"), 0},
		{"version before a NUL", version(" HTTP/1.1\x00"), 0},
		{"no version", version(""), 0},
		{"two spaces before the version", version("  HTTP/1.1"), 0},
		{"space in the target", version(" /messages HTTP/1.1"), 0},
		{"tabs in the first line", c.post("POST\t" + c.target + "\tHTTP/1.1"), 0},
		{"two spaces behind the method", c.post("POST  " + c.target + " HTTP/1.1"), 0},
		{"space before the method", " " + c.post(c.line()), 0},
		{"blank line first", "\r\n" + c.post(c.line()), 0},
		{"bare LF first", "\n" + c.post(c.line()), 0},
		{"many blank lines first", strings.Repeat("\r\n", 1000) + c.post(c.line()), 0},
		{"BOM first", "\xef\xbb\xbf" + c.post(c.line()), 0},
		{"NUL first", "\x00" + c.post(c.line()), 0},
		{"first line ends with LF", strings.Replace(c.post(c.line()), "\r\n", "\n", 1), 1},
		{"first line ends with CR", strings.Replace(c.post(c.line()), "\r\n", "\r", 1), 0},
		{"first line without an end", "POST " + c.target, 0},
		{"folded first line", c.post(c.line() + "\r\n X: y"), 0},
	}
}

// protocols are what else a port is spoken to in.
func (c caller) protocols() []hostile {
	return []hostile{
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0},
		{"HTTP/2 with frames", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x05\x01\x05\x00\x00\x00\x01\x82\x84\x86\x41\x00", 0},
		{"a preface, then a request", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + c.post(c.line()), 0},
		{"TLS", "\x16\x03\x01\x00\x31\x01\x00\x00\x2d\x03\x03" + strings.Repeat("r", 32) + "\x00\x00\x02\x13\x01\x01\x00\x00\x02\x00\x17", 0},
		{"SSH", "SSH-2.0-OpenSSH_9.2\r\n", 0},
		{"SMTP", "EHLO piiproxy\r\nMAIL FROM:<a@b>\r\n", 0},
		{"PROXY protocol, 1", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + c.post(c.line()), 0},
		{"PROXY protocol, 2", "\r\n\r\n\x00\r\nQUIT\n\x20\x11\x00\x00" + c.post(c.line()), 0},
		{"FastCGI", "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", 0},
		{"Redis", "*1\r\n$4\r\nPING\r\n", 0},
		{"an answer", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0},
		{"a body alone", c.body, 0},
		{"noise", "\x00\x01\x02\xff\xfe" + strings.Repeat("\xaa", 4000), 0},
		{"nothing but line ends", strings.Repeat("\r\n", 5000), 0},
	}
}

// heads are header lines that are no header lines (RFC 9112, 5).
func (c caller) heads() []hostile {
	with := func(lines ...string) string { return c.post(c.line(), lines...) }
	all := c.post(c.line(), "X-A: b")
	return []hostile{
		{"folded header", with("X-A: b\r\n smuggled"), 1},
		{"folded with a tab", with("X-A: b\r\n\tsmuggled"), 1},
		{"folded credentials", strings.Replace(all, "Content-Type: application", "Content-Type:\r\n application", 1), 1},
		{"folded first header", c.request(c.line()+"\r\n X-A: b", c.body, c.length()), 0},
		{"bare LF", strings.ReplaceAll(all, "\r\n", "\n"), 1},
		{"bare LF in a value", with("X-A: b\nX-C: d"), 1},
		{"bare LF before the body", strings.Replace(c.post(c.line()), "\r\n\r\n", "\n\n", 1), 1},
		{"bare CR", with("X-A: b\rX-C: d"), 0},
		{"bare CR in a name", with("X-A\r: b"), 0},
		{"bare CR before the body", strings.Replace(all, "\r\n\r\n", "\r\r", 1), 0},
		{"LF CR", strings.ReplaceAll(all, "\r\n", "\n\r"), 0},
		{"CR CR LF", strings.ReplaceAll(all, "\r\n", "\r\r\n"), 0},
		{"line separator", with("X-A: b\u2028X-C: d"), 1},
		{"next line", with("X-A: b\x85X-C: d"), 1},
		{"NUL", with("X-A: b\x00c"), 0},
		{"NUL in a name", with("X-A\x00: b"), 0},
		{"empty name", with(": b"), 0},
		{"colon alone", with(":"), 0},
		{"no colon", with("nothing"), 0},
		{"space in a name", with("X A: b"), 0},
		{"space before a name", strings.Replace(all, "Host:", " Host:", 1), 0},
		{"space before the colon", with("X-A : b"), 0},
		{"tab before the colon", with("X-A\t: b"), 0},
		{"name in brackets", with("(X-A): b"), 0},
		{"name with an at", with("X@A: b"), 0},
		{"name with a slash", with("X/A: b"), 0},
		{"name in quotes", with(`"X-A": b`), 0},
		{"name with 8 bits", with("X-Ä: b"), 0},
		{"name with a control", with("X-\x01: b"), 0},
		{"name with DEL", with("X-\x7f: b"), 0},
		{"a long name", with(strings.Repeat("X", 20000) + ": b"), 1},
		{"two colons", with("X-A:: b"), 1},
		{"head without an end", strings.TrimSuffix(c.request(c.line(), ""), "\r\n"), 0},
		{"head alone", c.request(c.line(), "", c.length()), 0},
	}
}

// values are header values with bytes that do not belong there (RFC 9110, 5.5).
func (c caller) values() []hostile {
	with := func(lines ...string) string { return c.post(c.line(), lines...) }
	return []hostile{
		{"value with 8 bits", with("User-Agent: b\xc3\xb6t \xff"), 1},
		{"value with SOH", with("X-A: \x01"), 0},
		{"value with ESC", with("User-Agent: \x1b[31m"), 0},
		{"value with DEL", with("User-Agent: b\x7f"), 0},
		{"value with a backspace", with("Accept: \b"), 0},
		{"value with tabs", with("User-Agent: a\tb"), 1},
		{"value within spaces", with("User-Agent:    a    "), 1},
		{"value empty", with("User-Agent:"), 1},
		{"value with a line end in percents", with("User-Agent: a%0d%0aX-Smuggled:%20y"), 1},
		{"value with a line end in escapes", with(`User-Agent: a\r\nX-B: y`), 1},
		{"value of 20,000 bytes", with("User-Agent: " + strings.Repeat("a", 20000)), 1},
		{"credentials with a control", strings.Replace(c.post(c.line()), c.credentials[0], c.credentials[0]+"\x02", 1), 0},
		{"type with a line feed", strings.Replace(c.post(c.line()), "application/json", "application/json\n\n", 1), 0},
		{"type with a NUL", strings.Replace(c.post(c.line()), "application/json", "application/json\x00", 1), 0},
		{"type with a parameter twice", strings.Replace(c.post(c.line()), "application/json", "application/json; charset=utf-8; charset=utf-16", 1), 0},
	}
}

// doubles are headers that stand there twice where one is read.
func (c caller) doubles(decoy string) []hostile {
	with := func(lines ...string) string { return c.post(c.line(), lines...) }
	name, value, _ := strings.Cut(c.credentials[0], ": ")
	return []hostile{
		{"credentials twice", with(c.credentials[0]), 0},
		{"other credentials, too", with(name + ": " + strings.Replace(value, "a", "b", 1)), 0},
		{"other credentials in lower case", with(strings.ToLower(name) + ": Bearer smuggled"), 0},
		{"credentials of another scheme", with("Authorization: Basic c211Z2dsZWQ6eA=="), c.pick(0, 1)},
		{"type twice", with("Content-Type: application/json"), 0},
		{"another type, too", with("Content-Type: text/plain"), 0},
		{"types in one", strings.Replace(c.post(c.line()), "application/json", "application/json, text/plain", 1), 0},
		{"no type", c.without("Content-Type"), 0},
		{"empty type", strings.Replace(c.post(c.line()), "application/json", "", 1), 0},
		{"agent twice", with("User-Agent: a", "User-Agent: b"), 1},
		{"disposition twice", with("Content-Disposition: attachment", "Content-Disposition: inline"), 0},
		{"Hosts in two lines", with("Host: " + decoy), 0},
		{"the same Host twice", with("Host: piiproxy"), 0},
	}
}

// hosts are Host headers that are none, or another's (RFC 9112, 3.2).
func (c caller) hosts(decoy string) []hostile {
	host := func(value string) string {
		return strings.Replace(c.post(c.line()), "Host: piiproxy", "Host: "+value, 1)
	}
	return []hostile{
		{"no Host", c.without("Host"), 0},
		{"empty Host", host(""), 1},
		{"foreign Host", host(decoy), 1},
		{"Host of the metadata service", host("169.254.169.254"), 1},
		{"Host with a path", host("piiproxy/" + decoy), 0},
		{"Host with a query", host("piiproxy?" + decoy), 0},
		{"Host with userinfo", host("x@" + decoy), 0},
		{"Host with a scheme", host("http://" + decoy), 0},
		{"Host with a space", host("piiproxy " + decoy), 0},
		{"Host with a comma", host("piiproxy," + decoy), 1},
		{"Host with a tab", host("piiproxy\t" + decoy), 0},
		{"Host with a NUL", host("piiproxy\x00"), 0},
		{"Host with a bad port", host("piiproxy:99999"), 1},
		{"Host with half a bracket", host("[::1"), 1},
		{"Host with 8 bits", host("piipröxy"), 0},
		{"Host in quotes", host(`"piiproxy"`), 0},
		{"Host behind the rest", strings.Replace(c.without("Host"), "\r\n\r\n", "\r\nHost: piiproxy\r\n\r\n", 1), 1},
		{"Host with a space before the colon", strings.Replace(c.post(c.line()), "Host:", "Host :", 1), 0},
		{"Host folded", strings.Replace(c.post(c.line()), "Host: piiproxy", "Host:\r\n piiproxy", 1), 1},
	}
}

// expects are expectations (RFC 9110, 10.1.1).
func (c caller) expects() []hostile {
	with := func(lines ...string) string { return c.post(c.line(), lines...) }
	return []hostile{
		{"expects to be asked", with("Expect: 100-continue"), 1},
		{"expects to be asked, in capitals", with("Expect: 100-CONTINUE"), 1},
		{"expects to be asked twice", with("Expect: 100-continue", "Expect: 100-continue"), 1},
		{"expects to be asked in HTTP/1.0", c.post("POST "+c.target+" HTTP/1.0", "Expect: 100-continue"), 1},
		{"expects something odd", with("Expect: smuggled"), 0},
		{"expects two things", with("Expect: 100-continue, odd"), 1},
		{"expects behind a vertical tab", with("Expect: \v100-continue"), 0},
		{"expects nothing", with("Expect:"), 1},
		{"expects to be asked in chunks", c.chunked(c.chunks(), "Expect: 100-continue"), 1},
	}
}

// pipelines are several requests on one connection, of which those that are
// whole and allowed are served, one by one.
func (c caller) pipelines() []hostile {
	good := c.post(c.line())
	return []hostile{
		{"two requests", good + c.post(c.line(), "X-A: 2"), 2},
		{"three requests", good + good + good + "", 3},
		{"a blank line between", good + "\r\n" + good, 2},
		{"noise behind", good + "\x00\xffnoise", 1},
		{"half a request behind", good + c.line(), 1},
		{"two that close", c.post(c.line(), "Connection: close") + c.second, 1},
		{"a refused one, then another", strings.Replace(good, "POST", "PUT", 1) + c.second, 0},
		{"an upgrade, then another", c.post(c.line(), "Connection: upgrade", "Upgrade: h2c") + c.second, 0},
		{"chunks, then another", c.chunked(c.chunks()) + good, 1},
	}
}

// floods are heads that are too much.
func (c caller) floods() []hostile {
	with := func(lines ...string) string { return c.post(c.line(), lines...) }
	many := func(n int) string { return strings.TrimSuffix(strings.Repeat("X-A: b\r\n", n), "\r\n") }
	return []hostile{
		{"120 headers", with(many(120)), 0},
		{"100,000 headers", with(many(100000)), 0},
		{"a header of 64 KiB", with("X-A: " + strings.Repeat("a", 64<<10)), 0},
		{"a header of 2 MiB", with("X-A: " + strings.Repeat("a", 2<<20)), 0},
		{"cookies of 64 KiB", with("Cookie: " + strings.Repeat("a=b; ", 13<<10)), 0},
		{"a first line of 2 MiB", c.post("POST " + c.target + "?" + strings.Repeat("a", 2<<20) + " HTTP/1.1"), 0},
		{"a method of 2 MiB", strings.Repeat("P", 2<<20) + " / HTTP/1.1\r\n\r\n", 0},
		{"a fold of 10,000 lines", with("X-A: b" + strings.Repeat("\r\n c", 10000)), 0},
		{"a body of 5 MiB", c.request(c.line(), strings.Repeat(" ", 5<<20), fmt.Sprint("Content-Length: ", 5<<20)), 0},
		{"a body of 5 MiB in chunks", c.chunked(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", 5<<20, strings.Repeat(" ", 5<<20))), 0},
	}
}
