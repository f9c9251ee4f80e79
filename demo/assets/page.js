// The page draws what /events tells and sends what the person types. It keeps
// nothing: a reload shows the same.
"use strict";

const find = (id) => document.getElementById(id);
const lines = find("lines"), scroller = find("scroller"), vault = find("vault"), field = find("text");
const meanings = {
  value: "What the person typed",
  token: "A token: it stands for a value in the vault",
  mask: "A mask: the part of a value that may be shown",
  asked: "The bot’s question. Nobody but piiproxy got it",
  swap: "What stands in the place of the bot’s question",
};
let channel = "messenger";
let stream = null;

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

function words(list, name) {
  const text = make("span", name);
  for (const word of list) {
    if (!word.mark) {
      text.append(word.text);
      continue;
    }
    const mark = make("mark", word.mark, word.text);
    mark.title = meanings[word.mark];
    text.append(mark);
  }
  return text;
}

function bytes(title, raw) {
  const details = make("details");
  details.dataset.key = title;
  details.append(make("summary", "", title), make("pre", "", raw));
  return details;
}

function view(label, cell, rawTitle) {
  const box = make("div", "view");
  box.append(make("span", "label", label), words(cell.words, "text"));
  if (cell.raw) box.append(bytes(rawTitle, cell.raw));
  return box;
}

function bubble(line, latest) {
  const box = make("div", "who");
  const speaker = { person: "Maria says: ", bot: "The bot says: ", agent: "A colleague says: ", form: "Maria: ", piiproxy: "piiproxy says: " }[line.speaker];
  const said = words(line.person.words, "said");
  said.prepend(make("span", "hidden", speaker));
  box.append(said);
  if (line.speaker === "agent") box.append(make("span", "meta", "from the company’s inbox"));
  if (line.buttons && (latest || line.buttons.some((button) => button.kind === "url"))) {
    const taps = make("div", "taps");
    for (const button of line.buttons) {
      if (button.kind === "url") {
        taps.append(opener(button, latest));
        continue;
      }
      if (!latest) continue;
      const tap = make("button", "", button.title);
      tap.type = "button";
      tap.addEventListener("click", () => send("/tap", { message: line.id, button: button.id }));
      taps.append(tap);
    }
    box.append(taps);
    if (line.swapped && latest) box.append(make("span", "meta try", "Try it with a test card: 4012 8888 8888 1881, any date to come, 123."));
  }
  return box;
}

// A button of the chat that opens a page, as the platform's apps do it: apart
// from the chat, which learns nothing of it.
function opener(button, latest) {
  const link = make("a", latest ? "open" : "open past", button.title);
  link.href = button.id;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.append(make("span", "hidden", " (opens a new tab)"));
  return link;
}

function nothing(label, cell) {
  const box = make("div", "view");
  const text = words(cell.words, "text none");
  box.append(make("span", "label", label), text);
  return box;
}

function botView(line, latest) {
  if (!line.bot) {
    const box = make("div", "view");
    const why = { bot: "sent unseen", piiproxy: "Nothing. piiproxy said this by itself." }[line.speaker] ||
      (latest ? "" : "Nothing by itself: a part of a value waits for the rest.");
    box.append(make("span", "label", "Bot"), make("span", "text none", why || "on its way …"));
    return box;
  }
  const box = view("Bot", line.bot, line.speaker === "bot" ? "bytes the bot sent" : "bytes the bot got");
  if (line.speaker === "form") box.append(make("span", "meta", "came by form; to the bot an ordinary message"));
  if (line.swapped) box.append(make("span", "meta", "its question became the button"));
  if (line.tries > 1 && line.speaker !== "bot") {
    box.append(make("span", "meta", `delivered ${line.tries} times, same tokens each time`));
  }
  if (line.echo) {
    const echo = bytes("echo that came back to the bot", line.echo.raw);
    echo.insertBefore(words(line.echo.words, "text"), echo.lastChild);
    box.append(echo);
  }
  return box;
}

function draw(line, latest) {
  const item = make("li", "line " + line.speaker);
  item.dataset.id = line.id;
  const platform = line.speaker === "form" ? nothing("Platform", line.platform) : view("Platform", line.platform, "bytes it stores");
  item.append(bubble(line, latest), platform, botView(line, latest));
  return item;
}

// Lines that did not change stay as they are, so that open bytes stay open.
function update(list) {
  const known = new Map([...lines.children].map((item) => [item.dataset.id, item]));
  const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120;
  let added = false;
  const said = list.findLastIndex((line) => line.speaker !== "piiproxy");
  list.forEach((line, index) => {
    const latest = index === said;
    const version = JSON.stringify(line) + latest;
    const old = known.get(line.id);
    known.delete(line.id);
    if (old && old.version === version) return;
    const item = draw(line, latest);
    item.version = version;
    if (!old) {
      lines.append(item);
      added = true;
      return;
    }
    item.style.animation = "none";
    for (const open of old.querySelectorAll("details[open]")) {
      for (const details of item.querySelectorAll("details")) {
        if (details.dataset.key === open.dataset.key) details.open = true;
      }
    }
    old.replaceWith(item);
  });
  for (const gone of known.values()) gone.remove();
  if (added && near) lines.lastElementChild.scrollIntoView({ block: "end" });
}

function fill(rows) {
  const known = new Map([...vault.children].map((item) => [item.dataset.id, item]));
  for (const row of rows) {
    const id = row.token || row.sealed;
    if (known.delete(id)) continue;
    const item = make("li");
    item.dataset.id = id;
    const kind = make("div", "kind", row.kind.replaceAll("_", " "));
    if (row.form) kind.append(make("em", "", "by form"));
    kind.append(make("span", "", "until " + new Date(row.expires).toLocaleDateString()));
    item.append(kind);
    if (row.token) item.append(make("code", "token", row.token));
    const sealed = make("code", "sealed", row.sealed || "in memory only, never written");
    sealed.title = "The stored bytes, in hex";
    item.append(sealed);
    vault.prepend(item);
  }
  for (const gone of known.values()) gone.remove();
  const n = rows.length;
  find("count").textContent = n === 0 ? "Nothing yet" : n === 1 ? "1 value" : n + " values";
}

function show(scene) {
  update(scene.lines);
  fill(scene.vault);
  find("empty").hidden = scene.lines.length > 0;
  tell(scene.note);
}

function tell(text) {
  find("note").textContent = text;
  find("note").hidden = !text;
}

async function send(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ channel, ...body }),
    });
    if (!answer.ok) tell(await answer.text());
  } catch {
    tell("The demo is not running any more. Start it again and reload this page.");
  }
}

function listen() {
  if (stream) stream.close();
  lines.replaceChildren();
  stream = new EventSource("/events?channel=" + channel);
  stream.onmessage = (event) => show(JSON.parse(event.data));
  stream.onerror = () => tell("The demo does not answer. Waiting for it …");
}

find("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  send("/say", { text });
});
for (const example of document.querySelectorAll(".examples button")) {
  example.addEventListener("click", () => send("/say", { text: example.dataset.text }));
}
for (const choice of document.querySelectorAll("input[name=channel]")) {
  choice.addEventListener("change", () => { channel = choice.value; listen(); });
  if (choice.checked) channel = choice.value;
}
find("again").addEventListener("click", () => send("/again", {}));
listen();
