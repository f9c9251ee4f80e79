package proxy_test

import (
	"fmt"
	"strings"
)

// lengths are bodies whose length two servers may read in two ways (threats.md
// O5; RFC 9112, 6.3).
func (c caller) lengths() []hostile {
	n := len(c.body)
	length := func(format string) string { return c.with("Content-Length: " + fmt.Sprintf(format, n)) }
	return []hostile{
		{"two lengths", c.with("Content-Length: 3", c.length()), 0},
		{"two lengths in one", c.with(c.length() + ", 3"), 0},
		{"length twice", c.with(c.length(), c.length()), 1},
		{"length twice in one", c.with(fmt.Sprintf("%s, %d", c.length(), n)), 0},
		{"length with a plus", length("+%d"), 0},
		{"length with a minus", length("-%d"), 0},
		{"length minus zero", c.with("Content-Length: -0"), 0},
		{"length in hexadecimal", length("0x%x"), 0},
		{"length in octal", length("0o%o"), 0},
		{"length with zeros before", length("000000%d"), 1},
		{"length with an underscore", length("%d_0"), 0},
		{"length with a point", length("%d.0"), 0},
		{"length with an exponent", length("%de0"), 0},
		{"length with a space", c.with("Content-Length: 3 4"), 0},
		{"length with a tab", length("\t%d\t"), 1},
		{"length with a vertical tab", length("\v%d"), 0},
		{"length with a form feed", length("%d\f"), 0},
		{"length with a NUL", length("%d\x00"), 0},
		{"length with a no-break space", length("\u00a0%d"), 0},
		{"length with a semicolon", length("%d;"), 0},
		{"length with a comma", length("%d,"), 0},
		{"length with a comment", length("%d (all)"), 0},
		{"length in quotes", length("\"%d\""), 0},
		{"length in full-width digits", c.with("Content-Length: ６１"), 0},
		{"length empty", c.with("Content-Length:"), 0},
		{"length of words", c.with("Content-Length: all"), 0},
		{"length too large", c.with("Content-Length: 99999999999999999999999999"), 0},
		{"length of 2^63", c.with("Content-Length: 9223372036854775808"), 0},
		{"length of 2^63-1", c.with("Content-Length: 9223372036854775807"), 0},
		{"length that wraps at 2^32", c.with(fmt.Sprint("Content-Length: ", 1<<32+int64(n))), 0},
		{"length that wraps at 2^64", c.with("Content-Length: 184467440737095516" + fmt.Sprint(16+n)), 0},
		{"length over the body", c.with(fmt.Sprint("Content-Length: ", n+5)), 0},
		{"length one over the body", c.with(fmt.Sprint("Content-Length: ", n+1)), 0},
		{"length one under the body", c.with(fmt.Sprint("Content-Length: ", n-1)), 0},
		{"no length", c.with(), 0},
		{"space before the colon, CL", c.with("Content-Length : 3", c.length()), 0},
		{"tab before the colon, CL", c.with("Content-Length\t: 3", c.length()), 0},
		{"name in two words", c.with("Content Length: 3", c.length()), 0},
		{"name of another hyphen", c.with("Content‐Length: 3", c.length()), 0},
		{"name in mixed case", c.with("cOnTeNt-lEnGtH: 3", c.length()), 0},
		{"length folded", c.with(fmt.Sprintf("Content-Length:\r\n %d", n)), 1},
	}
}

