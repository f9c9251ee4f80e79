package restore

import "strings"

// A table is CSV as in RFC 4180: fields with separators between, records with line
// ends; a field that begins with a quote goes on to its closing quote, whatever is
// in it, and a quote in it is doubled.

// bom stands before the first field of some files.
const bom = "\uFEFF"

// lastRecord is where the last whole record of the buffer ends; 0 without one.
func lastRecord(buffer []byte, separator byte) int {
	text, end := string(buffer), 0
	for at := 0; at < len(text); at++ {
		next, whole := fieldEnd(text[at:], separator)
		if at += next; !whole {
			break
		}
		if text[at] == '\n' {
			end = at + 1
		}
	}
	return end
}

// fieldEnd is where the field that the text begins with ends: at its separator or
// line end. It is not whole when the text ends first.
func fieldEnd(text string, separator byte) (end int, whole bool) {
	at := len(text) - len(strings.TrimPrefix(text, bom))
	if strings.HasPrefix(text[at:], `"`) {
		for at++; at < len(text); at++ {
			if text[at] != '"' {
				continue
			}
			if at++; at == len(text) || text[at] != '"' {
				break
			}
		}
	}
	for ; at < len(text); at++ {
		if text[at] == separator || text[at] == '\n' {
			return at, true
		}
	}
	return len(text), false
}

// writeTable rewrites whole records.
func (f Format) writeTable(text string, value func(token string) (string, bool)) string {
	var b strings.Builder
	for len(text) > 0 {
		end, whole := fieldEnd(text, f.separator)
		b.WriteString(f.writeField(text[:end], value))
		text = text[end:]
		if whole {
			b.WriteByte(text[0])
			text = text[1:]
		}
	}
	return b.String()
}

func doubled(text string) string { return strings.ReplaceAll(text, `"`, `""`) }

// writeField rewrites one field, and puts it into quotes where a value needs them.
func (f Format) writeField(field string, value func(token string) (string, bool)) string {
	if strings.HasPrefix(strings.TrimPrefix(field, bom), `"`) {
		inside := Format{escapes: append([]func(string) string{doubled}, f.escapes...)}
		written, _ := inside.replace(field, value)
		return written
	}
	written, inserted := f.replace(field, value)
	if !strings.ContainsAny(inserted, "\",;\t|\r\n"+string(f.separator)) && strings.TrimSpace(inserted) == inserted {
		return written
	}
	mark := written[:len(written)-len(strings.TrimPrefix(written, bom))]
	body, ending := strings.CutSuffix(written[len(mark):], "\r") // of the line end
	quoted := mark + `"` + doubled(body) + `"`
	if ending {
		quoted += "\r"
	}
	return quoted
}
