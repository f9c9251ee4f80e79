package config

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Route is a vendor's API that a bot reaches under /route/NAME/ on the bot
// listener, and the few places of its requests in which tokens become values.
type Route struct {
	Name     string        `yaml:"name" required:"yes" doc:"the base URL is /route/NAME on the bot listener; used in logs and the audit"`
	Purpose  string        `yaml:"purpose" required:"yes" doc:"what values are restored for: a word, in the audit log"`
	Upstream RouteUpstream `yaml:"upstream" required:"yes" doc:"where it leads"`
	Caller   RouteCaller   `yaml:"caller" required:"yes" doc:"what the bot shows to be let in"`
	Allow    []string      `yaml:"allow" required:"yes" doc:"methods and paths below upstream.url: POST /v2/orders, GET /customers/*; * is one segment, ** at the end any"`
	Restore  RouteRestore  `yaml:"restore" doc:"which tokens become values, and where; none by default"`
	Answer   RouteAnswer   `yaml:"answer" doc:"how answers are redacted"`
}

// RouteUpstream is the vendor's API.
type RouteUpstream struct {
	URL     string            `yaml:"url" required:"yes" expand:"yes" doc:"https, or http on loopback; a path is kept as the base of all paths"`
	Headers map[string]Secret `yaml:"headers" doc:"headers that every request gets, such as the vendor's key"`
	Cert    string            `yaml:"cert" expand:"yes" path:"yes" doc:"client certificate, PEM"`
	Key     string            `yaml:"key" expand:"yes" path:"yes" doc:"its private key, PEM, readable by its owner only"`
	CA      string            `yaml:"ca" expand:"yes" path:"yes" doc:"authorities of the vendor's certificate in the place of the machine's, PEM"`
}

// RouteCaller is who may use a route. Its credential ends at piiproxy.
type RouteCaller struct {
	Credential  string `yaml:"credential" oneof:"token,none" doc:"token, or none: whoever reaches the bot listener gets values"`
	TokenSHA256 string `yaml:"token_sha256" expand:"yes" doc:"SHA-256 of the token in hex; piiproxy callers token makes both"`
	Header      string `yaml:"header" doc:"the header that holds the token: alone, after Bearer, or as a name or password of Basic"`
}

// RouteRestore says which tokens become values. Everything that is not named here
// refuses the request.
type RouteRestore struct {
	Accounts      []string   `yaml:"accounts" doc:"whose tokens"`
	Kinds         []string   `yaml:"kinds" doc:"of which kinds"`
	Fields        RouteField `yaml:"fields" doc:"in which places"`
	Spelling      string     `yaml:"spelling" oneof:"canonical,written" doc:"canonical: the form for machines, +15551234567; written: as the person wrote it"`
	Conversations string     `yaml:"conversations" oneof:"one,many" doc:"one: all tokens of a request are of one person; many: also of several"`
	PerDay        int        `yaml:"per_day" doc:"values of one kind a day (UTC), all instances together; then 429"`
}

// RouteField are the places for tokens.
type RouteField struct {
	JSON    []string `yaml:"json" doc:"JSON pointers of strings that are one token and nothing else; * is any member or element"`
	Text    []string `yaml:"text" doc:"JSON pointers of prose: tokens may stand among words"`
	Form    []string `yaml:"form" doc:"names of fields of url-encoded forms; the value is one token"`
	Headers []string `yaml:"headers" doc:"names of headers; the value is one token"`
}

// RouteAnswer says how a vendor's answers are redacted.
type RouteAnswer struct {
	Policy string   `yaml:"policy" doc:"name of one of policies; the account's own when absent"`
	Keep   []string `yaml:"keep" doc:"JSON pointers of ids and the like, which stay as they are; * is any member or element"`
	Pass   []string `yaml:"pass" doc:"media types that are passed on unread, beside JSON, forms and plain text, which are read"`
}

func defaultRoute() Route {
	return Route{
		Caller:  RouteCaller{Credential: "token", Header: "Authorization"},
		Restore: RouteRestore{Spelling: "canonical", Conversations: "one", PerDay: 10_000},
	}
}