// codings are bodies whose transfer coding two servers may read in two ways
// (RFC 9112, 6.1).
func (c caller) codings() []hostile {
	both := func(lines ...string) string { return c.request(c.line(), c.chunks()+c.second, lines...) }
	coding := func(value string) string { return both("Transfer-Encoding: "+value, c.length()) }
	return []hostile{
		{"CL.TE", c.chunked("0\r\n\r\n"+c.second, c.length()), 0},
		{"CL.TE, good chunks", c.chunked(c.chunks()+c.second, "Content-Length: 3"), 1},
		{"TE.CL", c.chunked(c.chunks()+c.second, c.length()), 1},
		{"chunks, then more", c.chunked(c.chunks() + c.second), 1},
		{"TE.TE", both("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), 0},
		{"TE.TE the other way", both("Transfer-Encoding: identity", "Transfer-Encoding: chunked"), 0},
		{"TE.TE the same", both("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 0},
		{"TE.TE and a length", both("Transfer-Encoding: chunked", "Transfer-encoding: x", c.length()), 0},
		{"two codings", both("Transfer-Encoding: gzip, chunked"), 0},
		{"gzip as a coding", both("Transfer-Encoding: gzip"), 0},
		{"chunked not last", coding("chunked, identity"), 0},
		{"identity before chunked", coding("identity, chunked"), 0},
		{"identity alone", coding("identity"), 0},
		{"chunked twice", both("Transfer-Encoding: chunked, chunked"), 0},
		{"chunked with a parameter", coding("chunked;q=1"), 0},
		{"chunked with a comma", coding("chunked,"), 0},
		{"comma before chunked", coding(",chunked"), 0},
		{"chunked in capitals", coding("CHUNKED"), 1},
		{"chunked with a letter that folds", coding("chun\u212aed"), 0},
		{"unknown coding", coding("xchunked"), 0},
		{"cow", coding("cow"), 0},
		{"coding empty", coding(""), 0},
		{"coding behind a tab", coding("\tchunked"), 1},
		{"coding behind a vertical tab", coding("\x0bchunked"), 0},
		{"coding behind a no-break space", coding("\u00a0chunked"), 0},
		{"coding before a NUL", coding("chunked\x00"), 0},
		{"coding before a CR", coding("chunked\r"), 0},
		{"coding in quotes", coding(`"chunked"`), 0},
		{"coding in apostrophes", coding(`'chunked'`), 0},
		{"coding in brackets", coding("[chunked]"), 0},
		{"space before the colon, TE", both("Transfer-Encoding : chunked", c.length()), 0},
		{"space before the name, TE", both("X-A: b", " Transfer-Encoding: chunked", c.length()), 0},
		{"TE folded", both("Transfer-Encoding:\r\n chunked", c.length()), 1},
		{"TE behind a bare LF", both("X-A: b\nTransfer-Encoding: chunked", c.length()), 1},
		{"TE behind a bare CR", both("X-A: b\rTransfer-Encoding: chunked", c.length()), 0},
		{"TE in HTTP/1.0", strings.Replace(c.chunked(c.chunks()+c.second), "HTTP/1.1", "HTTP/1.0", 1), 0},
		{"TE and a length in HTTP/1.0", strings.Replace(c.chunked(c.chunks()+c.second, c.length()), "HTTP/1.1", "HTTP/1.0", 1), 0},
		{"TE taken away by Connection", c.chunked(c.chunks()+c.second, "Connection: transfer-encoding", c.length()), 1},
		{"content coding chunked", c.post(c.line(), "Content-Encoding: chunked"), 0},
		{"content coding gzip of plain bytes", c.post(c.line(), "Content-Encoding: gzip"), 0},
		{"content coding br", c.post(c.line(), "Content-Encoding: br"), 0},
		{"content coding zstd", c.post(c.line(), "Content-Encoding: zstd"), 0},
		{"content coding deflate", c.post(c.line(), "Content-Encoding: deflate"), 0},
		{"content coding twice", c.post(c.line(), "Content-Encoding: gzip, gzip"), 0},
		{"content coding in two lines", c.post(c.line(), "Content-Encoding: identity", "Content-Encoding: gzip"), 0},
	}
}

// zero are requests that say they have no body and have one (CL.0).
func (c caller) zero() []hostile {
	return []hostile{
		{"CL.0", c.request(c.line(), c.second, fmt.Sprint("Content-Length: ", len(c.second))), 0},
		{"CL.0 in chunks", c.chunked(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(c.second), c.second)), 0},
		{"CL.0 with an unread body", c.request("PUT "+c.target+" HTTP/1.1", c.second, fmt.Sprint("Content-Length: ", len(c.second))), 0},
		{"CL.0 with a body of another type", strings.Replace(c.request(c.line(), c.second, fmt.Sprint("Content-Length: ", len(c.second))), "application/json", "text/plain", 1), 0},
		{"CL.0 with too large a body", c.request(c.line(), c.second, "Content-Length: 9000000"), 0},
		{"CL.0 that waits to be asked", c.request(c.line(), c.second, "Expect: 100-continue", fmt.Sprint("Content-Length: ", len(c.second))), 0},
		{"CL.0 that waits, with an unread body", c.request("PUT "+c.target+" HTTP/1.1", c.second, "Expect: 100-continue", fmt.Sprint("Content-Length: ", len(c.second))), 0},
	}
}

// chunkSizes are chunks whose size two servers may read in two ways (RFC 9112,
// 7.1).
func (c caller) chunkSizes() []hostile {
	n := len(c.body)
	size := func(format string) string {
		return c.chunked(fmt.Sprintf(format, n) + "\r\n" + c.body + "\r\n0\r\n\r\n" + c.second)
	}
	var bytewise strings.Builder
	for i := range n {
		fmt.Fprintf(&bytewise, "1\r\n%s\r\n", c.body[i:i+1])
	}
	return []hostile{
		{"chunk size overflows", size("ffffffffffffffff%x"), 0},
		{"chunk size wraps", size("10000000000000%03x"), 0},
		{"chunk size of 2^63", size("8000000000000000%.0s"), 0},
		{"chunk size of 2^32", size("100000000%.0s"), 0},
		{"chunk size negative", size("-%x"), 0},
		{"chunk size minus zero", c.chunked("-0\r\n\r\n" + c.second), 0},
		{"chunk size with a plus", size("+%x"), 0},
		{"chunk size 0x", size("0x%x"), 0},
		{"chunk size with an underscore", size("%x_0"), 0},
		{"chunk size in capitals", c.chunked(fmt.Sprintf("A\r\n%s\r\n%X\r\n%s\r\n0\r\n\r\n", c.body[:10], n-10, c.body[10:])), 1},
		{"chunk size with zeros before", size("00000%x"), 1},
		{"chunk size with many zeros before", size("00000000000000000000%x"), 0},
		{"chunk size empty", size("%.0s"), 0},
		{"chunk size of a letter", size("g%x"), 0},
		{"chunk size behind a space", size(" %x"), 0},
		{"chunk size before a space", size("%x "), 1},
		{"chunk size before a tab", size("%x\t"), 1},
		{"chunk size before a NUL", size("%x\x00"), 0},
		{"chunk size in quotes", size("\"%x\""), 0},
		{"chunk size in full-width digits", size("％x%.0s"), 0},
		{"chunk extension", size("%x;a=" + strings.Repeat("b", 100)), 1},
		{"chunk extension in quotes", size(`%x;a="b;c\"d"`), 1},
		{"chunk extension empty", size("%x;"), 1},
		{"chunk extension behind a space", size("%x ;a"), 0},
		{"chunk extension with a CR", size("%x;a=\rb"), 0},
		{"chunk extension with an LF", size("%x;a=\nb"), 0},
		{"chunk extension with a line end in quotes", size("%x;a=\"\r\nb\""), 0},
		{"chunk extension with a NUL", size("%x;a=\x00"), 1},
		{"long chunk extension", size("%x;a=" + strings.Repeat("b", 1<<20)), 0},
		{"a long extension a byte", c.chunked(strings.ReplaceAll(bytewise.String(), "1\r\n", "1;"+strings.Repeat("x", 2000)+"\r\n") + "0\r\n\r\n"), 0},
		{"a chunk a byte", c.chunked(bytewise.String() + "0\r\n\r\n" + c.second), 1},
	}
}

// chunkEnds are chunks that do not end where they say.
func (c caller) chunkEnds() []hostile {
	n := len(c.body)
	return []hostile{
		{"chunk longer than its size", c.chunked("5\r\n" + c.body + "\r\n0\r\n\r\n" + c.second), 0},
		{"chunk shorter than its size", c.chunked(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", n+9, c.body) + c.second), 0},
		{"chunk without its end", c.chunked(fmt.Sprintf("%x\r\n%s0\r\n\r\n", n, c.body)), 0},
		{"chunk ends with two other bytes", c.chunked(fmt.Sprintf("%x\r\n%sXX0\r\n\r\n", n, c.body)), 0},
		{"chunk ends with LF CR", c.chunked(fmt.Sprintf("%x\r\n%s\n\r0\r\n\r\n", n, c.body)), 0},
		{"chunk ends with CR", c.chunked(fmt.Sprintf("%x\r\n%s\r0\r\n\r\n", n, c.body)), 0},
		{"chunk size ends with CR", c.chunked(fmt.Sprintf("%x\r%s\r\n0\r\n\r\n", n, c.body)), 0},
		{"chunk size ends with CR CR LF", c.chunked(fmt.Sprintf("%x\r\r\n%s\r\n0\r\n\r\n", n, c.body)), 0},
		{"chunks end with LF", c.chunked(fmt.Sprintf("%x\n%s\n0\n\n", n, c.body)), 0},
		{"only the size ends with LF", c.chunked(fmt.Sprintf("%x\n%s\r\n0\r\n\r\n", n, c.body)), 0},
		{"chunks without an end", c.chunked(fmt.Sprintf("%x\r\n%s\r\n", n, c.body)), 0},
		{"chunks broken off", c.chunked(fmt.Sprintf("%x\r\n%s", n, c.body[:10])), 0},
		{"last chunk without its blank line", c.chunked(fmt.Sprintf("%x\r\n%s\r\n0\r\n", n, c.body)), 0},
		{"last chunk of many zeros", c.chunked(fmt.Sprintf("%x\r\n%s\r\n000\r\n\r\n", n, c.body) + c.second), 1},
		{"last chunk with an extension", c.chunked(fmt.Sprintf("%x\r\n%s\r\n0;x=\"y\"\r\n\r\n", n, c.body) + c.second), 1},
		{"last chunk first", c.chunked("0\r\n\r\n" + c.chunks()), 0},
		{"more after the last chunk", c.chunked(c.chunks() + "5\r\nhello\r\n0\r\n\r\n"), 1},
	}
}

// trailers are headers behind the last chunk (RFC 9110, 6.5).
func (c caller) trailers() []hostile {
	trailer := func(lines ...string) string {
		return c.chunked(fmt.Sprintf("%x\r\n%s\r\n0\r\n%s\r\n\r\n", len(c.body), c.body, strings.Join(lines, "\r\n"))+c.second, "Trailer: X-Smuggled")
	}
	return []hostile{
		{"trailers", trailer("X-Smuggled: y"), 1},
		{"trailers that may not be", trailer("Content-Length: 3", "Authorization: Bearer smuggled", "X-Smuggled: y"), 1},
		{"trailer Transfer-Encoding", trailer("Transfer-Encoding: chunked"), 1},
		{"trailer Host", trailer("Host: smuggled"), 1},
		{"trailer folded", trailer("X-Smuggled: y", " z"), 1},
		{"trailer without a colon", trailer("X-Smuggled"), 0},
		{"trailer with a space before the colon", trailer("X-Smuggled : y"), 1},
		{"trailer with a bare LF", trailer("X-A: b\nX-Smuggled: y"), 1},
		{"trailer with a NUL", trailer("X-A: \x00"), 0},
		{"a long trailer", trailer("X-A: " + strings.Repeat("y", 100<<10)), 0},
		{"many trailers", trailer(strings.TrimSuffix(strings.Repeat("X-A: y\r\n", 5000), "\r\n")), 0},
		{"trailer announced that may not be", c.chunked(c.chunks(), "Trailer: Content-Length"), 0},
	}
}
