// A bot's client of a vendor, as its author would write it: axios with the base URL
// and the key of the vendor. It sends the requests that it is given, prints what
// came back, one a line, and knows nothing of piiproxy.
import axios from "axios";

const client = axios.create({
  baseURL: process.env.VENDOR_URL,
  headers: { Authorization: `Bearer ${process.env.VENDOR_KEY}` },
  validateStatus: () => true,
});

for (const request of JSON.parse(process.env.REQUESTS)) {
  if (request.form) request.data = new URLSearchParams(request.form);
  const { status, headers, data } = await client.request(request);
  process.stdout.write(JSON.stringify({ status, headers, data }) + "\n");
}