var (
	routeAllow   = regexp.MustCompile(`^(GET|HEAD|POST|PUT|PATCH|DELETE) (/|(/([A-Za-z0-9._~:@!$&'()+,=-]+|\*))+(/\*\*)?|/\*\*)$`)
	jsonPointer  = regexp.MustCompile(`^(/([^/~]|~[01])+)+$`)
	headerName   = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	routePasses  = regexp.MustCompile(`^[a-z0-9]+/[a-z0-9.+-]+$`)
	headersOfOur = []string{
		"Host", "Connection", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Te", "Trailer", "Upgrade",
		"Accept-Encoding", "Cookie", "Expect", "Range", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Forwarded",
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
	}
)

func (f *findings) routes() {
	var names []string
	for i := range f.config.Routes {
		route, key := &f.config.Routes[i], "routes["+itoa(i)+"]"
		f.name(key+".name", route.Name, names)
		names = append(names, route.Name)
		if route.Purpose != "" && !purpose.MatchString(route.Purpose) {
			f.complain(key+".purpose", "must be a word of a-z, 0-9, - and _, 64 at most, because it stands in the audit log")
		}
		f.upstream(key+".upstream", &route.Upstream)
		f.routeCaller(key+".caller", &route.Caller)
		f.each(key+".allow", route.Allow, "method and path")
		for j, allowed := range route.Allow {
			if !routeAllow.MatchString(allowed) || strings.Contains(allowed+"/", "/./") || strings.Contains(allowed+"/", "/../") {
				f.complain(key+".allow["+itoa(j)+"]", `must be a method and a path, for example "GET /customers/*": * is one segment, ** at the end any number of them`)
			}
		}
		f.restore(key+".restore", route)
		f.routeAnswer(key+".answer", &route.Answer)
	}
}

func (f *findings) upstream(key string, upstream *RouteUpstream) {
	if upstream.URL != "" {
		u, problem := webURL(upstream.URL)
		switch {
		case problem != "":
			f.complain(key+".url", "%s", problem)
		case u.RawQuery != "":
			f.complain(key+".url", "has a query: write scheme, host and path only")
		case u.Scheme == "http" && !loopback(u.Hostname()):
			f.complain(key+".url", "must be https: over http everybody on the way reads the values that are restored")
		}
	}
	for name := range upstream.Headers {
		f.header(key+".headers."+shown(name), name)
	}
	switch {
	case (upstream.Cert == "") != (upstream.Key == ""):
		f.complain(key+".cert", "needs both cert and key")
	case upstream.Cert != "":
		if _, err := Certificate(upstream.Cert, upstream.Key); err != nil {
			f.complain(key+".cert", "%v", err)
		}
	}
	if upstream.CA != "" {
		if _, err := ClientCA(upstream.CA); err != nil {
			f.complain(key+".ca", "%v", err)
		}
	}
}

// header checks a name that piiproxy writes or reads itself.
func (f *findings) header(key, name string) {
	switch {
	case !headerName.MatchString(name):
		f.complain(key, "is no name of a header: write letters, digits and -")
	case slices.Contains(headersOfOur, http.CanonicalHeaderKey(name)):
		f.complain(key, "is a header of the connection or of the body, which piiproxy writes itself: choose another")
	}
}

func (f *findings) routeCaller(key string, caller *RouteCaller) {
	f.header(key+".header", caller.Header)
	switch {
	case caller.Credential == "none" && caller.TokenSHA256 != "":
		f.complain(key+".token_sha256", "is not asked for where credential is none: take one of the two away")
	case caller.Credential == "none":
		f.warn(key+".credential", "is none: whoever reaches the bot listener and holds a token gets its value sent to the vendor, and sees the answer")
	case caller.TokenSHA256 == "":
		f.complain(key+".token_sha256", "is missing: piiproxy callers token makes a token and its hash")
	default:
		f.token(key+".token_sha256", caller.TokenSHA256, nil)
	}
}

