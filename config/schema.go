package config

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema is the JSON Schema (draft 2020-12) of the configuration, for
// editors. It knows shapes and names; what depends on other parts of the file
// only Load knows. Every value may also be written ${NAME}, so texts have no
// pattern.
func Schema() *jsonschema.Schema {
	schema := schemaOf(reflect.TypeFor[Config](), "")
	schema.Schema = "https://json-schema.org/draft/2020-12/schema"
	schema.Title = "piiproxy configuration"
	// These two are not marked as required: an empty list has its own complaint.
	schema.Required = []string{"apps", "accounts"}
	return schema
}

// schemaOf mirrors decoder.value: what one takes the other must allow.
func schemaOf(t reflect.Type, tag reflect.StructTag) *jsonschema.Schema {
	schema := &jsonschema.Schema{}
	switch t {
	case secretType:
		schema = secretSchema()
	case secretsType:
		schema.AnyOf = []*jsonschema.Schema{secretSchema(), {Type: "array", Items: secretSchema(), MinItems: jsonschema.Ptr(1)}}
	case endpointType:
		schema.AnyOf = []*jsonschema.Schema{{Type: "string"}, structSchema(t)}
	case durationType:
		schema.Type, schema.Pattern = "string", `^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$`
	case sizeType:
		schema.AnyOf = []*jsonschema.Schema{
			{Type: "integer", Minimum: jsonschema.Ptr(1.0)},
			{Type: "string", Pattern: `^[0-9]+ ?(B|KiB|MiB|GiB)?$`},
		}
	case prefixType:
		schema.Type = "string"
	case rateType:
		schema.Type, schema.Pattern = "string", `^[0-9]+ ?/ ?[smh]$`
	default:
		schema = plainSchema(t, tag)
	}
	schema.Description = tag.Get("doc")
	return schema
}

func plainSchema(t reflect.Type, tag reflect.StructTag) *jsonschema.Schema {
	schema := &jsonschema.Schema{}
	switch t.Kind() {
	case reflect.Struct:
		return structSchema(t)
	case reflect.Map:
		schema.Type = "object"
		schema.AdditionalProperties = schemaOf(t.Elem(), elementTag(tag))
	case reflect.Slice:
		schema.Type = "array"
		schema.Items = schemaOf(t.Elem(), elementTag(tag))
	case reflect.Int:
		schema.Type, schema.Minimum = "integer", jsonschema.Ptr(1.0)
	case reflect.Float64:
		schema.Type, schema.ExclusiveMinimum, schema.Maximum = "number", jsonschema.Ptr(0.0), jsonschema.Ptr(1.0)
	case reflect.String:
		if choices := tag.Get("oneof"); choices != "" {
			schema.Type = "string"
			for choice := range strings.SplitSeq(choices, ",") {
				schema.Enum = append(schema.Enum, choice)
			}
		} else {
			schema.Types = []string{"string", "number"} // an id without quotes
		}
	}
	return schema
}

func structSchema(t reflect.Type) *jsonschema.Schema {
	schema := &jsonschema.Schema{
		Type:                 "object",
		Properties:           map[string]*jsonschema.Schema{},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for field := range t.Fields() {
		name := field.Tag.Get("yaml")
		if name == "" {
			continue
		}
		schema.Properties[name] = schemaOf(field.Type, field.Tag)
		schema.PropertyOrder = append(schema.PropertyOrder, name)
		if field.Tag.Get("required") == "yes" {
			schema.Required = append(schema.Required, name)
		}
	}
	return schema
}

func secretSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"string", "number"}, Description: "${NAME}, ${file:PATH}, or the secret itself"}
}

// elementTag keeps what holds for the elements of a list or map.
func elementTag(tag reflect.StructTag) reflect.StructTag {
	if choices := tag.Get("oneof"); choices != "" {
		return reflect.StructTag(`oneof:"` + choices + `"`)
	}
	return ""
}

// SchemaText is Schema as an indented JSON document with a final newline.
func SchemaText() (string, error) {
	text, err := json.MarshalIndent(Schema(), "", "  ")
	return string(text) + "\n", err
}
