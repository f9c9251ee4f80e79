package proxy_test

import (
	"fmt"
	"strings"
)

// smuggling are streams that two servers may read in two ways (threats.md O5).
func smuggling(decoy string) []hostile {
	length := fmt.Sprint("Content-Length: ", len(hello))
	second := "GET /shop/v23.0/smuggled HTTP/1.1\r\nHost: " + decoy + "\r\nAuthorization: Bearer " + shopToken + "\r\n\r\n"
	chunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(hello), hello)
	chunked := func(body string, lines ...string) string {
		return request(sendLine, body, append(lines, "Transfer-Encoding: chunked")...)
	}
	with := func(lines ...string) string { return request(sendLine, hello, lines...) }
	return []hostile{
		{"CL.TE", chunked("0\r\n\r\n"+second, length), 0},
		{"CL.TE, good chunks", chunked(chunks+second, "Content-Length: 3"), 1},
		{"TE.CL", chunked(chunks+second, length), 1},
		{"chunks, then more", chunked(chunks + second), 1},
		{"TE.TE", request(sendLine, chunks+second, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"), 0},
		{"two codings", request(sendLine, chunks+second, "Transfer-Encoding: gzip, chunked"), 0},
		{"chunked twice", request(sendLine, chunks+second, "Transfer-Encoding: chunked, chunked"), 0},
		{"unknown coding", request(sendLine, chunks+second, "Transfer-Encoding: xchunked", length), 0},
		{"coding behind a tab", request(sendLine, chunks+second, "Transfer-Encoding:\tchunked", length), 1},
		{"coding behind a vertical tab", request(sendLine, chunks+second, "Transfer-Encoding: \x0bchunked", length), 0},
		{"coding in quotes", request(sendLine, chunks+second, `Transfer-Encoding: "chunked"`, length), 0},
		{"space before the colon, TE", request(sendLine, chunks+second, "Transfer-Encoding : chunked", length), 0},
		{"space before the colon, CL", with("Content-Length : 3", length), 0},
		{"name in two words", with("Content Length: 3", length), 0},
		{"TE folded", request(sendLine, chunks+second, "Transfer-Encoding:\r\n chunked", length), 1},
		{"two lengths", with("Content-Length: 3", length), 0},
		{"two lengths in one", with(length + ", 3"), 0},
		{"length twice in one", with(fmt.Sprintf("%s, %d", length, len(hello))), 0},
		{"length with a plus", with(fmt.Sprintf("Content-Length: +%d", len(hello))), 0},
		{"length with a minus", with("Content-Length: -1"), 0},
		{"length in hexadecimal", with(fmt.Sprintf("Content-Length: 0x%x", len(hello))), 0},
		{"length with a space", with("Content-Length: 3 4"), 0},
		{"length too large", with("Content-Length: 99999999999999999999999999"), 0},
		{"length over the body", with(fmt.Sprint("Content-Length: ", len(hello)+5)), 0},
		{"CL.0", request(sendLine, second, fmt.Sprint("Content-Length: ", len(second))), 0},
		{"GET with a request as body", request("GET /shop/v23.0/me HTTP/1.1", second, fmt.Sprint("Content-Length: ", len(second))), 0},
		{"folded header", post(sendLine, "X-A: b\r\n "+decoy), 1},
		{"folded first line", "POST /shop/v23.0/me/messages HTTP/1.1\r\n X: y\r\nHost: piiproxy\r\n" + length + "\r\n\r\n" + hello, 0},
		{"bare LF", strings.ReplaceAll(post(sendLine), "\r\n", "\n"), 1},
		{"bare LF in a value", post(sendLine, "X-A: b\nX-C: d"), 1},
		{"bare CR", post(sendLine, "X-A: b\rX-C: d"), 0},
		{"NUL", post(sendLine, "X-A: b\x00c"), 0},
		{"empty name", post(sendLine, ": b"), 0},
		{"no colon", post(sendLine, "nothing"), 0},
		{"no Host", "POST /shop/v23.0/me/messages HTTP/1.1\r\n" + length + "\r\n\r\n" + hello, 0},
		{"two Hosts", post(sendLine, "Host: "+decoy), 0},
		{"Host with a path", strings.Replace(post(sendLine), "Host: piiproxy", "Host: piiproxy/"+decoy, 1), 0},
		{"HTTP/0.9", "GET /shop/v23.0/me\r\n", 0},
		{"HTTP/3.0", post("POST /shop/v23.0/me/messages HTTP/3.0"), 0},
		{"HTTP/1.0 in chunks", strings.Replace(chunked(chunks+second), "HTTP/1.1", "HTTP/1.0", 1), 1},
		{"space in the target", post("POST /shop/v23.0/me /messages HTTP/1.1"), 0},
		{"tabs in the first line", post("POST\t/shop/v23.0/me/messages\tHTTP/1.1"), 0},
		{"blank line first", "\r\n" + post(sendLine), 1},
		{"chunk extension", chunked(fmt.Sprintf("%x;a=%s\r\n%s\r\n0\r\n\r\n", len(hello), strings.Repeat("b", 100), hello)), 1},
		{"long chunk extension", chunked(fmt.Sprintf("%x;a=%s\r\n%s\r\n0\r\n\r\n", len(hello), strings.Repeat("b", 1<<20), hello)), 0},
		{"chunk size overflows", chunked("ffffffffffffffff0\r\n" + hello + "\r\n0\r\n\r\n" + second), 0},
		{"chunk size negative", chunked("-1\r\n" + hello + "\r\n0\r\n\r\n" + second), 0},
		{"chunk size 0x", chunked(fmt.Sprintf("0x%x\r\n%s\r\n0\r\n\r\n", len(hello), hello)), 0},
		{"chunk size empty", chunked("\r\n" + hello + "\r\n0\r\n\r\n" + second), 0},
		{"chunk longer than its size", chunked("5\r\n" + hello + "\r\n0\r\n\r\n" + second), 0},
		{"chunk without its end", chunked(fmt.Sprintf("%x\r\n%s0\r\n\r\n", len(hello), hello)), 0},
		{"chunks end with LF", chunked(fmt.Sprintf("%x\n%s\n0\n\n", len(hello), hello)), 1},
		{"chunks without an end", chunked(fmt.Sprintf("%x\r\n%s\r\n", len(hello), hello)), 0},
		{"chunks broken off", chunked(fmt.Sprintf("%x\r\n%s", len(hello), hello[:10])), 0},
		{"trailers", chunked(fmt.Sprintf("%x\r\n%s\r\n0\r\nContent-Length: 3\r\nAuthorization: Bearer smuggled\r\nX-Smuggled: y\r\n\r\n", len(hello), hello), "Trailer: X-Smuggled"), 1},
		{"expects something odd", post(sendLine, "Expect: smuggled"), 0},
	}
}
