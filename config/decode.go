package config

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// decoder walks YAML nodes and Go types side by side. It does by hand what
// yaml.v3's Decode does not: it goes on after a complaint, and it knows the
// line of each.
type decoder struct {
	file       string
	lines      map[string]int
	complaints []Complaint
	environ    func(name string) (string, bool)
}

var (
	secretType   = reflect.TypeFor[Secret]()
	secretsType  = reflect.TypeFor[Secrets]()
	endpointType = reflect.TypeFor[Endpoint]()
	durationType = reflect.TypeFor[time.Duration]()
	sizeType     = reflect.TypeFor[Size]()
	prefixType   = reflect.TypeFor[netip.Prefix]()
	rateType     = reflect.TypeFor[Rate]()
	callerType   = reflect.TypeFor[Caller]()
	accountType  = reflect.TypeFor[Account]()
	routeType    = reflect.TypeFor[Route]()
	policyType   = reflect.TypeFor[Policy]()
)

func (d *decoder) complain(node *yaml.Node, key, format string, args ...any) {
	d.complaints = append(d.complaints, Complaint{File: d.file, Line: node.Line, Key: key, Text: fmt.Sprintf(format, args...)})
}

func (d *decoder) warn(node *yaml.Node, key, format string, args ...any) {
	d.complain(node, key, format, args...)
	d.complaints[len(d.complaints)-1].Warning = true
}

// value decodes one node into v. tag is that of the field that holds v, also
// for the elements of its lists and maps.
func (d *decoder) value(node *yaml.Node, v reflect.Value, key string, tag reflect.StructTag) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	d.lines[key] = node.Line
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" {
		d.complain(node, key, "has no value: give it one, or take the line away to get the default")
		return
	}
	switch v.Type() {
	case secretType:
		v.Set(reflect.ValueOf(d.secret(node, key)))
	case secretsType:
		v.Set(reflect.ValueOf(d.secrets(node, key)))
	case endpointType:
		if node.Kind == yaml.ScalarNode {
			v.Addr().Interface().(*Endpoint).Addr = d.text(node, key, `expand:"yes"`)
			return
		}
		d.mapping(node, v, key)
	case durationType, sizeType, prefixType, rateType:
		d.special(node, v, key)
	default:
		d.plain(node, v, key, tag)
	}
}

func (d *decoder) plain(node *yaml.Node, v reflect.Value, key string, tag reflect.StructTag) {
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(node, v, key)
	case reflect.Map:
		d.table(node, v, key, tag)
	case reflect.Slice:
		d.list(node, v, key, tag)
	case reflect.String:
		v.SetString(d.text(node, key, tag))
	case reflect.Int:
		d.integer(node, v, key)
	case reflect.Float64:
		d.float(node, v, key)
	}
}

// mapping decodes a struct: its keys are the yaml tags of its fields.
func (d *decoder) mapping(node *yaml.Node, v reflect.Value, key string) {
	if node.Kind != yaml.MappingNode {
		d.complain(node, key, "is %s, but must be a mapping of %s", form(node), strings.Join(fieldNames(v.Type()), ", "))
		return
	}
	written := d.pairs(node, key, func(name string, nameNode, valueNode *yaml.Node) {
		field, ok := fieldNamed(v.Type(), name)
		if !ok {
			d.unknownKey(nameNode, key, name, fieldNames(v.Type()))
			return
		}
		d.value(valueNode, v.FieldByIndex(field.Index), join(key, name), field.Tag)
	})
	for field := range v.Type().Fields() {
		if name := field.Tag.Get("yaml"); field.Tag.Get("required") == "yes" && !written[name] {
			d.complain(node, join(key, name), "is missing: %s", field.Tag.Get("doc"))
		}
	}
}

// table decodes a map with free keys. A written table of strings replaces
// the default; a map of structs is merged by name.
func (d *decoder) table(node *yaml.Node, v reflect.Value, key string, tag reflect.StructTag) {
	if node.Kind != yaml.MappingNode {
		d.complain(node, key, "is %s, but must be a mapping", form(node))
		return
	}
	if v.IsNil() || v.Type().Elem().Kind() == reflect.String {
		v.Set(reflect.MakeMap(v.Type()))
	}
	d.pairs(node, key, func(name string, _, valueNode *yaml.Node) {
		element := fresh(v.Type().Elem())
		d.value(valueNode, element, join(key, name), tag)
		v.SetMapIndex(reflect.ValueOf(name), element)
	})
}

