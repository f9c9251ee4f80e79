// An order bot for WhatsApp made with whatsapp-api-js, the strictest verifier
// known: it escapes every non-ASCII character of the body again before it
// hashes, and wants a Content-Length. It reads the first message of a delivery
// only. Its base URL can be set by its fetch option alone.
import { WhatsAppAPI } from "whatsapp-api-js/middleware/node-http";
import { Image, Text } from "whatsapp-api-js/messages";
import {
  ActionButtons, ActionList, Body, Button, Footer, Interactive, ListSection, Row,
} from "whatsapp-api-js/messages/interactive";
import { BodyComponent, BodyParameter, Language, Template } from "whatsapp-api-js/messages/template";
import { checkout } from "./checkout.mjs";
import * as order from "./order.mjs";
import { report, sent, serve, settings } from "./report.mjs";

const api = new WhatsAppAPI({
  token: settings.token,
  appSecret: settings.secret,
  v: "v24.0",
  ponyfill: { fetch: (url, init) => fetch(String(url).replace("https://graph.facebook.com", settings.graph), init) },
});

api.on.message = ({ phoneID, from, message, name, received }) => {
  report("message", { from, id: message.id, type: message.type, text: message.text?.body ?? "", name, message });
  // The library waits for this before it answers the webhook; a real bot
  // answers first.
  setImmediate(async () => {
    await sent("read", received("text"));
    const reply = (body) => sent("text", api.sendMessage(phoneID, from, new Text(body), message.id));
    if (await checkout(from, message.text?.body ?? "", reply)) return;
    await order.answer(message, speaker((what, content) => sent(what, api.sendMessage(phoneID, from, content))));
  });
};

api.on.status = ({ id, status, phone }) => report("status", { id, status, to: phone });

const speaker = (send) => ({
  text: (body) => send("text", new Text(body)),
  buttons: (text) => send("buttons", new Interactive(
    new ActionButtons(...order.choice.buttons.map(({ id, title }) => new Button(id, title))),
    new Body(order.choice.body(text)), undefined, new Footer(order.choice.footer),
  )),
  list: (text) => send("list", new Interactive(
    new ActionList(order.menu.button, new ListSection(order.menu.section,
      ...order.menu.rows.map(({ id, title, description }) => new Row(id, title, description)))),
    new Body(order.menu.body(text)),
  )),
  template: (text) => send("template", new Template(order.template.name, new Language(order.template.language),
    new BodyComponent(new BodyParameter(text), new BodyParameter(order.template.order)))),
  picture: (text) => send("picture", new Image(order.picture.link, false, order.picture.caption(text))),
});

serve(async (request, response) => {
  const status = await api.handle_post(request);
  if (status !== 200) report("invalid", { text: `handle_post said ${status}` });
  response.statusCode = status;
  response.end();
});