func (f *findings) restore(key string, route *Route) {
	restore, fields := &route.Restore, &route.Restore.Fields
	var accounts []string
	for _, account := range f.config.Accounts {
		accounts = append(accounts, account.Name)
	}
	f.each(key+".accounts", restore.Accounts, "account")
	for i, account := range restore.Accounts {
		if !slices.Contains(accounts, account) {
			f.complain(key+".accounts["+itoa(i)+"]", "there is no account%s%s", quoted(account), didYouMean(account, accounts))
		}
	}
	f.each(key+".kinds", restore.Kinds, "kind")
	f.pointers(key+".fields.json", fields.JSON)
	f.pointers(key+".fields.text", fields.Text)
	f.alike(key+".kinds", restore)
	for i, pointer := range fields.Text {
		if slices.Contains(fields.JSON, pointer) {
			f.complain(key+".fields.text["+itoa(i)+"]", "stands under json, too: keep one")
		}
	}
	f.each(key+".fields.form", fields.Form, "field")
	f.each(key+".fields.headers", fields.Headers, "header")
	for i, name := range fields.Headers {
		at := key + ".fields.headers[" + itoa(i) + "]"
		f.header(at, name)
		if strings.EqualFold(name, route.Caller.Header) && route.Caller.Credential == "token" {
			f.complain(at, "holds the caller's token, which ends here: choose another header for one of the two")
		}
	}
	if restore.PerDay < 1 || restore.PerDay > countMax {
		f.complain(key+".per_day", "must be from 1 to %d", countMax)
	}
	places := len(fields.JSON) + len(fields.Text) + len(fields.Form) + len(fields.Headers)
	for what, n := range map[string]int{"accounts": len(restore.Accounts), "kinds": len(restore.Kinds), "fields": places} {
		if n == 0 && places+len(restore.Accounts)+len(restore.Kinds) > 0 {
			f.complain(key+"."+what, "is missing: a token is restored where accounts, kinds and fields all name it")
		}
	}
}

// likeKinds are the kinds that have look-alikes (docs/tokens.md).
var likeKinds = []string{"credit_card", "email", "phone", "iban", "ssn", "national_id", "tax_id", "card_expiry", "dob", "date"}

// alike warns of kinds whose tokens look like values: a route does not know those
// from values of the bot's own, and the vendor would get them as they are.
func (f *findings) alike(key string, restore *RouteRestore) {
	for i, kind := range restore.Kinds {
		for _, account := range f.config.Accounts {
			policy := f.config.Policies[account.Policy]
			format, named := policy.Format[kind]
			captured := policy.Prompts[kind] == "capture" || policy.Prompts[kind] == "" && policy.Prompts["default"] == "capture"
			likes := format == "like" || !named && (captured || policy.Format["default"] == "like")
			if likes && slices.Contains(likeKinds, kind) && slices.Contains(restore.Accounts, account.Name) {
				f.warn(key+"["+itoa(i)+"]", "tokens of %s look like values for account %s, at least those of forms; a route cannot tell, and the vendor gets them as they are: write {%s: word} under policies.%s.format", kind, account.Name, kind, shown(account.Policy))
				break
			}
		}
	}
}

func (f *findings) pointers(key string, pointers []string) {
	f.each(key, pointers, "place")
	for i, pointer := range pointers {
		if !jsonPointer.MatchString(pointer) {
			f.complain(key+"["+itoa(i)+"]", "must be a JSON pointer, for example /customer/email or /items/*/note (RFC 6901; * is any member or element)")
		}
	}
}

func (f *findings) routeAnswer(key string, answer *RouteAnswer) {
	if answer.Policy != "" {
		var policies []string
		for name := range f.config.Policies {
			policies = append(policies, name)
		}
		slices.Sort(policies)
		if !slices.Contains(policies, answer.Policy) {
			f.complain(key+".policy", "there is no policy%s%s", quoted(answer.Policy), didYouMean(answer.Policy, policies))
		}
	}
	f.pointers(key+".keep", answer.Keep)
	f.each(key+".pass", answer.Pass, "media type")
	for i, kind := range answer.Pass {
		if !routePasses.MatchString(kind) {
			f.complain(key+".pass["+itoa(i)+"]", "must be a media type without parameters, for example application/pdf")
		}
	}
}

// routeKinds complains about kinds of routes that no loaded rule produces, and
// warns of those whose tokens a route cannot know.
func (c *Config) routeKinds(kinds []string) (complaints []Complaint) {
	for i, route := range c.Routes {
		for j, kind := range route.Restore.Kinds {
			if !slices.Contains(kinds, kind) {
				complaints = append(complaints, c.Complaint(fmt.Sprintf("routes[%d].restore.kinds[%d]", i, j),
					"no loaded rule produces this kind: correct it, or load the rules that do%s", didYouMean(kind, kinds)))
			}
		}
	}
	return complaints
}

// routeFaults complains about secrets of routes whose files cannot be used.
func (c *Config) routeFaults(add func(key string, secret Secret)) {
	for i, route := range c.Routes {
		for name, secret := range route.Upstream.Headers {
			add("routes["+itoa(i)+"].upstream.headers."+shown(name), secret)
		}
	}
}
