// A rustls client, by way of Deno. Standard input: a line of port, name and trust anchor file for
// each handshake. Answers a line each: accept, or refuse and rustls' reason.
async function judge([port, name, roots]) {
  const plain = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const secure = await Deno.startTls(plain, {
    hostname: name,
    caCerts: [await Deno.readTextFile(roots)],
  });
  try {
    await secure.handshake();
    return "accept\t";
  } catch (error) {
    return `refuse\t${error.message.replaceAll(/\s+/g, " ")}`;
  } finally {
    secure.close();
  }
}

const asked = await new Response(Deno.stdin.readable).text();
for (const line of asked.split("\n").filter(Boolean)) {
  console.log(await judge(line.split("\t")));
}
