package channel

import (
	"slices"

	"github.com/piiproxy/piiproxy/payload"
)

// Medium is a picture, recording or file that a person sent: it is named in a
// webhook, and fetched with another call.
type Medium struct {
	Kind string // image, audio, video, file or sticker, as policies name them
	node int    // of the attachment, or of the message that holds it
}

// pageMedia are the types of attachments that hold a file, and what they are.
// A story's mention is a picture or a film.
var pageMedia = map[string]string{
	"image": "image", "audio": "audio", "video": "video", "file": "file", "sticker": "sticker",
	"reel": "video", "ig_reel": "video", "story_mention": "video",
}

// lineMedia are the types of WhatsApp's messages that hold a file.
var lineMedia = map[string]string{
	"image": "image", "audio": "audio", "voice": "audio", "video": "video", "document": "file", "sticker": "sticker",
}

// Media lists what a person sent with this part of a delivery; nothing for what
// the account itself sent.
func (c *Channel) Media(d *payload.Document, part Part) []Medium {
	if part.Echo || part.Sent {
		return nil
	}
	var media []Medium
	if c.name == WhatsApp {
		kind, ok := lineMedia[identifier(d, d.Child(part.Root, "type"))]
		if ok && d.Child(part.Root, identifier(d, d.Child(part.Root, "type"))) >= 0 {
			media = append(media, Medium{kind, part.Root})
		}
		return media
	}
	for attachment := range d.Children(d.At(eventOf(d, part), "message", "attachments")) {
		kind, ok := pageMedia[identifier(d, d.Child(attachment, "type"))]
		if d.At(attachment, "payload", "sticker_id") >= 0 { // the thumb comes as an image, too
			kind, ok = "sticker", true
		}
		if ok {
			media = append(media, Medium{kind, attachment})
		}
	}
	return media
}

// eventOf is the event of a part: Instagram also puts it into a change's value.
func eventOf(d *payload.Document, part Part) int {
	if value := d.Child(part.Root, "value"); value >= 0 {
		return value
	}
	return part.Root
}

// WithoutMedia returns the edits that take media out of a part of a delivery. The
// message stays one that a bot can read: words stand in the place of what was
// taken out, before those that the person wrote with it. words is plain ASCII
// without quotes.
func (c *Channel) WithoutMedia(d *payload.Document, part Part, gone []Medium, words string) []payload.Edit {
	if len(gone) == 0 {
		return nil
	}
	if c.name == WhatsApp {
		return lineWithout(d, part.Root, words)
	}
	return pageWithout(d, d.Child(eventOf(d, part), "message"), gone, words)
}

// lineWithout makes a text of a message with a file; a caption stays.
func lineWithout(d *payload.Document, message int, words string) []payload.Edit {
	kind := d.Child(message, "type")
	file := d.Child(message, identifier(d, kind))
	text := quote(words)
	if caption := d.Child(file, "caption"); caption >= 0 && d.Nodes[caption].Kind == payload.String && d.Text(caption) != "" {
		raw := d.Raw[d.Nodes[caption].Start+1 : d.Nodes[caption].End-1]
		text = `"` + words + ` ` + string(raw) + `"`
	}
	return []payload.Edit{
		{Start: d.Nodes[kind].Start, End: d.Nodes[kind].End, Text: `"text"`},
		{Start: d.Nodes[file].KeyStart, End: d.Nodes[file].End, Text: `"text":{"body":` + text + `}`},
	}
}

// pageWithout takes attachments out of a message of Messenger or Instagram. The
// list goes when nothing is left in it.
func pageWithout(d *payload.Document, message int, gone []Medium, words string) []payload.Edit {
	list := d.Child(message, "attachments")
	taken := map[int]bool{}
	for _, m := range gone {
		taken[m.node] = true
	}
	left := 0
	for attachment := range d.Children(list) {
		if !taken[attachment] {
			left++
		}
	}
	said := d.Child(message, "text")
	says := said >= 0 && d.Nodes[said].Kind == payload.String
	var edits []payload.Edit
	if says {
		edits = append(edits, payload.Edit{Start: d.Nodes[said].Start + 1, End: d.Nodes[said].Start + 1, Text: words + " "})
	}
	node := &d.Nodes[list]
	switch {
	case left == 0 && says:
		edits = append(edits, d.Keep(message, func(i int) bool { return i != node.Index })...)
	case left == 0:
		edits = append(edits, payload.Edit{Start: node.KeyStart, End: node.End, Text: `"text":` + quote(words)})
	default:
		attachments := slices.Collect(d.Children(list))
		edits = append(edits, d.Keep(list, func(i int) bool { return !taken[attachments[i]] })...)
		if !says {
			edits = append(edits, payload.Edit{Start: node.KeyStart, End: node.KeyStart, Text: `"text":` + quote(words) + `,`})
		}
	}
	return edits
}