// pairs calls visit for each pair of a mapping and complains about keys that
// stand twice or are no words. It returns the keys that were there.
func (d *decoder) pairs(node *yaml.Node, key string, visit func(name string, nameNode, valueNode *yaml.Node)) map[string]bool {
	first := map[string]int{}
	written := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		nameNode, valueNode := node.Content[i], node.Content[i+1]
		name := nameNode.Value
		switch {
		case nameNode.Kind != yaml.ScalarNode:
			d.complain(nameNode, key, "has a key that is %s: keys are words", form(nameNode))
		case name == "<<":
			d.complain(nameNode, key, "merge keys (<<) are not read: write the keys out")
		case written[name]:
			d.complain(nameNode, join(key, shown(name)), "stands twice, first in line %d: keep one of the two", first[name])
		default:
			first[name], written[name] = nameNode.Line, true
			visit(name, nameNode, valueNode)
		}
	}
	return written
}

func (d *decoder) list(node *yaml.Node, v reflect.Value, key string, tag reflect.StructTag) {
	if node.Kind != yaml.SequenceNode {
		d.complain(node, key, "is %s, but must be a list: write [ ] around it", form(node))
		return
	}
	elements := reflect.MakeSlice(v.Type(), 0, len(node.Content))
	for i, child := range node.Content {
		element := fresh(v.Type().Elem())
		d.value(child, element, fmt.Sprintf("%s[%d]", key, i), tag)
		elements = reflect.Append(elements, element)
	}
	v.Set(elements)
}

// text decodes a string. Any plain scalar is one, so that an id without
// quotes keeps its digits as they were written.
func (d *decoder) text(node *yaml.Node, key string, tag reflect.StructTag) string {
	if !d.scalar(node, key, "a text") {
		return ""
	}
	text := node.Value
	if tag.Get("expand") == "yes" {
		text = d.expand(node, key, text)
	}
	if choices := tag.Get("oneof"); choices != "" {
		d.choice(node, key, text, strings.Split(choices, ","))
	}
	if tag.Get("path") == "yes" && text != "" && !filepath.IsAbs(text) {
		text = filepath.Join(filepath.Dir(d.file), text)
	}
	return text
}

func (d *decoder) choice(node *yaml.Node, key, text string, choices []string) {
	if slices.Contains(choices, text) {
		return
	}
	d.complain(node, key, "unknown value%s; it is one of %s%s", quoted(text), strings.Join(choices, ", "), didYouMean(text, choices))
}

func (d *decoder) integer(node *yaml.Node, v reflect.Value, key string) {
	if !d.scalar(node, key, "a whole number") {
		return
	}
	number, err := strconv.ParseInt(node.Value, 10, 64)
	if err != nil {
		d.complain(node, key, "must be a whole number, for example 64")
		return
	}
	v.SetInt(number)
}

func (d *decoder) float(node *yaml.Node, v reflect.Value, key string) {
	if !d.scalar(node, key, "a number") {
		return
	}
	number, err := strconv.ParseFloat(node.Value, 64)
	if err != nil {
		d.complain(node, key, "must be a number, for example 0.7")
		return
	}
	v.SetFloat(number)
}

// special decodes the scalars that have a form of their own.
func (d *decoder) special(node *yaml.Node, v reflect.Value, key string) {
	if !d.scalar(node, key, "one value") {
		return
	}
	var (
		decoded any
		err     error
		example string
	)
	switch v.Type() {
	case durationType:
		decoded, err = time.ParseDuration(node.Value)
		example = "a duration with its unit, for example 18s or 5m"
	case sizeType:
		decoded, err = parseSize(node.Value)
		example = "a size, for example 4MiB, 32KiB or 8192"
	case prefixType:
		decoded, err = parsePrefix(node.Value)
		example = "a network, for example 10.0.0.0/8, or an address"
	case rateType:
		decoded, err = parseRate(node.Value)
		example = rateExample
	}
	if err != nil {
		d.complain(node, key, "must be %s", example)
		return
	}
	v.Set(reflect.ValueOf(decoded))
}

func (d *decoder) scalar(node *yaml.Node, key, want string) bool {
	if node.Kind != yaml.ScalarNode {
		d.complain(node, key, "is %s, but must be %s", form(node), want)
		return false
	}
	return true
}

func (d *decoder) unknownKey(node *yaml.Node, parent, name string, known []string) {
	hint := didYouMean(name, known)
	if hint == "" {
		hint = "; the keys here are " + strings.Join(known, ", ")
	}
	d.complain(node, parent, "unknown key%s%s", quoted(name), hint)
}

func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	for field := range t.Fields() {
		if field.Tag.Get("yaml") == name && name != "" {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for field := range t.Fields() {
		if name := field.Tag.Get("yaml"); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// form names the kind of a node for people.
func form(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return "a single value"
}

func parsePrefix(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	return prefix.Masked(), err
}
