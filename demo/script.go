package demo

import "github.com/piiproxy/piiproxy/demo/bot"

// value is something personal that the script says. All of them are made up:
// numbers that standards print as examples or keep for fiction.
type value struct {
	kind     string
	text     string
	restored bool // policy gives it back to the person who typed it
}

// step is one turn of the script: somebody says or taps something.
type step struct {
	say      string
	then     string   // said right after say, as a message of its own: one value in two
	tap      string   // title of a button of the bot's last answer, instead of say
	fill     []value  // goes into the form behind the newest button, instead of say; the form takes what it asks for
	agent    bool     // a human at the company says it, in the platform's inbox
	values   []value  // personal, typed in this step
	kept     []string // must reach the bot as they are: what policy lets through
	answered []string // must stand in the bot's answer as the person sees it
	carried  []value  // personal, of somebody else, that the bot puts into its answer
	prompts  []value  // what the bot asks: the platform must get a button instead
	plain    bool     // the bot's answer must reach the platform byte for byte
	refused  int      // how often the bot's door fails before it takes this
}

var (
	seedCard   = value{kind: "credit_card", text: "9999999999999999"}
	seedExpiry = value{kind: "card_expiry", text: "01/20"}
	fourthCard = value{kind: "credit_card", text: "4111 1111 1111 1111"}
	maria      = value{kind: "email", text: "maria.lopez@example.com", restored: true}
	mobile     = value{kind: "phone", text: "+1 202 555 0143", restored: true}
	britain    = value{kind: "iban", text: "GB33BUKB20201555555555"}
	germany    = value{kind: "iban", text: "DE89 3704 0044 0532 0130 00"}
	social     = value{kind: "ssn", text: "123-45-6789"}
	home       = value{kind: "address", text: "48 Maple Avenue, Springfield, IL 62704", restored: true}
	street     = value{kind: "address", text: "48 Maple Avenue", restored: true} // of home: a part of it is a leak, too
	birthday   = value{kind: "dob", text: "14 March 1985"}
	secret     = value{kind: "password", text: "plum-Kettle-71"}
	lastOfCard = value{kind: "card_last4", text: "7310"}

	firstHalf = value{kind: "credit_card", text: "5105 1051"}
	otherHalf = value{kind: "credit_card", text: "0510 5100"}

	// Only ever typed into the form.
	formCard   = value{kind: "credit_card", text: "4012 8888 8888 1881"}
	formExpiry = value{kind: "card_expiry", text: "11/39"}
	formCode   = value{kind: "cvv", text: "737"}
)

// caller is a name that is said. The built-in policy lets names through.
const caller = "Ana Torres"

const seedCase = "I want to buy item #389501 my cc is 9999999999999999 exp 01/20"

// script is the conversation that Headless plays on one channel; the channels
// differ in the refund's IBAN only.
func script(iban value) []step {
	return append(typing(iban), asking()...)
}

// typing is what people tell without being asked.
func typing(iban value) []step {
	old := bot.OldOrder
	return []step{
		{say: "Hi", answered: []string{"Welcome to Paper Lantern"}},
		{say: seedCase, values: []value{seedCard, seedExpiry}, kept: []string{"389501"}, answered: []string{"#389501"}},
		{say: "my email is " + maria.text, values: []value{maria}, answered: []string{maria.text}},
		{say: "my phone number is " + mobile.text, values: []value{mobile}, answered: []string{mobile.text}, refused: 1},
		{tap: "Place the order", answered: []string{"114-40-2000", "#389501", maria.text}},
		{say: "please refund order " + old.Number + " to IBAN " + iban.text, values: []value{iban}, kept: []string{old.Number}, answered: []string{old.Number}},
		{say: "my social security number is " + social.text, values: []value{social}, answered: []string{"I have noted"}},
		{
			say: "where is my order " + old.Number + "?", kept: []string{old.Number}, answered: []string{old.Number},
			carried: []value{{kind: "credit_card", text: old.Card}, {kind: "email", text: old.Email}},
		},
		{agent: true, say: "Tom from support here: I see your card " + seedCard.text + " and will call " + mobile.text, values: []value{seedCard, mobile}},
		{say: "I pay with card " + fourthCard.text + " instead", values: []value{fourthCard}, answered: []string{""}, refused: 3},
		{say: "please deliver it to " + home.text, values: []value{home, street}, answered: []string{home.text}},
		{
			say:    "my name is " + caller + ", I was born on " + birthday.text + " and my password is " + secret.text,
			values: []value{birthday, secret}, kept: []string{caller}, answered: []string{caller, "I have noted"},
		},
	}
}

// asking is what the bot asks for: in a form, and in the chat.
func asking() []step {
	typeNumber := value{kind: "prompt", text: "Please type the card number."}
	whenExpires := value{kind: "prompt", text: "when does the card expire?"}
	return []step{
		{say: "Now I would like item #512044", kept: []string{"512044"}, answered: []string{"#512044"}, prompts: []value{typeNumber}},
		{fill: []value{formCard, formExpiry, formCode}, answered: []string{"on file"}, prompts: []value{whenExpires}},
		{fill: []value{formExpiry}, answered: []string{"It is good until", "Which e-mail address"}},
		{say: "never mind", answered: []string{"thrown that away"}},
		{say: "Do I get my money back when I do not like it?", answered: []string{"never send us your card number here"}, plain: true},
		{say: "4821", kept: []string{"4821"}, answered: []string{"4821"}},
		{say: "I want to return my lamp", answered: []string{"last four digits of the card"}, plain: true},
		{say: lastOfCard.text, values: []value{lastOfCard}, answered: []string{"I have found the order"}},
		{say: firstHalf.text, then: otherHalf.text, values: []value{firstHalf, otherHalf}, answered: []string{"You wrote"}},
	}
}
