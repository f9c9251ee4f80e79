package form

import "io"

// postsAgain are the notices whose button posts InputAgain; the others lead to
// their Action.
var postsAgain = map[string]bool{"expired": true, "locked": true, "prove": true}

// Prove offers to send a code into the chat: it posts InputAgain. Code is the
// page for when it was sent.
func (p *Pages) Prove(w io.Writer, page Page) error { return p.notice(w, page, "prove", "good") }

// SignIn leads to its Action, which is to send the browser to the account's own
// issuer.
func (p *Pages) SignIn(w io.Writer, page Page) error { return p.notice(w, page, "signin", "good") }

// Cookies says that nothing was sent, because the browser did not prove that the
// page was ours, and leads to its Action to open it anew.
func (p *Pages) Cookies(w io.Writer, page Page) error { return p.notice(w, page, "cookies", "late") }
