// A bot for Messenger made with messaging-api-messenger, the client of bottender.
// It sends batches, and uploads files in chunks without a Content-Length. Only
// origin is set.
import messenger from "messaging-api-messenger";
import { picture } from "./picture.mjs";
import { report, sent, serve, settings } from "./report.mjs";

const { MessengerBatch, MessengerClient } = messenger;
const client = new MessengerClient({ accessToken: settings.token, appSecret: settings.secret, origin: settings.graph, version: "6.0" });

serve((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    response.writeHead(200).end();
    for (const entry of JSON.parse(Buffer.concat(chunks).toString("utf8")).entry) {
      for (const event of entry.messaging) await take(event);
    }
  });
});

async function take({ sender, message }) {
  report("message", { from: sender.id, id: message.mid, text: message.text });
  const [what, ...words] = message.text.split(": ");
  const text = words.join(": ");
  if (what === "batch") return sent("batch", client.sendBatch([
    MessengerBatch.sendText(sender.id, `One: ${text}`),
    MessengerBatch.getUserProfile(sender.id),
    MessengerBatch.sendText(sender.id, `Two: ${text}`),
    MessengerBatch.sendText(sender.id, `Clear: ${settings.clear}`),
  ]));
  if (what === "picture") return sent("picture", client.uploadImage(picture("Taken by", text), { filename: "a.png", isReusable: true }));
  if (what === "file") return sent("file", client.uploadFile(Buffer.from(`name;value\r\nAnna;${settings.clear}\r\n`), { filename: "list.csv" }));
  return sent("text", client.sendText(sender.id, `You wrote: ${message.text}`));
}
