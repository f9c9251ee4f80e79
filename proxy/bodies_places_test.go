package proxy_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
)

// hidingPlace is a place in which a card can stand.
type hidingPlace struct {
	name        string
	needs, not  trait
	put         func(o *outgoing)
	leavesOther bool // it is no part of what is sent on, so the rest may go
}

const wordsWithCard = "my card is " + card

func says(words string) string { return `{"text":"` + words + `"}` }

// percentAll spells every byte of a text as %XX.
func percentAll(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
	}
	return b.String()
}

func entities(text string) string {
	return strings.NewReplacer("4", "&#52;", "1", "&#49;").Replace(text)
}

func escapes(text string) string {
	return strings.NewReplacer("4", `\u0034`, "1", `\u0031`).Replace(text)
}

func inJSONString(text string, times int) string {
	for range times {
		text = `{"note":"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"}`
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
}

func message(text string) func(*outgoing) { return func(o *outgoing) { o.message = text } }

func utf16Body(body []byte) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(string(body))) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return out
}

func charset(name string) func(string) string {
	return func(t string) string { return t + "; charset=" + name }
}

func item(o *outgoing, member string) { o.message, o.member = says("hello"), member }

func file(name, contentType, content string) func(*outgoing) {
	return func(o *outgoing) { o.file = &attached{name, contentType, content, ""} }
}

// hidingPlaces are the rows of the table.
func hidingPlaces() []hidingPlace {
	return slices.Concat(placesInWords(), placesInTexts(), placesInCoding(), placesInParts(), placesInBatch())
}

func placesInWords() []hidingPlace {
	return []hidingPlace{
		{name: "the text", put: message(says(wordsWithCard))},
		{name: "the text, in \\u escapes", put: message(says("my card is " + escapes(digits)))},
		{name: "the text, full-width digits", put: message(says("my card is ４１１１ １１１１ １１１１ １１１１"))},
		{name: "the text, percent-encoded once more", put: message(says("my card is " + percentAll(digits)))},
		{name: "the text, HTML entities", put: message(says("my card is " + entities(digits)))},
		{name: "the text, base64", put: message(says("my card is " + base64.StdEncoding.EncodeToString([]byte(digits))))},
		{name: "JSON in the text", put: message(says(inJSONString(wordsWithCard, 1)))},
		{name: "JSON in JSON in the text, six deep", put: message(says(inJSONString(wordsWithCard, 6)))},
		{name: "a member that nobody listed", put: message(`{"text":"hello","note":"` + wordsWithCard + `"}`)},
		{name: "a member's name", put: message(`{"text":"hello","` + digits + `":"x"}`)},
		{name: "a number in the text's place", put: message(`{"text":` + digits + `}`)},
		{name: "an array of digits", put: message(`{"text":["4111","1111","1111","1111"]}`)},
		{name: "a duplicate name, second value", put: message(`{"text":"hello","text":"` + card + `"}`)},
		{name: "a comment", put: message(`{"text":"hello"/* ` + card + ` */}`)},
		{name: "behind the JSON", put: message(`{"text":"hello"} ` + card)},
		{name: "a parameter that nobody listed", put: func(o *outgoing) { o.more = [][2]string{{"note", `"` + wordsWithCard + `"`}} }},
		{name: "a parameter twice, second value", put: func(o *outgoing) { o.more = [][2]string{{"message", says(card)}} }},
		{name: "the query, beside the body", not: inQuery, put: func(o *outgoing) { o.query = "note=" + url.QueryEscape(wordsWithCard) }},
		{name: "the query, message there too", not: inQuery, put: func(o *outgoing) { o.query = "message=" + url.QueryEscape(says(wordsWithCard)) }},
		{name: "a header", leavesOther: true, put: func(o *outgoing) { o.headers = append(o.headers, "X-Note: "+card) }},
		{name: "the query, Message there", not: inQuery, put: func(o *outgoing) { o.query = "Message=" + url.QueryEscape(says(wordsWithCard)) }},
		{name: "a file's offset, in a header", leavesOther: true, put: func(o *outgoing) { o.headers = append(o.headers, "File_Offset: "+digits) }},
		{name: "an offset, in a header", leavesOther: true, put: func(o *outgoing) { o.headers = append(o.headers, "Offset: "+card) }},
		{name: "Content-Disposition", leavesOther: true, put: func(o *outgoing) { o.headers = append(o.headers, `Content-Disposition: form-data; name="`+card+`"`) }},
		{name: "a trailer's name", leavesOther: true, put: func(o *outgoing) { o.headers = append(o.headers, "Trailer: X-"+digits) }},
		{name: "the User-Agent", leavesOther: true, put: func(o *outgoing) { o.headers = append(o.headers, "User-Agent: "+wordsWithCard) }},
	}
}

