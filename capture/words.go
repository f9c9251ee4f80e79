package capture

// Words are the texts of the messages that a Book sends into the chat itself.
type Words struct {
	Done   string // after a form was filled in
	Code   string // with {code} where the one-time code stands
	Resent string // above the button of a new link
	Button string // its label; at most 20 characters
}
