// A bot for Messenger made with fb, a client of Graph whose base URL is fixed: it
// reaches piiproxy by HTTPS_PROXY alone. It sends url-encoded forms, batches in
// forms, and files in multipart bodies.
import library from "fb"; // CommonJS
import { picture } from "./picture.mjs";
import { report, sent, serve, settings } from "./report.mjs";

const fb = new library.Facebook({ version: "v6.0", accessToken: settings.token, appSecret: settings.secret });
const encoded = (fields) => new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)])).toString();

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
  const recipient = { id: sender.id };
  const [what, ...words] = message.text.split(": ");
  const text = words.join(": ");
  const item = (words) => ({ method: "POST", relative_url: "me/messages", body: encoded({ recipient, message: { text: words } }) });
  if (what === "batch") return sent("batch", fb.api("", "post", { batch: [
    item(`One: ${text}`), { method: "GET", relative_url: `${sender.id}?fields=first_name,last_name` }, item(`Two: ${text}`), item(`Clear: ${settings.clear}`),
  ] }));
  const filedata = (value, filename, contentType) => ({ value, options: { filename, contentType } });
  const upload = (type, file) => fb.api("me/message_attachments", "post", { message: { attachment: { type, payload: {} } }, filedata: file });
  if (what === "picture") return sent("picture", upload("image", filedata(picture("Taken by", text), "a.png", "image/png")));
  if (what === "file") return sent("file", upload("file", filedata(Buffer.from(`name;value\r\nAnna;${settings.clear}\r\n`), "list.csv", "text/csv")));
  return sent("text", fb.api("me/messages", "post", { recipient, message: { text: `You wrote: ${message.text}` } }));
}
