// An order bot for Messenger made with messenger-bot, which knows only the
// sha1 signature. It has never heard of piiproxy: only graph_url is set.
import Bot from "messenger-bot";
import { checkout } from "./checkout.mjs";
import { report, sent, serve, settings } from "./report.mjs";

const bot = new Bot({
  token: settings.token,
  app_secret: settings.secret,
  verify: "unused",
  graph_url: settings.graph,
});

bot.on("error", (error) => report("invalid", { text: error.message }));
bot.on("echo", (event) => report("echo", { to: event.recipient.id, id: event.message.mid, text: event.message.text ?? "" }));
bot.on("delivery", (event) => report("status", { status: "delivered", from: event.sender.id, id: event.delivery.mids?.[0] ?? "" }));
bot.on("read", (event) => report("status", { status: "read", from: event.sender.id, id: String(event.read.watermark) }));

bot.on("postback", async (event, reply) => {
  const { payload, title = "" } = event.postback;
  report("postback", { from: event.sender.id, payload, text: title });
  await sent("text", reply({ text: `Taken: ${title}` }));
});

bot.on("message", async (event, reply, actions) => {
  const { text = "", mid, quick_reply, attachments = [] } = event.message;
  report("message", {
    from: event.sender.id, id: mid, text,
    payload: quick_reply?.payload ?? "",
    attachments,
  });
  await sent("read", actions.markRead());
  if (await checkout(event.sender.id, text, (words) => sent("text", reply({ text: words })))) return;
  await answer(text, reply, quick_reply, attachments);
});

async function answer(text, reply, quickReply, attachments) {
  if (quickReply) return sent("text", reply({ text: `You chose ${text}` }));
  if (attachments.length > 0) return sent("text", reply({ text: `Got your ${attachments[0].type}` }));
  if (text.startsWith("menu")) return sent("generic", reply(generic(text)));
  if (text.startsWith("buttons")) return sent("buttons", reply(buttons(text)));
  if (text === "clear") return sent("text", reply({ text: settings.clear }));
  if (text.startsWith("quick")) return sent("quick", reply(quick(text)));
  return sent("text", reply({ text: `You wrote: ${text}` }));
}

const generic = (text) => template({
  template_type: "generic",
  elements: [{
    title: "Blue mug",
    subtitle: `For ${text}`,
    image_url: "https://shop.example/mug.png",
    default_action: { type: "web_url", url: "https://shop.example/mug?sku=4000056655665556" },
    buttons: [
      { type: "web_url", title: "See it", url: "https://shop.example/mug" },
      { type: "postback", title: "Buy it", payload: "BUY:4000056655665556" },
    ],
  }],
});

const buttons = (text) => template({
  template_type: "button",
  text: `Shall we write to ${text}?`,
  buttons: [
    { type: "postback", title: "Yes", payload: "YES:389501" },
    { type: "postback", title: "No", payload: "NO:389501" },
  ],
});

const quick = (text) => ({
  text: `Size for ${text}?`,
  quick_replies: [
    { content_type: "text", title: "Small", payload: "SIZE:S" },
    { content_type: "text", title: "Large", payload: "SIZE:L" },
  ],
});

const template = (payload) => ({ attachment: { type: "template", payload } });

serve(bot.middleware());
