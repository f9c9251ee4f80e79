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

// Actions of others that reports tell apart.
const (
	ActionInbound    = "inbound"
	ActionOutbound   = "outbound"
	ActionQuarantine = "quarantine"
	ActionForeign    = "foreign_send"
	ActionMode       = "mode"
	ActionReload     = "rules reload"
	ActionStart      = "start"
	ActionWeakened   = "weakened"
	ActionReveal     = "reveal"
	ActionRestore    = "restore"
	ActionRoute      = "route"
	ActionExport     = "export"
	ActionErase      = "erase"
)

// Topic is what an action is about, for reports.
type Topic string

// Topics.
const (
	Access   Topic = "access"   // somebody got to know values, or whose they are
	Erasures Topic = "erasures" // what was kept of people was taken away
	Exports  Topic = "exports"
	Keys     Topic = "keys"
	Modes    Topic = "modes"
	Rules    Topic = "rules" // rules and configuration
	Messages Topic = "messages"
	Links    Topic = "links"
	Own      Topic = "log" // the log itself
)

// Action is an entry of the closed list.
type Action struct {
	Name    string
	Topic   Topic
	Meaning string
}

// Actions is the closed list of what a line can be about.
func Actions() []Action {
	return []Action{
		{ActionReveal, Access, "a caller got values, or was refused"},
		{ActionRestore, Access, "a dump with tokens got its values back"},
		{ActionRoute, Access, "a vendor got values through a route, or tokens for one were refused"},
		{"conversation", Access, "an operator asked for the hash of a person"},
		{"value_search", Access, "an operator looked for the conversations that hold a value"},
		{"review list", Access, "an operator listed findings of shadow mode"},
		{"review show", Access, "an operator read a finding of shadow mode with the words around it"},
		{"review mark", Access, "an operator marked a finding of shadow mode"},
		{"transcript list", Access, "an operator read what remains of conversations that ended"},
		{ActionExport, Exports, "a person's data was exported"},
		{ActionErase, Erasures, "a person was erased"},
		{"erase_survey", Erasures, "an operator asked what an erasure would take away"},
		{"deletion_request", Erasures, "the platform asked for an erasure"},
		{"unsend", Erasures, "a person took a message back, and what came by it was erased"},
		{"keys stage", Keys, "a new key was made"},
		{"keys promote", Keys, "a key became the one that is used"},
		{"keys retire", Keys, "a key was destroyed"},
		{"keys rewrap", Keys, "the key set was encrypted under another key"},
		{ActionMode, Modes, "an operator changed an account's mode for a while"},
		{ActionStart, Rules, "piiproxy started: digests of its configuration, and whether it is the one of the last run"},
		{ActionReload, Rules, "other rules came into force"},
		{ActionWeakened, Rules, "a rule was removed, switched off or made harder to meet, or policy lets more through than before"},
		{ActionInbound, Messages, "a message to the bot had findings, or was refused"},
		{ActionOutbound, Messages, "a message of the bot had findings, or was refused"},
		{ActionQuarantine, Messages, "bytes were sealed and set aside"},
		{"quarantine list", Messages, "an operator listed what was set aside"},
		{"quarantine retry", Messages, "an operator put something that was set aside back on its way"},
		{"quarantine drop", Messages, "an operator destroyed something that was set aside"},
		{ActionForeign, Messages, "the platform reports a message that did not go through piiproxy"},
		{"link_create", Links, "a caller made a link to a form"},
		{"link_read", Links, "a caller read what a link asks for"},
		{"link_values", Links, "a caller filled a link in"},
		{"link_fill", Links, "a person filled a form in"},
		{"link_sign_in", Links, "a person signed in to a form"},
		{ActionCheckpoint, Own, "nothing happened: the line is there for its signature"},
		{ActionClosed, Own, "the file is full"},
		{ActionContinued, Own, "the chain goes on after the file that the reason names"},
		{ActionRecovered, Own, "the writer before did not end in order: torn_line, unsigned_lines, file_gone or lines_gone"},
	}
}
