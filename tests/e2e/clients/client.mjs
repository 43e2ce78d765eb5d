// A Node client. Standard input: a line of port, name and trust anchor file for each handshake.
// Answers a line each: accept, or refuse and Node's code and message.
import fs from "node:fs";
import net from "node:net";
import tls from "node:tls";

function judge([port, name, roots]) {
  return new Promise((resolve, reject) => {
    const plain = net.connect({ host: "127.0.0.1", port: Number(port) });
    plain.once("error", reject); // no connection is no verdict
    plain.once("connect", () => {
      // `host` is the reference identifier; an address is never sent as SNI (RFC 6066 section 3).
      const secure = tls.connect({
        socket: plain,
        host: name,
        servername: net.isIP(name) ? "" : name,
        ca: fs.readFileSync(roots),
      });
      secure.once("secureConnect", () => {
        resolve("accept\t");
        secure.destroy();
      });
      secure.once("error", (error) => {
        resolve(`refuse\t${error.code}: ${error.message.replaceAll(/\s+/g, " ")}`);
        plain.destroy();
      });
    });
  });
}

for (const line of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  console.log(await judge(line.split("\t")));
}
