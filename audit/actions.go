package audit

// Actions of the log itself.
const (
	// ActionCheckpoint is there for its signature.
	ActionCheckpoint = "audit_checkpoint"
	// ActionClosed is the last line of a file that is full.
	ActionClosed = "audit_closed"
	// ActionContinued is the first line of a file that is not the first; its reason
	// is the name of the file before.
	ActionContinued = "audit_continued"
	// ActionRecovered says what was found when the log was opened.
	ActionRecovered = "audit_recovered"
)
