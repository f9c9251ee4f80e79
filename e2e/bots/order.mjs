// What the WhatsApp bots say. Their libraries build the messages; the words
// are here so that one test fits all of them.
import { settings } from "./report.mjs";

export const menu = {
  body: (text) => `For ${text}`,
  button: "Our mugs",
  section: "Mugs",
  rows: [
    { id: "MUG:4000056655665556", title: "Blue mug", description: "holds 300 ml" },
    { id: "MUG:389501", title: "Red mug", description: "holds 400 ml" },
  ],
};

export const choice = {
  body: (text) => `Shall we write to ${text}?`,
  footer: "Piggy Mugs",
  buttons: [
    { id: "YES:4000056655665556", title: "Yes" },
    { id: "NO:389501", title: "No" },
  ],
};

export const template = { name: "order_ready", language: "en_US", order: "389501" };

export const picture = {
  link: "https://shop.example/mug.png?sku=4000056655665556",
  caption: (text) => `Your mug, ${text}`,
};

// answer is the bot's whole wit: what it does with one message.
export async function answer(message, say) {
  switch (message.type) {
    case "text": return command(message.text.body, say);
    case "interactive": {
      const reply = message.interactive.button_reply ?? message.interactive.list_reply
        ?? message.interactive.buttonReply ?? message.interactive.listReply;
      return say.text(`You chose ${reply.title}`);
    }
    case "location": return say.text(`We come to ${message.location.name}, ${message.location.address}`);
    default: return say.text(`Got your ${message.type}`);
  }
}

function command(text, say) {
  if (text === "clear") return say.text(settings.clear);
  if (text.startsWith("menu")) return say.list(text);
  if (text.startsWith("buttons")) return say.buttons(text);
  if (text.startsWith("template")) return say.template(text);
  if (text.startsWith("picture")) return say.picture(text);
  return say.text(`You wrote: ${text}`);
}
