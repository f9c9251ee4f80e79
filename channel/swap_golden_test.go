package channel

import "github.com/piiproxy/piiproxy/payload"

// golden is a call before and after. Of every text that Prompts lists and that
// holds "ask", what stands before "ask" stays; all requests without words are
// taken out.
type golden struct {
	name, channel, before, after string
	dropped                      int
}

func card(text, buttons string) string {
	return `"attachment":{"type":"template","payload":{"template_type":"button","text":"` + text + `","buttons":[` + buttons + `]}}`
}

func pageGolden() []golden {
	return []golden{
		{
			"text", "messenger",
			`{ "messaging_type":"RESPONSE", "recipient":{"id":"7001"},"message":{"text":"Nearly done! ask"},"persona_id":"9" }`,
			`{ "messaging_type":"RESPONSE", "recipient":{"id":"7001"},"message":{` + card("Nearly done! "+leadWords, pageLink) + `},"persona_id":"9" }`, 0,
		},
		{
			"nothing stays, number as id", "messenger",
			`{"recipient":{"id":70010000000000000001},"tag":"HUMAN_AGENT","notification_type":"NO_PUSH","message":{"metadata":"m\u00e9", "text":"ask", "quick_replies":[{"content_type":"text","title":"Later","payload":"L"}]}}`,
			`{"recipient":{"id":70010000000000000001},"tag":"HUMAN_AGENT","notification_type":"NO_PUSH","message":{"metadata":"m\u00e9", ` + card(leadWords, pageLink) + `, "quick_replies":[{"content_type":"text","title":"Later","payload":"L"}]}}`, 0,
		},
		{
			"nulls of a serializer", "messenger",
			`{"recipient":{"id":"7001"},"message":{"attachment":null,"text":"ask","quick_replies":null,"sticker_id":null},"sender_action":null}`,
			`{"recipient":{"id":"7001"},"message":{` + card(leadWords, pageLink) + `,"quick_replies":null,"sticker_id":null},"sender_action":null}`, 0,
		},
		{
			"null behind the text", "messenger",
			`{"recipient":{"id":"7001"},"message":{"text":"ask", "attachment":null}}`,
			`{"recipient":{"id":"7001"},"message":{` + card(leadWords, pageLink) + `}}`, 0,
		},
		{
			"instagram", "instagram",
			`{"recipient":{"id":"8001"},"message":{"text":"Thanks \u2728 ask"}}`,
			`{"recipient":{"id":"8001"},"message":{` + card(`Thanks \u2728 `+leadWords, igLink) + `}}`, 0,
		},
		{
			"button template", "messenger",
			`{"recipient":{"id":"7001"},"message":{"attachment":{"type":"template","payload":{"template_type":"button","sharable":false,"text":"Hi. ask","buttons":[ {"type":"postback","title":"A","payload":"a"}, {"type":"web_url","title":"B","url":"https://b.example"} , {"type":"phone_number","title":"C","payload":"+15550001111"} ]}}}}`,
			`{"recipient":{"id":"7001"},"message":{"attachment":{"type":"template","payload":{"template_type":"button","sharable":false,"text":"Hi. ` + leadWords + `","buttons":[` + pageLink + `, {"type":"postback","title":"A","payload":"a"}, {"type":"web_url","title":"B","url":"https://b.example"} ]}}}}`, 1,
		},
		{
			"button template without buttons", "messenger",
			`{"recipient":{"id":"7001"},"message":{"attachment":{"payload":{"buttons":[],"template_type":"button","text":"ask"},"type":"template"}}}`,
			`{"recipient":{"id":"7001"},"message":{"attachment":{"payload":{"buttons":[` + pageLink + `],"template_type":"button","text":"` + leadWords + `"},"type":"template"}}}`, 0,
		},
		{
			"button template, member missing", "messenger",
			`{"recipient":{"id":"7001"},"message":{"text":null,"attachment":{"payload":{"template_type":"button","text":"ask"},"type":"template"}}}`,
			`{"recipient":{"id":"7001"},"message":{"text":null,"attachment":{"payload":{"template_type":"button","text":"` + leadWords + `","buttons":[` + pageLink + `]},"type":"template"}}}`, 0,
		},
		{
			"quick reply for e-mail alone", "messenger",
			`{"recipient":{"id":"7001"},"message":{"text":"How do we reach you?","quick_replies":[{"content_type":"user_email"}],"metadata":"m"}}`,
			`{"recipient":{"id":"7001"},"message":{` + card("How do we reach you? "+leadWords, pageLink) + `,"metadata":"m"}}`, 0,
		},
		{
			"quick reply for phone among others", "instagram",
			`{"recipient":{"id":"8001"},"message":{"quick_replies":[{"content_type":"user_phone_number"},{"content_type":"text","title":"No","payload":7}],"text":"Call you?"}}`,
			`{"recipient":{"id":"8001"},"message":{"quick_replies":[{"content_type":"text","title":"No","payload":7}],` + card("Call you? "+leadWords, igLink) + `}}`, 0,
		},
		{
			"JSON text", "messenger",
			`{"recipient":"{\"id\":\"7001\"}","message":"{ \"text\":\"Hi. ask\", \"metadata\":\"m\"}"}`,
			`{"recipient":"{\"id\":\"7001\"}","message":"{ ` + string(payload.AppendMeta(nil, card("Hi. "+leadWords, pageLink))) + `, \"metadata\":\"m\"}"}`, 0,
		},
	}
}

