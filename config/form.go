package config

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Form says how an account's secure form looks and whom it lets in.
type Form struct {
	Title    string                       `yaml:"title" doc:"who asks, as people know it; the account's name when absent"`
	Color    string                       `yaml:"color" doc:"#rrggbb of the form's button"`
	Logo     string                       `yaml:"logo" expand:"yes" path:"yes" doc:"PNG, JPEG or WebP of at most 64 KiB"`
	External string                       `yaml:"external" expand:"yes" doc:"a page of your own web server in the place of the form; {id} is the link's id"`
	StepUp   string                       `yaml:"step_up" oneof:"none,chat_code,oidc" doc:"what opens the form beside the link"`
	OIDC     OIDC                         `yaml:"oidc" doc:"your OpenID provider, for step_up: oidc"`
	Remember time.Duration                `yaml:"remember_device" doc:"how long a device that gave a chat code is not asked again; 0s: it always is"`
	Texts    map[string]map[string]string `yaml:"texts" doc:"own wording: language, then key, then text"`
}

// OIDC names the account's own OpenID provider.
type OIDC struct {
	Issuer       string   `yaml:"issuer" expand:"yes" doc:"https URL of the issuer"`
	ClientID     string   `yaml:"client_id" expand:"yes" doc:"piiproxy's client id there"`
	ClientSecret Secret   `yaml:"client_secret" doc:"its secret"`
	ACRValues    []string `yaml:"acr_values" doc:"how strongly people must have signed in, the best first"`
}

// needs are what a policy may ask of a kind instead of all of it.
var needs = map[string][]string{
	"credit_card": {"full", "last4", "bin"}, "ssn": {"full", "last4"}, "dob": {"full", "over_18"}, "address": {"full", "zip"},
}

const (
	needFull = "full"
	// rememberMax bounds how long a device is trusted.
	rememberMax = 90 * 24 * time.Hour
)

var hexColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// form checks how an account's form is set up.
func (f *findings) form(key string, account *Account) {
	form := &account.Form
	if form.Color != "" && !hexColor.MatchString(form.Color) {
		f.complain(key+".color", "must be a colour like #0b57d0")
	}
	if form.Remember < 0 || form.Remember > rememberMax {
		f.complain(key+".remember_device", "must be from 0s to %s", rememberMax)
	}
	if form.Remember > 0 && form.StepUp != "chat_code" {
		f.complain(key+".remember_device", "is for step_up: chat_code: nothing else is asked that a device could answer")
	}
	if form.StepUp == "chat_code" && !account.AccessToken.IsSet() {
		f.complain(key+".step_up", "needs the account's access_token: the code is sent into the chat with it, and without a code nobody gets in")
	}
	if form.External != "" {
		f.external(key+".external", form.External)
	}
	if form.StepUp == "oidc" {
		f.oidc(key+".oidc", &form.OIDC)
	}
	for language := range form.Texts {
		if !knownLanguage(language) {
			f.complain(key+".texts."+shown(language), "unknown language%s: write ISO 639-1 letters like en, es or pt", quoted(language))
		}
	}
}

func (f *findings) external(key, text string) {
	if strings.Count(text, "{id}") != 1 {
		f.complain(key, "must hold {id} once, where the link's id belongs: https://your.example/secure/{id}")
		return
	}
	before, _, _ := strings.Cut(text, "{id}")
	if _, rest, _ := strings.Cut(before, "://"); !strings.Contains(rest, "/") {
		f.complain(key, "must hold {id} in its path or query: the names of hosts are seen by everybody on the way")
		return
	}
	f.secure(key, strings.Replace(text, "{id}", "id", 1))
}

func (f *findings) oidc(key string, o *OIDC) {
	if o.Issuer == "" || o.ClientID == "" || !o.ClientSecret.IsSet() {
		f.complain(key, "needs issuer, client_id and client_secret for step_up: oidc")
		return
	}
	f.secure(key+".issuer", o.Issuer)
}

// secure complains about a URL that is not https, but on loopback.
func (f *findings) secure(key, text string) {
	u, problem := webURL(text)
	switch {
	case problem != "":
		f.complain(key, "%s", problem)
	case u.Scheme != "https" && !loopback(u.Hostname()):
		f.complain(key, "must be https: people enter personal data there")
	}
}

// conduct checks what a policy says of forms, notices and warnings.
func (f *findings) conduct(key string, p *Policy) {
	for kind, need := range p.Need {
		switch allowed, known := needs[kind]; {
		case !known && need != needFull:
			f.complain(key+".need."+shown(kind), "all of this kind is needed or none of it: only credit_card, ssn, dob and address can be asked for in part")
		case known && !slices.Contains(allowed, need):
			f.complain(key+".need."+shown(kind), "of this kind one may need %s", strings.Join(allowed, ", "))
		}
	}
	for i, kind := range p.Warn {
		if !kindName.MatchString(kind) {
			f.complain(key+".warn["+itoa(i)+"]", "is no kind: kinds are written with a-z, 0-9 and _")
		}
	}
}
