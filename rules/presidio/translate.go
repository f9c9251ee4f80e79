package presidio

import (
	"regexp"
	"strings"
)

// Python's flags (https://docs.python.org/3/library/re.html#flags).
const (
	ignoreCase = 2
	multiline  = 8
	dotAll     = 16
	verbose    = 64
)

var (
	inlineFlags  = regexp.MustCompile(`^\(\?([aiLmsux]+)\)`)
	openInterval = regexp.MustCompile(`^\{,(\d+)\}`)
	recursion    = regexp.MustCompile(`\(\?(?:R|P>|&|[0-9+-]\d*\))`)
)

// translate turns a pattern of Python's re or regex module into the .NET dialect.
// What cannot be told apart by looking at it is left to the engine, which
// complains.
func translate(regex string, flags int) (translated, problem string) {
	if m := inlineFlags.FindStringSubmatch(regex); m != nil {
		regex = regex[len(m[0]):]
		for letter, flag := range map[string]int{"i": ignoreCase, "m": multiline, "s": dotAll, "x": verbose} {
			if strings.Contains(m[1], letter) {
				flags |= flag
			}
		}
	}
	if recursion.MatchString(regex) {
		return "", "it calls itself, which no .NET pattern can"
	}
	var out strings.Builder
	class := false // inside [ ]
	for i := 0; i < len(regex); {
		text, n := token(regex[i:], &class)
		out.WriteString(text)
		i += n
	}
	return prefix(out.String(), flags) + out.String(), ""
}

// token translates what a pattern begins with, and returns how much that was.
func token(rest string, class *bool) (text string, length int) {
	switch {
	case rest[0] == '\\' && len(rest) > 1:
		return escape(rest, *class)
	case *class:
		*class = rest[0] != ']'
	case rest[0] == '[':
		*class = true
		n := 1
		if strings.HasPrefix(rest[1:], "^") {
			n = 2
		}
		if strings.HasPrefix(rest[n:], "]") { // the first one is itself
			return rest[:n] + `\]`, n + 1
		}
		return rest[:n], n
	case strings.HasPrefix(rest, "(?P<"):
		return "(?<", len("(?P<")
	case strings.HasPrefix(rest, "(?P="):
		if end := strings.IndexByte(rest, ')'); end > 0 {
			return `\k<` + rest[len("(?P="):end] + ">", end + 1
		}
	case rest[0] == '{':
		if m := openInterval.FindStringSubmatch(rest); m != nil {
			return "{0," + m[1] + "}", len(m[0])
		}
	}
	return rest[:1], 1
}

// escape translates one escape and returns how much of the pattern it was.
func escape(rest string, class bool) (text string, length int) {
	switch {
	case class:
		return rest[:2], 2
	case rest[1] == 'Z':
		return `\z`, 2
	case strings.HasPrefix(rest, `\U`) && len(rest) >= 10:
		return `\x{` + rest[2:10] + "}", 10
	}
	return rest[:2], 2
}

// prefix spells the flags that the engine does not have on: it ignores case, ^ and
// $ are the text's ends, and a dot is no line end.
func prefix(regex string, flags int) string {
	on := ""
	if flags&multiline != 0 && strings.ContainsAny(regex, "^$") {
		on += "m"
	}
	if flags&dotAll != 0 && strings.Contains(regex, ".") {
		on += "s"
	}
	if flags&verbose != 0 {
		on += "x"
	}
	switch {
	case flags&ignoreCase == 0:
		return "(?" + on + "-i)"
	case on != "":
		return "(?" + on + ")"
	}
	return ""
}
