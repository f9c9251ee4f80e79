package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"
)

// Account is one account in piiproxy's configuration. Zero fields are left
// out of the file.
type Account struct {
	Name, App, Channel, ID, Business, Token string
	Bot, Graph                              string // URLs
	BotSecret                               string
	Form                                    string // YAML of form, in braces
	Policy, Mode, Delivery                  string
}

// Setup is what a test wants piiproxy to be configured with. Few things differ
// between tests; everything else is the default.
type Setup struct {
	Apps       []App
	Accounts   []Account
	BotTimeout time.Duration // default 5s: tests do not wait for 18s
	Upstream   time.Duration // header timeout toward the platform; default 5s
	LogLevel   string        // default info
	Policies   string        // YAML of policies, besides the built-in one
	Environ    []string      // NAME=value for the process
	Links      string        // YAML of limits.links, in braces
	Server     string        // YAML of limits.server, in braces
	Routes     string        // YAML of routes, in brackets
	BotTLS     string        // YAML of listen.bot.tls, in braces
	Forward    string        // YAML of listen.forward besides addr, without braces; empty: off
}

// Secrets stand in the environment of the process, as an operator would have
// it, so that a leak of the configuration file is not taken for a leak of
// piiproxy.
var configuration = template.Must(template.New("configuration").Parse(`
listen: {public: {{.Public}}, bot: {{if .Setup.BotTLS}}{addr: "{{.Bot}}", tls: {{.Setup.BotTLS}}}{{else}}"{{.Bot}}"{{end}}, admin: "{{.Admin}}", ops: "{{.Ops}}"{{with .Setup.Forward}}, forward: {addr: "{{$.Forward}}", {{.}}}{{end}}}
public_url: https://chat.example.com
apps:
{{- range $i, $app := .Setup.Apps}}
  - name: {{$app.Name}}
    app_secret: ${APP_SECRET_{{$i}}}
    verify_token: ${VERIFY_TOKEN_{{$i}}}
    {{if $app.SHA1}}allow_sha1: [messenger, instagram, whatsapp]{{end}}
{{- end}}
accounts:
{{- range $i, $account := .Setup.Accounts}}
  - name: {{$account.Name}}
    app: {{$account.App}}
    channel: {{$account.Channel}}
    {{with $account.ID}}id: "{{.}}"{{end}}
    {{with $account.Business}}business_id: "{{.}}"{{end}}
    {{if $account.Token}}access_token: ${ACCESS_TOKEN_{{$i}}}{{end}}
    bot_url: {{$account.Bot}}
    {{if $account.BotSecret}}bot_secret: ${BOT_SECRET_{{$i}}}{{end}}
    graph_url: {{$account.Graph}}
    regions: [US, DE]
    languages: [en]
    {{with $account.Policy}}policy: {{.}}{{end}}
    {{with $account.Mode}}mode: {{.}}{{end}}
    {{with $account.Delivery}}delivery: {{.}}{{end}}
    {{with $account.Form}}form: {{.}}{{end}}
{{- end}}
{{with .Setup.Policies}}policies:
{{.}}{{end}}
{{with .Setup.Routes}}routes: {{.}}{{end}}
store: {{.Store}}
keys: {path: {{.Keys}}}
erasure: {deletion_callback: "on"}
log: {level: {{.LogLevel}}, format: json}
limits:
  bot_timeout: {{.BotTimeout}}
  upstream: {header_timeout: {{.Upstream}}, total_timeout: {{.Upstream}}}
  {{with .Setup.Links}}links: {{.}}{{end}}
  {{with .Setup.Server}}server: {{.}}{{end}}
`))

// write puts the configuration into the proxy's folder and returns the
// environment that it refers to.
func (p *Proxy) write(t testing.TB) []string {
	t.Helper()
	var text strings.Builder
	err := configuration.Execute(&text, map[string]any{
		"Setup": p.Setup, "Public": p.listen(), "Bot": p.bot, "Admin": p.admin, "Ops": p.ops, "Forward": p.forward,
		"BotTimeout": orDefault(p.Setup.BotTimeout, 5*time.Second),
		"Upstream":   orDefault(p.Setup.Upstream, 5*time.Second),
		"LogLevel":   orDefault(p.Setup.LogLevel, "info"),
		"Store":      orDefault(p.store, "{driver: bolt, path: ./data/piiproxy.db}"), "Keys": orDefault(p.keys, "./keys"),
	})
	if err != nil {
		t.Fatalf("writing the configuration: %v", err)
	}
	if err := os.WriteFile(p.File, []byte(blankless(text.String())), 0o600); err != nil {
		t.Fatalf("writing the configuration: %v", err)
	}
	environ := []string{"TMPDIR=" + filepath.Join(p.Dir, "tmp")}
	for i, app := range p.Setup.Apps {
		environ = append(environ, fmt.Sprintf("APP_SECRET_%d=%s", i, app.Secret), fmt.Sprintf("VERIFY_TOKEN_%d=%s", i, app.VerifyToken))
	}
	for i, account := range p.Setup.Accounts {
		for name, secret := range map[string]string{"ACCESS_TOKEN": account.Token, "BOT_SECRET": account.BotSecret} {
			if secret != "" {
				environ = append(environ, fmt.Sprintf("%s_%d=%s", name, i, secret))
			}
		}
	}
	if p.database != "" {
		environ = append(environ, "DATABASE_URL="+p.database)
	}
	return append(environ, p.Setup.Environ...)
}

// blankless takes the empty lines out that conditions of the template leave.
func blankless(text string) string {
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n") + "\n"
}

func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}
