// What a hosts file and a redirection of port 443 would do to this process: the
// names in HOSTS lead to the address in HOSTS_TO. Loaded with NODE_OPTIONS; neither
// the library nor the bot is touched.
import net from "node:net";

const names = new Set(process.env.HOSTS.split(" "));
const [host, port] = process.env.HOSTS_TO.split(":");
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (options && names.has(options.host) && Number(options.port) === 443) Object.assign(options, { host, port: Number(port) });
  return connect.apply(this, args);
};
