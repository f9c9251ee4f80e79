// An order bot for WhatsApp made with @kapso/whatsapp-cloud-api. It verifies
// sha256 signatures and reads every message of a delivery. Only baseUrl is set.
import { WhatsAppClient } from "@kapso/whatsapp-cloud-api";
import { normalizeWebhook, verifySignature } from "@kapso/whatsapp-cloud-api/server";
import { checkout } from "./checkout.mjs";
import * as order from "./order.mjs";
import { report, sent, serve, settings } from "./report.mjs";

const client = new WhatsAppClient({ accessToken: settings.token, baseUrl: settings.graph, graphVersion: "v23.0" });

serve((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const rawBody = Buffer.concat(chunks);
    const ok = verifySignature({
      appSecret: settings.secret, rawBody, signatureHeader: request.headers["x-hub-signature-256"],
    });
    if (!ok) {
      report("invalid", { text: "verifySignature said no" });
      response.writeHead(401).end();
      return;
    }
    response.writeHead(200).end();
    await take(normalizeWebhook(JSON.parse(rawBody.toString("utf8"))));
  });
});

async function take(webhook) {
  for (const status of webhook.statuses) report("status", { id: status.id, status: status.status, to: status.recipientId });
  for (const message of webhook.messages) {
    const name = webhook.contacts.find((contact) => contact.waId === message.from)?.profile?.name ?? "";
    report("message", { from: message.from, id: message.id, type: message.type, text: message.text?.body ?? "", name, message });
    const phoneNumberId = webhook.phoneNumberId;
    await sent("read", client.messages.markRead({ phoneNumberId, messageId: message.id, typingIndicator: { type: "text" } }));
    const reply = (body) => sent("text", client.messages.sendText({ phoneNumberId, to: message.from, body, contextMessageId: message.id }));
    if (await checkout(message.from, message.text?.body ?? "", reply)) continue;
    await order.answer(message, speaker({ phoneNumberId, to: message.from }));
  }
}

const speaker = (address) => ({
  text: (body) => sent("text", client.messages.sendText({ ...address, body })),
  buttons: (text) => sent("buttons", client.messages.sendInteractiveButtons({
    ...address, bodyText: order.choice.body(text), footerText: order.choice.footer, buttons: order.choice.buttons,
  })),
  list: (text) => sent("list", client.messages.sendInteractiveList({
    ...address, bodyText: order.menu.body(text), buttonText: order.menu.button,
    sections: [{ title: order.menu.section, rows: order.menu.rows }],
  })),
  template: (text) => sent("template", client.messages.sendTemplate({
    ...address,
    template: {
      name: order.template.name,
      language: { code: order.template.language },
      components: [{ type: "body", parameters: [
        { type: "text", text },
        { type: "text", text: order.template.order },
      ] }],
    },
  })),
  picture: (text) => sent("picture", client.messages.sendImage({
    ...address, image: { link: order.picture.link, caption: order.picture.caption(text) },
  })),
});
