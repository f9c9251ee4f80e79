package rig

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// Canary is a value that exists once in the world: where it turns up, it came
// from its place.
type Canary struct{ Place, Value string }

// Find looks for canaries in text, however they may be spelled, and returns
// one line per canary found: where, from which place, in which spelling. It
// does not quote the text.
func Find(where string, text []byte, canaries []Canary) []string {
	var found []string
	for _, canary := range canaries {
		for _, s := range spellings(canary.Value) {
			if bytes.Contains(text, s.bytes) {
				found = append(found, fmt.Sprintf("%s holds the canary of %q as %s", where, canary.Place, s.name))
				break
			}
		}
	}
	return found
}

// FindInFolder looks for canaries in every file below folder.
func FindInFolder(folder string, canaries []Canary) ([]string, error) {
	var found []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		found = append(found, Find("the file "+filepath.Join(filepath.Base(folder), name), content, canaries)...)
		return nil
	})
	return found, err
}

type spelling struct {
	name  string
	bytes []byte
}

// spellings are the forms in which a value could lie about: as it is, as an
// encoder would write it, and as an unkeyed digest that a dictionary reverses.
func spellings(value string) []spelling {
	forms := []spelling{{"itself", []byte(value)}}
	add := func(name, text string) {
		if text != value {
			forms = append(forms, spelling{name, []byte(text)})
		}
	}
	add("lower case", strings.ToLower(value))
	add("upper case", strings.ToUpper(value))
	if compact := digits(value); len(compact) >= 9 {
		add("its digits alone", compact)
		forms = append(forms, encoded("its digits", compact)...)
	}
	add("Meta's JSON escapes", string(Escape([]byte(value))))
	add("a query", url.QueryEscape(value))
	add("a path", url.PathEscape(value))
	add("UTF-16", utf16Text(value))
	forms = append(forms, encoded("itself", value)...)
	return forms
}

// encoded are the hexadecimal, base64 and digest forms of a value.
func encoded(of, value string) []spelling {
	plain := []byte(value)
	in := func(how string) string { return of + " in " + how }
	forms := []spelling{
		{in("hex"), []byte(hex.EncodeToString(plain))},
		{in("HEX"), []byte(strings.ToUpper(hex.EncodeToString(plain)))},
	}
	for shift := range 3 {
		forms = append(forms,
			spelling{in("base64"), inner(base64.RawStdEncoding, plain, shift)},
			spelling{in("base64url"), inner(base64.RawURLEncoding, plain, shift)})
	}
	a, b, c := md5.Sum(plain), sha1.Sum(plain), sha256.Sum256(plain)
	for name, sum := range map[string][]byte{"MD5": a[:], "SHA-1": b[:], "SHA-256": c[:]} {
		forms = append(forms,
			spelling{in(name), sum},
			spelling{in(name + ", hex"), []byte(hex.EncodeToString(sum))},
			spelling{in(name + ", base64"), []byte(base64.RawStdEncoding.EncodeToString(sum))})
	}
	return forms
}

// inner is the part of the base64 of …value… that does not depend on what
// stands around it, when the value begins shift bytes into a group of three.
func inner(encoding *base64.Encoding, value []byte, shift int) []byte {
	text := encoding.EncodeToString(append(make([]byte, shift), value...))
	from := (shift*8 + 5) / 6
	to := (shift + len(value)) * 8 / 6
	return []byte(text[from:to])
}

func utf16Text(value string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(value)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return string(out)
}
