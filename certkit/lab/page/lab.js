"use strict";

const FRAME_PATIENCE = 15000;
const CONTROL = "control";

const $ = (selector, inside = document) => inside.querySelector(selector);
const rows = new Map();
const results = globalThis.results = {}; // all of it, for the console
const browser = nameOfBrowser(navigator.userAgent);
// RFC 6455 section 4.1: one connection to an address at a time. Firefox keeps to it, whatever the
// port, so that a server that says nothing would hold up its neighbours.
const AT_ONCE = browser.name === "Firefox" ? 1 : 4;

function nameOfBrowser(agent) {
  const known = [["Firefox", /Firefox\/(\d+)/], ["Chromium", /Chrom(?:e|ium)\/(\d+)/], ["Apple", /Version\/(\d+).*Safari/]];
  for (const [name, pattern] of known) {
    const found = pattern.exec(agent);
    if (found) return { name, version: found[1] };
  }
  return { name: "browser", version: "" };
}

/** What the page was told, in words; the class says how to colour it. */
function told(seen) {
  if (seen.exception) return ["no", `throws ${seen.exception}`];
  if (seen.silent) return ["wait", "no event yet: it still waits"];
  if (seen.stayed) return ["ok", "opens and stays open"];
  const closed = seen.code ? `close code ${seen.code}${seen.reason ? ` ${seen.reason}` : ""}` : "no close event";
  if (seen.opened) return ["no", `opens, then ${closed}`];
  return ["no", `${seen.error ? "an error event without a word, then " : ""}${closed}`];
}

function show(section, kind, said, more = "") {
  section.classList.remove("ok", "no", "wait");
  section.classList.add(kind);
  $(".said", section).textContent = said;
  $(".more", section).textContent = more;
}

/** In a frame, whose page is of another origin or has another policy. */
function lookInFrame(row) {
  return new Promise((resolve) => {
    const frame = document.createElement("iframe");
    const finish = (seen) => {
      clearTimeout(timer);
      removeEventListener("message", heard);
      frame.remove();
      resolve(seen);
    };
    const heard = (event) => {
      if (event.source === frame.contentWindow && event.data.name === row.name) finish(event.data.seen);
    };
    const timer = setTimeout(() => finish(null), FRAME_PATIENCE);
    addEventListener("message", heard);
    frame.src = row.frame;
    document.body.append(frame);
  });
}

async function open(row, card) {
  const section = $(".browser", card);
  if (!row.opens) {
    const why = row.url ? "the name in this URL is somebody's on the Internet" : "these are files";
    show(section, "wait", "not opened", why);
    return;
  }
  show(section, "wait", "opening");
  const seen = row.frame ? await lookInFrame(row) : await look(row.url, row.protocols, row.idle);
  if (seen === null) {
    show(section, "wait", "not opened", "the page of https://127.0.0.1 did not load: open it once by itself");
    return;
  }
  const [kind, said] = told(seen);
  results[row.name] = { ...results[row.name], ...seen, said };
  show(section, kind, said, seen.ms > 99 ? `after ${(seen.ms / 1000).toFixed(1)} s` : "");
}

async function ask(row, card) {
  const section = $(".doctor", card);
  $(".fix pre", card).textContent = `$ ${row.command.replaceAll("\n", "\n$ ")}`;
  if (!row.url) {
    show(section, "wait", "nothing to dial", "the command below says what is wrong with the files");
    $(".clients", card).hidden = true;
    return;
  }
  show(section, "wait", "looking");
  const answer = await (await fetch(`/doctor/${row.name}`)).json();
  const { ok, finding, clients } = answer;
  results[row.name] = { ...results[row.name], doctor: answer };
  const mine = clients.find(([client]) => client.startsWith(browser.name));
  const kind = ok ? (finding ? "wait" : "ok") : "no";
  const said = finding ? finding.summary : "ok, every layer works";
  show(section, kind, said, mine ? `expected of ${mine[0]}: ${mine[1]}` : "");
  const body = $(".clients tbody", card);
  body.replaceChildren(...clients.map(([client, words]) => {
    const line = document.createElement("tr");
    for (const text of [client, words]) line.insertCell().textContent = text;
    return line;
  }));
  $(".clients", card).hidden = !clients.length;
  if (finding) $(".fix pre", card).prepend(`# ${finding.why}\n${finding.fix.text}\n\n`);
}

function add(row) {
  const card = $("#row").content.cloneNode(true).firstElementChild;
  card.id = row.name;
  $(".name", card).textContent = row.name;
  const code = $(".code", card);
  code.textContent = row.code;
  $(".broken", card).textContent = row.broken;
  $("h4", card).textContent = `${browser.name} ${browser.version}`;
  const explain = $(".explain", card);
  if (row.code) code.href = `/explain/${row.code}`;
  else explain.remove();
  explain.addEventListener("toggle", async () => {
    $("pre", explain).textContent = await (await fetch(`/explain/${row.code}`)).text();
  }, { once: true });
  const again = () => Promise.all([open(row, card), ask(row, card)]);
  $("button", card).addEventListener("click", again);
  rows.set(row.name, { row, again });
  return card;
}

function addLayer(layer, members) {
  const heading = document.createElement("h2");
  heading.id = `layer-${layer}`;
  heading.textContent = `${layer} `;
  const count = document.createElement("small");
  count.textContent = members.length;
  heading.append(count);
  const cards = document.createElement("div");
  cards.className = "cards";
  cards.append(...members.map(add));
  $("#rows").append(heading, cards);
  const link = document.createElement("a");
  link.href = `#${heading.id}`;
  link.textContent = layer;
  $("#layers").append(link);
}

function progress(done, all) {
  const counts = { ok: 0, no: 0, wait: 0 };
  for (const section of document.querySelectorAll(".browser.ok, .browser.no, .browser.wait")) {
    for (const kind of Object.keys(counts)) counts[kind] += section.classList.contains(kind);
  }
  $("#progress").textContent = done < all
    ? `${done} of ${all} opened`
    : `${all} opened: ${counts.no} fail, ${counts.ok} open, ${counts.wait} say nothing`;
}

async function openAll(names) {
  const waiting = [...names];
  let done = 0;
  const worker = async () => {
    while (waiting.length) {
      await rows.get(waiting.shift()).again();
      progress(done += 1, names.length);
    }
  };
  progress(0, names.length);
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function start() {
  const { layers, scenarios, trust } = await (await fetch("/scenarios")).json();
  const endpoints = scenarios.filter((row) => row.url && row.code);
  $("#count").textContent = `${endpoints.length} endpoints`;
  $("#browser").textContent = `${browser.name} ${browser.version}`;
  $("#trust").textContent = trust;
  const found = new Set([CONTROL, ...layers, ...scenarios.map((row) => row.layer)]);
  for (const layer of found) addLayer(layer, scenarios.filter((row) => row.layer === layer));
  await rows.get(CONTROL).again();
  $("#untrusted").hidden = results[CONTROL].stayed;
  await openAll([...rows.keys()].filter((name) => name !== CONTROL));
  document.body.dataset.done = "yes";
}

start();
