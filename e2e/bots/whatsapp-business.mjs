// A bot made with whatsapp-business, whose base URL is fixed: graph.facebook.com
// over https. It sends what it is asked to, and knows nothing of piiproxy; how its
// traffic gets there is its environment's business.
import { WABAClient } from "whatsapp-business";
import { report, sent, serve, settings } from "./report.mjs";

const client = new WABAClient({ apiToken: settings.token, phoneId: process.env.PHONE_ID, accountId: "102290129340398" });

serve((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    response.writeHead(200).end();
    const value = JSON.parse(Buffer.concat(chunks).toString("utf8")).entry[0].changes[0].value;
    for (const message of value.messages ?? []) {
      report("message", { from: message.from, id: message.id, type: message.type, text: message.text?.body ?? "", message });
      await sent("text", client.sendMessage({ to: message.from, type: "text", text: { body: settings.clear } }));
    }
  });
});
