// What a bot tells the test: one JSON object a line on standard output. The
// libraries know nothing of it.
import { createServer } from "node:http";

export const settings = {
  graph: need("GRAPH_URL"),
  token: need("ACCESS_TOKEN"),
  secret: need("APP_SECRET"),
  clear: process.env.CLEAR_TEXT ?? "",
};

function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export function report(event, fields = {}) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + "\n");
}

// sent reports how a call to the platform went, as the library told it.
export async function sent(what, call) {
  try {
    const answer = await call;
    report("sent", { what, id: answer?.messages?.[0]?.id ?? answer?.message_id ?? "", answer });
  } catch (error) {
    report("failed", { what, text: String(error?.message ?? error) });
  }
}

// serve listens on a free port and reports each request as it came, while the
// library reads the same stream.
export function serve(handler) {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => report("raw", {
      method: request.method,
      headers: request.headers,
      body: Buffer.concat(chunks).toString("base64"),
    }));
    handler(request, response);
  });
  server.listen(0, "127.0.0.1", () => report("listening", { port: server.address().port }));
  process.on("SIGTERM", () => process.exit(0));
  // A bot that outlives its test would be in nobody's hands.
  process.stdin.resume();
  process.stdin.on("end", () => process.exit(0));
}