// placesInTexts are places in a text that stands where a document is expected. Who
// reads JSON leniently finds one there.
func placesInTexts() []hidingPlace {
	text := func(text string) func(*outgoing) {
		quoted, _ := json.Marshal(text)
		return message(string(quoted))
	}
	return []hidingPlace{
		{name: "relaxed JSON as text", put: text("{'text':'" + wordsWithCard + "'}")},
		{name: "relaxed JSON as text, \\u escapes", put: text("{'text':'" + escapes(digits) + "'}")},
		{name: "relaxed JSON as text, \\x escapes", put: text("{'text':'" + hexEscapes(digits) + "'}")},
		{name: "relaxed JSON as text, octal escapes", put: text("{'text':'" + octalEscapes(digits) + "'}")},
		{name: "JSON as text, \\x escapes", put: text(`{"text":"` + hexEscapes(digits) + `"}`)},
		{name: "JSON as text, a comma at the end, \\x escapes", put: text(`{"text":"` + hexEscapes(digits) + `",}`)},
		{name: "JSON as text, a comment in front, \\x escapes", put: text(`/**/{"text":"` + hexEscapes(digits) + `"}`)},
		{name: "JSON as text, behind a byte order mark, \\u escapes", put: text("\ufeff" + `{"text":"` + escapes(digits) + `"}`)},
		{name: "JSON as text, behind a byte order mark, \\x escapes", put: text("\ufeff" + `{"text":"` + hexEscapes(digits) + `"}`)},
		{name: "JSON as text, behind a form feed, \\x escapes", put: text("\f" + `{"text":"` + hexEscapes(digits) + `"}`)},
		{name: "JSON as text, a line that goes on", put: text(`{"text":"4111 1111 \` + "\n" + `1111 1111"}`)},
		{name: "a JSON string as text, \\u escapes", put: text(`"` + escapes(digits) + `"`)},
		{name: "a JSON string as text, \\x escapes", put: text(`'` + hexEscapes(digits) + `'`)},
		{name: "relaxed JSON in a member, \\x escapes", put: message(`{"attachment":"{'payload':{'text':'` + strings.ReplaceAll(hexEscapes(digits), `\`, `\\`) + `'}}"}`)},
		{name: "JSON in a member, a comma at the end, \\x escapes", put: message(`{"attachment":"{'payload':{'text':'` + strings.ReplaceAll(hexEscapes(digits), `\`, `\\`) + `',}}"}`)},
		{name: "__proto__", put: message(`{"text":"hello","__proto__":{"text":"` + wordsWithCard + `"}}`)},
	}
}

// hexEscapes and octalEscapes spell digits as JavaScript, PHP and Python read them.
func hexEscapes(text string) string {
	return strings.NewReplacer("4", `\x34`, "1", `\x31`).Replace(text)
}

func octalEscapes(text string) string {
	return strings.NewReplacer("4", `\064`, "1", `\061`).Replace(text)
}

func placesInCoding() []hidingPlace {
	withCard := func(change func(*outgoing)) func(*outgoing) {
		return func(o *outgoing) { o.message = says(wordsWithCard); change(o) }
	}
	return []hidingPlace{
		{name: "url-encoded twice", needs: isForm, put: withCard(func(o *outgoing) { o.spell = url.QueryEscape })},
		{name: "url-encoded twice, digits", needs: isForm, put: message(says("my card is " + percentAll(percentAll(digits))))},
		{name: "brackets in a field's name", needs: isForm, put: func(o *outgoing) { o.more = [][2]string{{"message[text]", `"` + wordsWithCard + `"`}} }},
		{name: "brackets in a field's name, encoded", needs: isForm, put: func(o *outgoing) { o.more = [][2]string{{"message%5Btext%5D", `"` + wordsWithCard + `"`}} }},
		{name: "a list's brackets in a field's name", needs: isForm, put: func(o *outgoing) { o.more = [][2]string{{"message[]", `"` + wordsWithCard + `"`}} }},
		{name: "a dot in a field's name", needs: isForm, put: func(o *outgoing) { o.more = [][2]string{{"message.text", `"` + wordsWithCard + `"`}} }},
		{name: "a space in front of a field's name", needs: isForm, put: func(o *outgoing) { o.more = [][2]string{{"+message", `"` + wordsWithCard + `"`}} }},
		{name: "a byte order mark in front of a field's name", needs: isForm, put: func(o *outgoing) { o.more = [][2]string{{"%EF%BB%BFmessage", `"` + wordsWithCard + `"`}} }},
		{name: "a full-width field's name", needs: isForm, put: func(o *outgoing) { o.more = [][2]string{{"%EF%BD%8Dessage", `"` + wordsWithCard + `"`}} }},
		{name: "a capital in a field's name", needs: isForm, put: func(o *outgoing) { o.more = [][2]string{{"Message", says(wordsWithCard)}} }},
		{name: "a field without a name", needs: isForm, put: func(o *outgoing) { o.more = [][2]string{{"", `"` + wordsWithCard + `"`}} }},
		{name: "a field's name", needs: isForm, put: func(o *outgoing) { o.more = [][2]string{{"note" + digits, `"x"`}} }},
		{name: "behind a semicolon", needs: isForm | hasBody, not: isBatch, put: func(o *outgoing) {
			o.recode = func(b []byte) []byte { return append(b, ";note="+digits...) }
		}},
		{name: "behind the body", needs: hasBody, not: isPacked, put: func(o *outgoing) { o.recode = func(b []byte) []byte { return append(b, "\r\n"+wordsWithCard...) } }},
		{name: "UTF-16, said", needs: hasBody, put: withCard(func(o *outgoing) { o.recode, o.retype = utf16Body, charset("utf-16") })},
		{name: "UTF-16, not said", needs: hasBody, put: withCard(func(o *outgoing) { o.recode = utf16Body })},
		{name: "charset said that is not there", needs: hasBody, put: withCard(func(o *outgoing) { o.retype = charset("ibm037") })},
		{name: "two charsets", needs: hasBody, put: withCard(func(o *outgoing) { o.retype = func(t string) string { return charset("utf-16")(charset("utf-8")(t)) } })},
		{name: "gzip", needs: hasBody, not: isPacked, put: withCard(func(o *outgoing) {
			o.recode, o.headers = zipped, append(o.headers, "Content-Encoding: gzip")
		})},
		{name: "gzip, not said", needs: hasBody, not: isPacked, put: withCard(func(o *outgoing) { o.recode = zipped })},
		{name: "gzip twice", needs: hasBody | isPacked, put: withCard(func(o *outgoing) { o.recode = zipped })},
		{name: "gzip twice, both said", needs: hasBody, not: isPacked, put: withCard(func(o *outgoing) {
			o.recode, o.headers = func(b []byte) []byte { return zipped(zipped(b)) }, append(o.headers, "Content-Encoding: gzip, gzip")
		})},
		{name: "gzip, a second member behind", needs: hasBody, not: isPacked, put: func(o *outgoing) {
			o.recode, o.headers = func(b []byte) []byte { return append(zipped(b), zipped([]byte(wordsWithCard))...) }, append(o.headers, "Content-Encoding: gzip")
		}},
		{name: "brotli said", needs: hasBody, not: isPacked, put: withCard(func(o *outgoing) { o.headers = append(o.headers, "Content-Encoding: br") })},
		{name: "a parameter of the Content-Type", needs: hasBody, leavesOther: true, put: func(o *outgoing) {
			o.retype = func(t string) string { return t + "; note=\"" + card + "\"" }
		}},
		{name: "another type said", needs: hasBody, put: withCard(func(o *outgoing) { o.retype = func(string) string { return "text/plain" } })},
		{name: "no type said", needs: hasBody, put: withCard(func(o *outgoing) { o.retype = func(string) string { return "" } })},
	}
}

func placesInParts() []hidingPlace {
	part := func(head, body string) func(*outgoing) {
		return func(o *outgoing) { o.part = head + "\r\n\r\n" + body }
	}
	const note = `Content-Disposition: form-data; name="note"`
	return []hidingPlace{
		{name: "a part's name", needs: isMultipart, put: part(`Content-Disposition: form-data; name="`+digits+`"`, "x")},
		{name: "a part's unknown header", needs: isMultipart, leavesOther: true, put: part(note+"\r\nX-Note: "+card, "x")},
		{name: "a part's Content-Type", needs: isMultipart, leavesOther: true, put: part(note+"\r\nContent-Type: text/plain; note=\""+card+"\"", "x")},
		{name: "a part in base64", needs: isMultipart, put: part(note+"\r\nContent-Transfer-Encoding: base64", base64.StdEncoding.EncodeToString([]byte(wordsWithCard)))},
		{name: "a part in quoted-printable", needs: isMultipart, put: part(note+"\r\nContent-Transfer-Encoding: quoted-printable", strings.ReplaceAll(digits, "4", "=34"))},
		{name: "a part in UTF-16", needs: isMultipart, put: part(note+"\r\nContent-Type: text/plain; charset=utf-16", string(utf16Body([]byte(wordsWithCard))))},
		{name: "a part in parts", needs: isMultipart, put: part(note+"\r\nContent-Type: multipart/mixed; boundary=inner", "--inner\r\n\r\n"+wordsWithCard+"\r\n--inner--")},
		{name: "before the first boundary", needs: isMultipart, leavesOther: true, put: func(o *outgoing) { o.around[0] = wordsWithCard + "\r\n" }},
		{name: "behind the last boundary", needs: isMultipart, leavesOther: true, put: func(o *outgoing) { o.around[1] = wordsWithCard }},
		{name: "a file's name", needs: hasFile, put: file("card "+digits+".png", "image/png", tinyPNG())},
		{name: "a file's name, RFC 2231", needs: hasFile, put: file(`a.png"; filename*=utf-8''`+percentAll(digits)+`; x="`, "image/png", tinyPNG())},
		{name: "a file's name, percent-encoded", needs: hasFile, put: file("card "+percentAll(digits)+".png", "image/png", tinyPNG())},
		{name: "a file's name, full-width digits", needs: hasFile, put: file("４１１１１１１１１１１１１１１１.png", "image/png", tinyPNG())},
		{name: "a file's name, \\u escapes", needs: hasFile, put: file(escapes(digits)+".png", "image/png", tinyPNG())},
		{name: "a file's name, a path", needs: hasFile, put: file(digits+"/a.png", "image/png", tinyPNG())},
		{name: "a file's type", needs: hasFile, put: file("a.png", "image/png; charset="+digits, tinyPNG())},
		{name: "a file in the message's place", needs: hasFile, put: part(`Content-Disposition: form-data; name="text"; filename="a.txt"`, wordsWithCard)},
		{name: "a file of no name", needs: isMultipart, put: part(note+`; filename=""`, wordsWithCard)},
		{name: "a file of no name, RFC 2231", needs: isMultipart, put: part(note+"; filename*=utf-8''", wordsWithCard)},
		{name: "a part of two names", needs: isMultipart, put: part(note+`; name="`+digits+`"`, "x")},
		{name: "a part's name, RFC 2231", needs: isMultipart, put: part(note+`; name*=utf-8''`+percentAll(digits), "x")},
		{name: "a part that is a form", needs: isMultipart, put: part(note+"\r\nContent-Type: application/x-www-form-urlencoded", "note="+percentAll(percentAll(digits)))},
		{name: "a part that names the charset", needs: isMultipart, put: part(`Content-Disposition: form-data; name="_charset_"`, digits)},
		{name: "a part's disposition", needs: isMultipart, put: part("Content-Disposition: attachment; name=note", wordsWithCard)},
		{name: "a part's length", needs: isMultipart, put: part(note+"\r\nContent-Length: "+digits, "x")},
		{name: "a part, a JSON string in \\u escapes", needs: isMultipart, put: part(note+"\r\nContent-Type: application/json", `"`+escapes(digits)+`"`)},
		{name: "a field behind the file", needs: hasFile, put: func(o *outgoing) { o.behind = [][2]string{{"note", `"` + wordsWithCard + `"`}} }},
		{name: "a text file", needs: hasFile, put: file("a.txt", "text/plain", wordsWithCard)},
		{name: "a CSV file", needs: hasFile, put: file("a.csv", "text/csv", "name,card\r\nAnna,"+digits+"\r\n")},
		{name: "a JSON file", needs: hasFile, put: file("a.json", "application/json", `{"card":"`+escapes(digits)+`"}`)},
		{name: "a text file in UTF-16", needs: hasFile, put: file("a.txt", "text/plain", "\xff\xfe"+string(utf16Body([]byte(wordsWithCard))))},
		{name: "text that is called a picture", needs: hasFile, put: file("a.png", "image/png", wordsWithCard)},
		{name: "a picture that is called text", needs: hasFile, put: file("a.txt", "text/plain", "\x89PNG\r\n\x1a\n"+wordsWithCard)},
		{name: "a JPEG's comment", needs: hasFile, leavesOther: true, put: file("a.jpg", "image/jpeg", jpegWith(0xfe, wordsWithCard))},
		{name: "a JPEG's EXIF", needs: hasFile, leavesOther: true, put: file("a.jpg", "image/jpeg", jpegWith(0xe1, "Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"+wordsWithCard))},
		{name: "a JPEG's XMP", needs: hasFile, leavesOther: true, put: file("a.jpg", "image/jpeg", jpegWith(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+wordsWithCard))},
		{name: "behind a JPEG's end", needs: hasFile, leavesOther: true, put: file("a.jpg", "image/jpeg", jpegWith(0xe0, "")+wordsWithCard)},
		{name: "a PNG's text", needs: hasFile, leavesOther: true, put: file("a.png", "image/png", pngWith("tEXt", "Comment\x00"+wordsWithCard))},
		{name: "behind a PNG's end", needs: hasFile, leavesOther: true, put: file("a.png", "image/png", tinyPNG()+wordsWithCard)},
	}
}

func placesInBatch() []hidingPlace {
	return []hidingPlace{
		{name: "a batch's second item", needs: isBatch, put: func(o *outgoing) {
			o.items = `,{"method":"POST","relative_url":"me/messages","body":"recipient=%7B%22id%22%3A%22` + bert + `%22%7D&message=` + url.QueryEscape(says(wordsWithCard)) + `"}`
		}},
		{name: "an item's relative_url", needs: isBatch, put: func(o *outgoing) { o.address = "note=" + url.QueryEscape(wordsWithCard) }},
		{name: "an item's relative_url, message there too", needs: isBatch, put: func(o *outgoing) { o.address = "message=" + url.QueryEscape(says(card)) }},
		{name: "an item's address, its second question mark", needs: isBatch, put: func(o *outgoing) { o.address = "redirect=0?note=" + url.QueryEscape(wordsWithCard) }},
		{name: "an item's address, a fragment", needs: isBatch, put: func(o *outgoing) { o.address = "fields=id#" + url.QueryEscape(wordsWithCard) }},
		{name: "an item of a method in small letters", needs: isBatch, put: func(o *outgoing) {
			o.items = `,{"method":"post","relative_url":"me/messages","body":"recipient=%7B%22id%22%3A%22` + bert + `%22%7D&message=` + url.QueryEscape(says(wordsWithCard)) + `"}`
		}},
		{name: "an item that reads, in its body", needs: isBatch, put: func(o *outgoing) {
			o.items = `,{"method":"GET","relative_url":"me/messages","body":"note=` + url.QueryEscape(wordsWithCard) + `"}`
		}},
		{name: "an item of another host", needs: isBatch, put: func(o *outgoing) {
			o.items = `,{"method":"POST","relative_url":"https://other.example/me/messages","body":"note=` + url.QueryEscape(wordsWithCard) + `"}`
		}},
		{name: "an item above the root", needs: isBatch, put: func(o *outgoing) {
			o.items = `,{"method":"POST","relative_url":"me/../me/messages","body":"note=` + url.QueryEscape(wordsWithCard) + `"}`
		}},
		{name: "an item that is a batch by its address", needs: isBatch, put: func(o *outgoing) {
			o.items = `,{"method":"POST","relative_url":"/?batch=` + url.QueryEscape(`[{"method":"POST","relative_url":"me/messages","body":"message=`+percentAll(wordsWithCard)+`"}]`) + `"}`
		}},
		{name: "an item that is uploaded", needs: isBatch, put: func(o *outgoing) {
			o.items = `,{"method":"POST","relative_url":"me/uploads","body":"note=` + url.QueryEscape(wordsWithCard) + `"}`
		}},
		{name: "an item whose method is a parameter", needs: isBatch, put: func(o *outgoing) {
			o.items = `,{"method":"GET","relative_url":"me/messages?method=POST&message=` + url.QueryEscape(says(wordsWithCard)) + `"}`
		}},
		{name: "relaxed JSON in an item, \\x escapes", needs: isBatch, put: func(o *outgoing) {
			o.items = `,{"method":"POST","relative_url":"me/messages","body":"message=` + url.QueryEscape("{'text':'"+hexEscapes(digits)+"'}") + `"}`
		}},
		{name: "an item's name", needs: isBatch, put: func(o *outgoing) { item(o, `,"name":"`+digits+`"`) }},
		{name: "an item's headers", needs: isBatch, leavesOther: true, put: func(o *outgoing) { item(o, `,"headers":[{"name":"X-Note","value":"`+card+`"}]`) }},
		{name: "an item's unlisted member", needs: isBatch, put: func(o *outgoing) { item(o, `,"note":"`+wordsWithCard+`"`) }},
		{name: "an item's attached_files", needs: isBatch, put: func(o *outgoing) { item(o, `,"attached_files":"`+digits+`"`) }},
		{name: "an item's depends_on", needs: isBatch, put: func(o *outgoing) { item(o, `,"depends_on":"`+digits+`"`) }},
		{name: "an expression in the text", needs: isBatch, put: message(says("{result=" + digits + ":$.id}"))},
		{name: "a batch in a batch", needs: isBatch, put: func(o *outgoing) {
			o.more = [][2]string{{"batch", `[{"method":"POST","relative_url":"me/messages","body":"message=` + url.QueryEscape(says(digits)) + `"}]`}}
		}},
		{name: "an item's body as JSON", needs: isBatch, put: func(o *outgoing) {
			o.items = `,{"method":"POST","relative_url":"me/messages","body":{"message":` + says(wordsWithCard) + `}}`
		}},
		{name: "an item's duplicate name", needs: isBatch, put: func(o *outgoing) { item(o, `,"body":"message=`+url.QueryEscape(says(card))+`"`) }},
	}
}

// tinyPNG is a picture of one pixel.
func tinyPNG() string {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1)))
	return b.String()
}

// pngWith is a picture with one more chunk (PNG, third edition, 5.3).
func pngWith(kind, content string) string {
	picture := tinyPNG()
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	chunk = append(chunk, kind+content...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE([]byte(kind+content)))
	const header = 8 + 25 // the signature and IHDR
	return picture[:header] + string(chunk) + picture[header:]
}

// jpegWith is a picture with one more segment (ITU-T T.81, B.1.1.4).
func jpegWith(marker byte, content string) string {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2))
	return b.String()[:2] + string(segment) + content + b.String()[2:]
}
