package channel

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// CallKind is the sort of a Graph call, as far as its method and path tell.
type CallKind uint8

// The kinds of calls.
const (
	CallOther         CallKind = iota
	CallSend                   // a message, an action or a template to a recipient
	CallBatch                  // POST to the root: several calls in one
	CallUpload                 // to a session of a resumable upload: the body is a piece of a file
	CallMediaUpload            // POST to media or message_attachments: multipart, or JSON with a link
	CallRegistration           // registers or removes a webhook
	CallOpaque                 // the body cannot be read: messages_encrypted, calls
	CallHistory                // GET of conversations or messages: answers hold people's words
	CallProfile                // change of what everybody sees: menu, greeting, business profile
	CallTemplate               // creates or edits a message template
	CallCredential             // exchanges or inspects access tokens
	CallThreadControl          // hands a conversation to another app
	CallRead                   // any other GET
)

// Call is a Graph call as its method and path tell it.
type Call struct {
	Version  string   // such as v23.0, "" when the path has none
	Account  string   // first segment behind the version, mostly an id; "" for me and for the root
	Edge     string   // what lies behind that segment, joined by slashes; "" when nothing does
	Kind     CallKind // by method and edge
	Segments []string // decoded path segments without the version
}

// ErrPath means a path that two servers could read in two ways.
var ErrPath = errors.New("reading a call: the path has .., an encoded slash, a backslash, a control character or an empty segment")

// ParseCall reads the escaped path of a call, without query and after any prefix
// of ours is removed. One slash at the end is let through, as Graph does. The
// error is ErrPath.
func ParseCall(method, path string) (Call, error) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return Call{}, ErrPath
	}
	var call Call
	rest = strings.TrimSuffix(rest, "/")
	if rest == "" && len(path) > 1 {
		return Call{}, ErrPath // two slashes
	}
	if rest != "" {
		for _, raw := range strings.Split(rest, "/") {
			segment, err := decodeSegment(raw)
			if err != nil {
				return Call{}, err
			}
			call.Segments = append(call.Segments, segment)
		}
	}
	if len(call.Segments) > 0 && isVersion(call.Segments[0]) {
		call.Version, call.Segments = call.Segments[0], call.Segments[1:]
	}
	if len(call.Segments) > 0 {
		call.Account, call.Edge = call.Segments[0], strings.Join(call.Segments[1:], "/")
	}
	if _, edge := edgeKinds[call.Account]; edge && call.Edge == "" {
		call.Account, call.Edge = "", call.Account // some clients leave the account out
	}
	if call.Account == "me" {
		call.Account = ""
	}
	call.Kind = callKind(method, call.Segments)
	return call, nil
}

// decodeSegment decodes one segment and refuses what could move the path
// elsewhere on the way or be decoded a second time.
func decodeSegment(raw string) (string, error) {
	segment, err := url.PathUnescape(raw)
	if err != nil || segment == "" || segment == "." || segment == ".." {
		return "", ErrPath
	}
	for _, r := range segment {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`/\%?#`, r) {
			return "", ErrPath
		}
	}
	return segment, nil
}

// isVersion reports whether a segment is an API version such as v23.0.
func isVersion(segment string) bool {
	major, minor, ok := strings.Cut(segment[1:], ".")
	return (segment[0] == 'v' || segment[0] == 'V') && ok && isDigits(major) && isDigits(minor)
}

// edgeKinds tells what a call other than GET does, by the last segment.
var edgeKinds = map[string]CallKind{
	"messages":                  CallSend,
	"marketing_messages":        CallSend,
	"media":                     CallMediaUpload,
	"message_attachments":       CallMediaUpload,
	"subscriptions":             CallRegistration,
	"subscribed_apps":           CallRegistration,
	"messages_encrypted":        CallOpaque,
	"calls":                     CallOpaque,
	"messenger_profile":         CallProfile,
	"thread_settings":           CallProfile,
	"custom_user_settings":      CallProfile,
	"personas":                  CallProfile,
	"whatsapp_business_profile": CallProfile,
	"message_templates":         CallTemplate,
	"pass_thread_control":       CallThreadControl,
	"take_thread_control":       CallThreadControl,
	"request_thread_control":    CallThreadControl,
	"release_thread_control":    CallThreadControl,
}

// historyEdges are the edges whose answers hold people's words.
var historyEdges = map[string]bool{
	"conversations": true, "messages": true, "message_history": true, "threads": true,
}

func callKind(method string, segments []string) CallKind {
	if len(segments) == 0 {
		if method == http.MethodPost {
			return CallBatch
		}
		return readOrOther(method)
	}
	last := segments[len(segments)-1]
	switch {
	case segments[0] == "oauth" || segments[0] == "debug_token":
		return CallCredential
	case method == http.MethodGet && len(segments) > 1 && historyEdges[last]:
		return CallHistory
	case method == http.MethodGet || method == http.MethodHead:
		return CallRead
	case len(segments) == 1 && strings.HasPrefix(last, "upload:"):
		return CallUpload
	case len(segments) > 1:
		return edgeKinds[last]
	case last == "messages": // Graph takes the Send API without an account too
		return CallSend
	}
	return CallOther
}

func readOrOther(method string) CallKind {
	if method == http.MethodGet || method == http.MethodHead {
		return CallRead
	}
	return CallOther
}

// registrationFields are the members of a body that name a webhook. Any call may
// carry them: WhatsApp takes override_callback_uri on several.
var registrationFields = map[string]bool{
	"callback_url": true, "override_callback_uri": true, "verify_token": true,
}

// Registration returns the nodes of the members callback_url,
// override_callback_uri and verify_token anywhere in a body, in document order,
// so that the proxy can put its own values there or refuse the call. Nodes of
// any kind are returned: what is not a string cannot be rewritten. A string that
// holds such a member in a document of its own is returned too, under whatever
// name it has; a call with one can only be refused.
func Registration(d *payload.Document) (fields []int) {
	for i := range d.Nodes {
		if registrationFields[d.Name(i)] || hidesRegistration(d, i, maxNesting) {
			fields = append(fields, i)
		}
	}
	return fields
}

// maxNesting is how deep documents in strings are followed; design, section 10.
const maxNesting = 4

func hidesRegistration(d *payload.Document, node, levels int) bool {
	inner, err := d.Inner(node, payload.DefaultLimits())
	if err != nil {
		inner = relaxed(d.Text(node))
	}
	if inner == nil {
		return d.Nodes[node].Kind == payload.String && namesRegistration(d.Text(node))
	}
	if levels == 0 {
		return false
	}
	for i := range inner.Nodes {
		if registrationFields[inner.Name(i)] || hidesRegistration(inner, i, levels-1) {
			return true
		}
	}
	return false
}

// namesRegistration says that a text which nobody can read for certain, because of a
// comment, say, or a comma at the end, has such a member for those who read it
// leniently: its name, and a colon behind it.
func namesRegistration(text string) bool {
	_, text, ok := strings.Cut(text, "{")
	if !ok {
		return false
	}
	for name := range registrationFields {
		for _, behind := range strings.Split(text, name)[1:] {
			if strings.HasPrefix(strings.TrimLeft(behind, "\"'\\ \t\r\n"), ":") {
				return true
			}
		}
	}
	return false
}

// relaxed is the document that the platform may read in a text that is no strict
// JSON; nil when it is none either.
func relaxed(text string) *payload.Document {
	limits := payload.DefaultLimits()
	strict, ok := payload.Strictly(text, limits.Depth)
	if !ok {
		return nil
	}
	document, err := payload.Parse([]byte(strict), limits)
	if err != nil {
		return nil
	}
	return document
}