func whatsAppGolden() []golden {
	const head = `"messaging_product":"whatsapp","recipient_type":"individual","to":"+1 (650) 555-1234",`
	const words = `"body":{"text":"Hi. ` + leadWords + `"},`
	return []golden{
		{
			"text", "whatsapp",
			`{` + head + `"context":{"message_id":"wamid.1"},"type":"text","text":{"preview_url":true,"body":"Hi. ask"},"biz_opaque_callback_data":"k=1"}`,
			`{` + head + `"context":{"message_id":"wamid.1"},"type":"interactive","interactive":{"type":"cta_url",` + words + linkCTA + `},"biz_opaque_callback_data":"k=1"}`, 0,
		},
		{
			"no type", "whatsapp",
			`{"messaging_product":"whatsapp","recipient":"US.1349", "text" : {"body":"Hi. ask"} }`,
			`{"messaging_product":"whatsapp","recipient":"US.1349", "type":"interactive","interactive":{"type":"cta_url",` + words + linkCTA + `} }`, 0,
		},
		{
			"nulls", "whatsapp",
			`{` + head + `"type":null,"interactive":null,"image":null,"text":{"body":"Hi. ask"}}`,
			`{` + head + `"type":"interactive","image":null,"interactive":{"type":"cta_url",` + words + linkCTA + `}}`, 0,
		},
		{
			"image", "whatsapp",
			`{` + head + `"type":"image","image":{"caption":"Hi. ask", "link":"https://a.example/i.png"}}`,
			`{` + head + `"type":"interactive","interactive":{"type":"cta_url","header":{"type":"image","image":{"link":"https://a.example/i.png"}},` + words + linkCTA + `}}`, 0,
		},
		{
			"document", "whatsapp",
			`{` + head + `"document":{"id":"1b2c","caption":"Hi. ask","filename":"form.pdf"},"type":"document"}`,
			`{` + head + `"interactive":{"type":"cta_url","header":{"type":"document","document":{"id":"1b2c","filename":"form.pdf"}},` + words + linkCTA + `},"type":"interactive"}`, 0,
		},
		{
			"buttons", "whatsapp",
			`{` + head + `"type":"interactive","interactive":{"type":"button","header":{"type":"video","video":{"id":"5"}},"body":{"text":"Hi. ask"},"footer":{"text":"Shop"},"action":{"buttons":[{"type":"reply","reply":{"id":"a","title":"A"}},{"type":"reply","reply":{"id":"b","title":"B"}}]}}}`,
			`{` + head + `"type":"interactive","interactive":{"type":"cta_url","header":{"type":"video","video":{"id":"5"}},"body":{"text":"Hi. ` + leadWords + `"},"footer":{"text":"Shop"},` + linkCTA + `}}`, 2,
		},
		{
			"list whose header and footer ask", "whatsapp",
			`{` + head + `"type":"interactive","interactive":{"type":"list","header":{"type":"text","text":"ask"},"body":{"text":"Hi. ask"},"footer":{"text":"Shop. ask"},"action":{"button":"Menu","sections":[{"title":"S","rows":[{"id":"1","title":"A"},{"id":"2","title":"B"}]},{"rows":[{"id":"3","title":"C"}]}]}}}`,
			`{` + head + `"type":"interactive","interactive":{"type":"cta_url","body":{"text":"Hi. ` + leadWords + `"},"footer":{"text":"Shop."},` + linkCTA + `}}`, 3,
		},
		{
			"flow", "whatsapp",
			`{` + head + `"type":"interactive","interactive":{"type":"flow","header":{"type":"gif","gif":{"id":"1"}},"body":{"text":"Hi. ask"},"action":{"name":"flow","parameters":{"flow_id":"1","flow_cta":"Go"}}}}`,
			`{` + head + `"type":"interactive","interactive":{"type":"cta_url",` + words + linkCTA + `}}`, 1,
		},
		{
			"link", "whatsapp",
			`{` + head + `"type":"interactive","interactive":{"type":"cta_url","body":{"text":"Hi. ask"},"action":{"name":"cta_url","parameters":{"display_text":"Go","url":"https://a.example"}}}}`,
			`{` + head + `"type":"interactive","interactive":{"type":"cta_url",` + words + linkCTA + `}}`, 1,
		},
		{
			"contact request", "whatsapp",
			`{` + head + `"type":"interactive","interactive":{"type":"request_contact_info","body":{"text":"Share your number"},"action":{"name":"request_contact_info"}}}`,
			`{` + head + `"type":"interactive","interactive":{"type":"cta_url","body":{"text":"Share your number ` + leadWords + `"},` + linkCTA + `}}`, 0,
		},
		{
			"address request without body and action", "whatsapp",
			`{` + head + `"type":"interactive","interactive":{"type":"address_message","body":null}}`,
			`{` + head + `"type":"interactive","interactive":{` + linkCTA + `,"type":"cta_url","body":{"text":"` + leadWords + `"}}}`, 0,
		},
		{
			"place request", "whatsapp",
			`{` + head + `"type":"interactive","interactive":{"type":"location_request_message","body":{},"action":{"name":"send_location"}}}`,
			`{` + head + `"type":"interactive","interactive":{"type":"cta_url","body":{"text":"` + leadWords + `"},` + linkCTA + `}}`, 0,
		},
	}
}
