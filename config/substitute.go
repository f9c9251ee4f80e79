package config

import (
	"path/filepath"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Two forms stand for a value from outside: ${NAME} for the environment and
// ${file:PATH} for a file. They are replaced in scalars after parsing, so that
// no value can change the structure of the file, and only where the type of
// the key says so: never in patterns, where $ means the end.
var (
	reference    = regexp.MustCompile(`\$\{([^{}]*)\}`)
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// expand replaces ${NAME} in a value that is no secret.
func (d *decoder) expand(node *yaml.Node, key, text string) string {
	return reference.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		if strings.HasPrefix(name, "file:") {
			d.complain(node, key, "${file:…} is for secrets only: write the value, or ${NAME}")
			return ""
		}
		value, ok := d.variable(node, key, name, "the value itself")
		if ok && value == "" {
			d.complain(node, key, "the environment variable %s is empty: give it a value", name)
		}
		return value
	})
}

// variable looks a variable up; instead is what may stand in its place.
func (d *decoder) variable(node *yaml.Node, key, name, instead string) (string, bool) {
	if !variableName.MatchString(name) {
		d.complain(node, key, "${…} does not name an environment variable: write ${NAME}")
		return "", false
	}
	value, ok := d.environ(name)
	if !ok {
		d.complain(node, key, "the environment variable %s is not set: set it, or write %s", name, instead)
	}
	return value, ok
}

func (d *decoder) secrets(node *yaml.Node, key string) Secrets {
	if node.Kind != yaml.SequenceNode {
		return Secrets{d.secret(node, key)}
	}
	if len(node.Content) == 0 {
		d.complain(node, key, "is an empty list: it needs one secret at least")
	}
	secrets := make(Secrets, 0, len(node.Content))
	for i, child := range node.Content {
		element := key + "[" + itoa(i) + "]"
		d.lines[element] = child.Line
		secrets = append(secrets, d.secret(child, element))
	}
	return secrets
}

// secret decodes one secret: a whole ${NAME} or ${file:PATH}, or the value
// itself, which is accepted with a warning.
func (d *decoder) secret(node *yaml.Node, key string) Secret {
	if !d.scalar(node, key, "a secret: ${NAME} or ${file:PATH}") {
		return Secret{}
	}
	match := reference.FindStringSubmatch(node.Value)
	switch {
	case match == nil:
		return d.literal(node, key, node.Value)
	case match[0] != node.Value:
		d.complain(node, key, "a secret is ${NAME} or ${file:PATH} and nothing around it")
		return Secret{}
	}
	if path, ok := strings.CutPrefix(match[1], "file:"); ok {
		return d.fileSecret(node, key, path)
	}
	value, ok := d.variable(node, key, match[1], "${file:PATH}")
	if !ok {
		return Secret{}
	}
	if err := plausible(value); err != nil {
		d.complain(node, key, "in the environment variable %s: %v", match[1], err)
		return Secret{}
	}
	d.strength(node, key, value)
	return Literal(value)
}

func (d *decoder) literal(node *yaml.Node, key, value string) Secret {
	if err := plausible(value); err != nil {
		d.complain(node, key, "%v", err)
		return Secret{}
	}
	d.warn(node, key, "the secret is written out in the configuration: use ${NAME} or ${file:PATH}")
	d.strength(node, key, value)
	return Literal(value)
}

func (d *decoder) fileSecret(node *yaml.Node, key, path string) Secret {
	if path == "" {
		d.complain(node, key, "${file:} names no file")
		return Secret{}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(d.file), path)
	}
	secret, err := secretFile(path)
	if err != nil {
		d.complain(node, key, "%v", err)
		return Secret{}
	}
	d.strength(node, key, secret.Reveal())
	return secret
}

// secretMin is the length under which a secret is worth a warning: 16
// characters of a random secret withstand guessing, fewer may not.
const secretMin = 16

// strength refuses values that everybody tries first.
func (d *decoder) strength(node *yaml.Node, key, value string) {
	folded := strings.ToLower(strings.Trim(value, "<>_-. "))
	for _, guess := range guesses {
		if strings.NewReplacer("-", "", "_", "", " ", "").Replace(folded) == guess {
			d.complain(node, key, "the secret is a placeholder or the first thing anybody would try: use the real one, or a random one")
			return
		}
	}
	if len(value) < secretMin {
		d.warn(node, key, "the secret has fewer than %d characters: use a longer one", secretMin)
	}
}

// guesses are placeholders and defaults, folded.
var guesses = []string{
	"secret", "appsecret", "yourappsecret", "password", "passwd", "changeme", "replaceme", "fillin", "fillmein",
	"token", "verifytoken", "yourverifytoken", "myverifytoken", "accesstoken", "youraccesstoken", "pageaccesstoken",
	"test", "testing", "example", "default", "admin", "xxx", "xxxx", "todo", "none", "null", "hidden", "12345", "123456", "12345678",
}
