package proxy

import (
	"mime"
	"strings"
)

// declaration is what the Content-Type of a call says of its body.
type declaration struct {
	kind bodyKind
	// ascii says that the charset that is declared agrees with UTF-8 on ASCII only,
	// so that a body with anything else would be read in two ways.
	ascii bool
}

// bodyKind is how a body is read.
type bodyKind uint8

const (
	unreadKind bodyKind = iota // a file, or nothing that is read here
	jsonKind
	formKind
)

// asciiSupersets are charsets that read ASCII as UTF-8 does, and little else.
// The Encoding Standard reads the first four all as windows-1252.
var asciiSupersets = map[string]bool{
	"us-ascii": true, "ascii": true, "iso-8859-1": true, "latin1": true, "iso-8859-15": true, "windows-1252": true,
}

// declared reads a Content-Type. A body whose charset is not read is refused apart
// from one of another type, because it is another mistake. A declaration that is
// missing, stands twice, or does not parse is of no kind: nothing is guessed from
// the bytes, because the platform might guess otherwise.
func declared(contentType []string) (declaration, *Refusal) {
	if len(contentType) != 1 {
		return declaration{}, nil
	}
	switch contentType[0] { // as nearly everybody spells it
	case "application/json", "application/json; charset=utf-8", "application/json; charset=UTF-8", "application/json;charset=UTF-8":
		return declaration{kind: jsonKind}, nil
	case "application/x-www-form-urlencoded":
		return declaration{kind: formKind}, nil
	}
	kind, parameters, err := mime.ParseMediaType(contentType[0])
	if err != nil {
		return declaration{}, nil
	}
	d := declaration{kind: kinds[kind]}
	if charset, said := parameters["charset"]; said && !isUTF8(charset) {
		if d.ascii = asciiSupersets[strings.ToLower(charset)]; !d.ascii {
			return d, &refuseCharset
		}
	}
	return d, nil
}

// plainTypes are how a kind is declared without a charset.
var plainTypes = map[bodyKind]string{jsonKind: "application/json", formKind: "application/x-www-form-urlencoded"}

var kinds = map[string]bodyKind{
	"application/json": jsonKind, "text/javascript": jsonKind, "application/javascript": jsonKind,
	"application/x-www-form-urlencoded": formKind,
}

func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

// isJSON says whether a declared type is JSON in UTF-8. What the platform declares
// is held to that.
func isJSON(contentType []string) (bool, *Refusal) {
	d, refused := declared(contentType)
	if d.ascii {
		refused = &refuseCharset
	}
	return d.kind == jsonKind && refused == nil, refused
}
