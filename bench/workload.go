package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
)

// The app, page and number of the bench. They exist on this machine only.
const (
	secret    = "b7a1c4e09d5f42c8a6e3d2f1b0c9e8d7"
	token     = "EAAGbench7Zq3Wm"
	pageID    = "1906385232743451"
	numberID  = "106540352242922"
	sendSize  = 250 // bytes of a Messenger send
	different = 512 // requests of a workload that differ, each of its own person
)

// side says which listener of a proxy a workload goes to.
type side int

const (
	botSide    side = iota // the bot calls the platform
	publicSide             // the platform calls the bot
)

// workload is a kind of traffic.
type workload struct {
	name     string
	side     side
	path     string
	kind     string // Content-Type; empty: JSON
	requests []request
}

// contentType is what the requests are declared as.
func (w *workload) contentType() string {
	if w.kind == "" {
		return "application/json"
	}
	return w.kind
}

// request is one body and the header that signs it, if it is signed.
type request struct{ body, signature string }

// workloads are Messenger sends and WhatsApp webhooks, with and without
// personal data. Each request has its own person, and dirty ones their own
// values: nothing is fast because it was just seen.
func workloads() []workload {
	const send = "/v23.0/me/messages?access_token=" + token
	all := []workload{
		{name: "send, clean", side: botSide, path: send},
		{name: "send, a card and an e-mail", side: botSide, path: send},
		{name: "webhook, clean", side: publicSide, path: "/webhook/bench"},
		{name: "webhook, a card and an e-mail", side: publicSide, path: "/webhook/bench"},
		{name: "send as a form, clean", side: botSide, path: send, kind: formType},
		{name: "batch of 10 sends, clean", side: botSide, path: batchPath + token},
		{name: "send in parts, clean", side: botSide, path: send, kind: partsType},
	}
	for i := range different {
		all[0].requests = append(all[0].requests, request{body: sendBody(i, "your order is on its way and will be there on Tuesday")})
		all[1].requests = append(all[1].requests, request{body: sendBody(i, dirtyText(i))})
		all[2].requests = append(all[2].requests, signed(webhookBody(i, "hello, where is my order? it should be here since Tuesday")))
		all[3].requests = append(all[3].requests, signed(webhookBody(i, dirtyText(i))))
		all[4].requests = append(all[4].requests, request{body: formBody(i)})
		all[5].requests = append(all[5].requests, request{body: batchBody(i)})
		all[6].requests = append(all[6].requests, request{body: partsBody(i)})
	}
	return all
}

// sendBody is a Messenger send of exactly sendSize bytes.
func sendBody(i int, text string) string {
	body := func(text string) string {
		return fmt.Sprintf(`{"recipient":{"id":"7120348890%06d"},"messaging_type":"RESPONSE","message":{"text":"%s"}}`, i, text)
	}
	const filler = " thank you for your patience and have a very nice day with your new blue mug from us"
	for n := 0; len(body(text)) < sendSize; n++ {
		text += string(filler[n%len(filler)])
	}
	return body(text)
}

// formType declares a form.
const formType = "application/x-www-form-urlencoded"

// formBody is a send of sendBody's as a form, as libraries encode it.
func formBody(i int) string {
	return url.Values{
		"recipient":      {fmt.Sprintf(`{"id":"7120348890%06d"}`, i)},
		"messaging_type": {"RESPONSE"},
		"message":        {`{"text":"your order is on its way and will be there on Tuesday, thank you for your patience"}`},
	}.Encode()
}

// boundary stands between parts, and partsType declares them (RFC 2046, 5.1.1).
const (
	boundary  = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
	partsType = "multipart/form-data; boundary=" + boundary
)

// partsBody is a send of sendBody's in parts, as libraries encode it.
func partsBody(i int) string {
	return part("recipient", fmt.Sprintf(`{"id":"7120348890%06d"}`, i)) + part("messaging_type", "RESPONSE") +
		part("message", `{"text":"your order is on its way and will be there on Tuesday, thank you for your patience"}`) + "--" + boundary + "--\r\n"
}

func part(name, text string) string {
	return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + text + "\r\n"
}

// batchSize is how many sends a batch holds, and batchPath where it goes.
const (
	batchSize = 10
	batchPath = "/v23.0/?access_token="
)

// batchBody is a batch of sends, each to its own person, as bots encode it.
func batchBody(i int) string {
	items := make([]string, batchSize)
	for n := range items {
		items[n] = fmt.Sprintf(`{"method":"POST","relative_url":"me/messages","body":"recipient=%%7B%%22id%%22%%3A%%227120348890%06d%%22%%7D&messaging_type=RESPONSE&message=%s"}`,
			i*batchSize+n, url.QueryEscape(`{"text":"your order is on its way and will be there on Tuesday, thank you for your patience"}`))
	}
	return `{"batch":[` + strings.Join(items, ",") + `]}`
}

func webhookBody(i int, text string) string {
	return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{"messaging_product":"whatsapp",`+
		`"metadata":{"display_phone_number":"15550783881","phone_number_id":"%s"},"contacts":[{"profile":{"name":"Kerry Fisher"},"wa_id":"49157%07d"}],`+
		`"messages":[{"from":"49157%07d","id":"wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRCNjVBQkM%06d","timestamp":"1749416383","type":"text","text":{"body":"%s"}}]},"field":"messages"}]}]}`,
		numberID, i, i, i, strings.ReplaceAll(text, "@", `\u0040`))
}

// dirtyText has one card number and one address of its own.
func dirtyText(i int) string {
	return fmt.Sprintf("mail kerry.fisher%d@example.org, my card is %s", i, card(i))
}

// card is a sixteen-digit number with a right check digit (ISO/IEC 7812).
func card(i int) string {
	digits := fmt.Sprintf("4539%011d", 61700000000+i*9973)
	sum := 0
	for at, c := range digits {
		d := int(c - '0')
		if at%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + fmt.Sprint((10-sum%10)%10)
}

func signed(body string) request {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return request{body, "sha256=" + hex.EncodeToString(mac.Sum(nil))}
}
