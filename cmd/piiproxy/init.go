package main

import (
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/piiproxy/piiproxy/keys"
)

//go:embed templates
var templates embed.FS

type initCommand struct {
	Channel   string `required:"" enum:"messenger,instagram,whatsapp" placeholder:"CHANNEL" help:"messenger, instagram or whatsapp."`
	Dir       string `default:"." help:"Folder to write to."`
	PublicURL string `name:"public-url" placeholder:"URL" help:"How the platform and people reach piiproxy, for example https://chat.example.com."`
	BotURL    string `name:"bot-url" default:"http://127.0.0.1:3000/webhook" help:"The bot's webhook."`
}

// Help is shown by --help.
func (initCommand) Help() string {
	return `Examples:
  piiproxy init --channel messenger
  piiproxy init --channel whatsapp --dir /etc/piiproxy --public-url https://chat.example.com

Writes piiproxy.yaml, piiproxy.env (secrets, mode 0600), rules/example.yaml and
data/keys. Overwrites nothing.`
}

// platform is what init knows about a channel: the names that the dashboard
// uses for its parts.
type platform struct {
	idName    string   // what accounts[].id is
	tokenFrom string   // where the access token is made
	place     string   // where the webhook is set
	fields    []string // what to subscribe to
}

var platforms = map[string]platform{
	"messenger": {
		idName:    "page id",
		tokenFrom: "Meta dashboard > Messenger > Messenger API Settings > Generate access tokens.",
		place:     "Messenger > Messenger API Settings > Configure webhooks",
		fields: []string{
			"messages", "messaging_postbacks", "messaging_optins", "messaging_referrals", "message_reads",
			"message_deliveries", "message_reactions", "message_edits", "message_echoes", "messaging_handovers", "standby",
		},
	},
	"instagram": {
		idName:    "Instagram account id",
		tokenFrom: "Meta dashboard > Instagram > API setup > Generate access tokens.",
		place:     "Instagram > API setup > Configure webhooks",
		fields: []string{
			"messages", "messaging_postbacks", "messaging_optins", "messaging_referral", "messaging_seen",
			"message_reactions", "message_edit", "messaging_handover", "standby",
		},
	},
	"whatsapp": {
		idName:    "phone-number id, not the number",
		tokenFrom: "Meta Business settings > System users > Generate token.",
		place:     "WhatsApp > Configuration > Webhook",
		fields:    []string{"messages", "smb_message_echoes"},
	},
}

// starter is what the templates are filled with.
type starter struct {
	Channel, IDName, TokenFrom string
	PublicURL, BotURL          string
	VerifyToken                string
}

// starterFile is one file that init writes.
type starterFile struct {
	path, template string
	mode           os.FileMode
}

// Run writes the files, the keys, and to standard output what to do next.
func (c initCommand) Run(env *environment) error {
	files := []starterFile{
		{filepath.Join(c.Dir, "piiproxy.yaml"), "piiproxy.yaml.tmpl", 0o644},
		{filepath.Join(c.Dir, "piiproxy.env"), "piiproxy.env.tmpl", 0o600},
		{filepath.Join(c.Dir, "rules", "example.yaml"), "rules.yaml.tmpl", 0o644},
	}
	keyDir := filepath.Join(c.Dir, "data", "keys")
	if err := c.refuseToOverwrite(files, keyDir); err != nil {
		return err
	}
	about := platforms[c.Channel]
	values := starter{
		Channel: c.Channel, IDName: about.idName, TokenFrom: about.tokenFrom,
		PublicURL: strings.TrimSuffix(c.PublicURL, "/"), BotURL: c.BotURL, VerifyToken: rand.Text(),
	}
	for _, file := range files {
		if err := writeStarter(file, values); err != nil {
			return err
		}
	}
	if err := keys.Init(env.Context, keys.Folder{Path: keyDir}); err != nil {
		return err
	}
	_, err := fmt.Fprint(env.Stdout, c.nextSteps(files, keyDir, about))
	return err
}

// refuseToOverwrite looks at every path before the first is written, so that
// init does all or nothing.
func (c initCommand) refuseToOverwrite(files []starterFile, keyDir string) error {
	var there []string
	paths := []string{keyDir}
	for _, file := range files {
		paths = append(paths, file.path)
	}
	for _, path := range paths {
		if _, err := os.Lstat(path); err == nil {
			there = append(there, path)
		} else if !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("looking at what is there: %w", err)
		}
	}
	if len(there) > 0 {
		return fmt.Errorf("already there: %s; move them away, or write elsewhere with --dir", strings.Join(there, ", "))
	}
	return nil
}

func writeStarter(file starterFile, values starter) error {
	text, err := template.ParseFS(templates, "templates/"+file.template)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file.path), 0o755); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	out, err := os.OpenFile(file.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, file.mode)
	if err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return errors.Join(text.Execute(out, values), out.Close())
}

// nextSteps is the way from here to a running proxy.
func (c initCommand) nextSteps(files []starterFile, keyDir string, about platform) string {
	public := strings.TrimSuffix(c.PublicURL, "/")
	if public == "" {
		public = "https://YOUR-HOST"
	}
	yaml, secrets := files[0].path, files[1].path
	var b strings.Builder
	b.WriteString("wrote\n")
	for _, file := range files {
		fmt.Fprintf(&b, "  %s\n", file.path)
	}
	fmt.Fprintf(&b, "  %s (back it up apart from data/piiproxy.db)\n", keyDir)
	fmt.Fprintf(&b, `
next
  1. Fill in what is empty in %[1]s.
  2. set -a; . %[2]s; set +a
     piiproxy check -c %[3]s
     piiproxy serve -c %[3]s
  3. Point the bot's Graph base URL at http://127.0.0.1:8081, nothing else changes.
  4. When %[4]s answers from outside, set in Meta's dashboard,
     under %[5]s:

     Callback URL   %[4]s/webhook/main
     Verify token   the value of VERIFY_TOKEN in %[1]s
     Fields         %[6]s

     (subscribe to those of them that the bot has today)
  5. piiproxy check -c %[3]s --live
`, secrets, sourced(secrets), yaml, public, about.place, wrap(about.fields, "                    "))
	return b.String()
}

// sourced is a path that the shell does not look up in PATH.
func sourced(path string) string {
	if strings.Contains(path, "/") {
		return path
	}
	return "./" + path
}

// wrap puts four words on a line.
func wrap(words []string, indent string) string {
	var b strings.Builder
	for i, word := range words {
		switch {
		case i == 0:
		case i%4 == 0:
			b.WriteString(",\n" + indent)
		default:
			b.WriteString(", ")
		}
		b.WriteString(word)
	}
	return b.String()
}
