/* A sheet while it is filled in: six items at a time, each answer saved as it is given. What cannot be sent waits in
   this page's memory and nowhere else. Without this file the sheet is one plain form. */
const STEP = 6;
const LONGEST_PAUSE = 15000;
const form = document.getElementById("sheet");
const said = form.dataset;
const all = [...form.querySelectorAll(".likert")];
let items = asked(); // some questions are asked with some answers only: own_questions.js marks those that are not
const byId = (id) => document.getElementById(id);
const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const plural = (name, n) => (n === 1 ? said[`${name}-1`] || said[`${name}1`] : say(said[name], { n }));
const isOpen = (item) =>
  !item.querySelector("input[type=radio]:checked") && !item.querySelector(".typed")?.value.trim();
const firstOpen = () => items.findIndex(isOpen);

/* The queue: first in, first out, one request at a time, the same key with every retry. */
const queue = [];
let sending = false;
let pause = 0;
let timer = 0;
let leaving = null; // the button that was pressed while answers were waiting

function asked() {
  return all.filter((item) => !("unasked" in item.dataset));
}

/* One answer: the code of a radio button, or what was written in a field. */
function enqueue(input) {
  const said = input.type === "radio" ? { code: input.value } : { text: input.value };
  queue.push({ item: input.name.slice(2), ...said, key: crypto.randomUUID(), at: Date.now() });
  showWaiting();
  send();
}

async function post(answer) {
  const body = new URLSearchParams({
    item: answer.item,
    ...("text" in answer ? { text: answer.text } : { code: answer.code }),
    key: answer.key,
    waited: Math.max(0, Date.now() - answer.at),
    csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value,
  });
  const stop = new AbortController();
  const limit = setTimeout(() => stop.abort(), 20000);
  try {
    return await fetch(said.save, { method: "POST", body, redirect: "manual", signal: stop.signal });
  } finally {
    clearTimeout(limit);
  }
}

/* Somebody signed in or out in this browser: the form's token is a new one, and the answer is as good as before. */
async function freshToken() {
  const page = await (await fetch(form.action)).text();
  const token = new DOMParser().parseFromString(page, "text/html").querySelector("#sheet [name=csrfmiddlewaretoken]");
  if (token) form.elements.csrfmiddlewaretoken.value = token.value;
}

async function send() {
  if (sending || !queue.length) return;
  sending = true;
  clearTimeout(timer);
  try {
    while (queue.length) {
      const reply = await post(queue[0]);
      // Nobody's session, or by now somebody else's.
      if (reply.type === "opaqueredirect" || reply.status === 404) return again(said.sayAway);
      if (reply.status === 403) await freshToken();
      if (reply.status >= 500 || [403, 429].includes(reply.status)) return again(said.sayFault);
      pause = 0; // it comes through: the next fault is a new one
      const answer = queue.shift();
      if (reply.ok) kept(answer, await reply.json());
      else refused(answer, await reply.json().catch(() => ({ refused: said.sayFault })));
    }
    connected();
  } catch {
    document.body.classList.add("is-offline");
    again("");
  } finally {
    sending = false;
    showWaiting();
  }
}

function again(sentence) {
  if (sentence) tell(sentence);
  pause = Math.min(LONGEST_PAUSE, pause ? pause * 2 : 1000);
  timer = setTimeout(send, pause);
}

function connected() {
  document.body.classList.remove("is-offline");
  if (leaving) {
    const button = leaving;
    leaving = null;
    form.requestSubmit(button);
  }
}

function kept(answer, reply) {
  form.elements[`was-${answer.item}`].value = answer.code ?? (answer.text.trim() ? "" : "skip");
  const had = form.elements[`had-${answer.item}`];
  if (had) had.value = answer.text ?? "";
  const time = new Date(reply.stored_at).toLocaleTimeString(document.documentElement.lang, {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    timeZone: said.zone,
  });
  byId("saved").hidden = false;
  const help = byId("shown-at-once");
  if (help && reply.crossed) help.hidden = false;
  byId("saved-at").textContent = say(said.saySaved, { time });
  if (!byId("refused").dataset.stays) tell("");
}

function refused(answer, reply) {
  leaving = null;
  byId("refused").dataset.stays = "1";
  tell(reply.refused);
}

function tell(sentence) {
  const box = byId("refused");
  if (box.textContent !== sentence) box.textContent = sentence;
  box.hidden = !sentence;
}

function showWaiting() {
  const text = queue.length ? plural("sayWaiting", queue.length) : "";
  for (const place of document.querySelectorAll(".waiting")) place.textContent = text;
}

/* Where one is. */
function showProgress() {
  const open = items.filter(isOpen).length;
  const minutes = Math.ceil((open * Number(said.secondsEach)) / 60);
  const here = open ? firstOpen() + 1 : items.length;
  byId("where").textContent = say(said.sayItem, { here, total: items.length });
  byId("left").textContent = open ? plural("sayLeft", minutes) : said.sayAll;
  byId("bar").value = items.length - open;
}

/* Six at a time. A group with open items says so once; a second "Next" goes on. */
const next = byId("next");
const back = byId("back");
const atTheEnd = next.textContent;
const told = new Set();
let group = 0;
const lastGroup = () => Math.ceil(items.length / STEP) - 1;
const inGroup = (n) => items.slice(n * STEP, (n + 1) * STEP);

function showGroup(n) {
  group = n;
  for (const item of all) item.hidden = !inGroup(n).includes(item);
  for (const part of form.querySelectorAll(".sheet-part")) {
    part.hidden = !part.querySelector(".likert:not([hidden])");
  }
  next.textContent = n === lastGroup() ? atTheEnd : said.sayNext;
  back.hidden = n === 0;
}

function goTo(item) {
  showGroup(Math.floor(items.indexOf(item) / STEP));
  show(item);
}

/* The first item of a part comes with what stands above it: how all of them are meant. */
function show(item) {
  const part = item.closest(".sheet-part");
  item.focus({ preventScroll: true });
  (part.querySelector(".likert") === item ? part : item).scrollIntoView({ block: "start" });
}

function sayOpen(open) {
  for (const item of open) {
    const note = item.querySelector(".open-note");
    item.classList.add("has-note");
    note.hidden = false;
    item.setAttribute("aria-describedby", `${item.getAttribute("aria-describedby")} ${note.id}`);
  }
  show(open[0]);
}

function goOn() {
  const open = inGroup(group).filter(isOpen);
  if (open.length && !told.has(group)) {
    told.add(group);
    sayOpen(open);
    return true;
  }
  if (group === lastGroup()) return false;
  goTo(inGroup(group + 1)[0]);
  return true;
}

form.addEventListener("change", (event) => {
  const typed = event.target.matches(".typed");
  if (event.target.type !== "radio" && !typed) return;
  if (typed && event.target.value === event.target.dataset.sent) return; // went out when the page was hidden
  if (typed) event.target.dataset.sent = event.target.value;
  const item = event.target.closest(".likert");
  item.classList.remove("has-note");
  item.querySelector(".open-note").hidden = true;
  enqueue(event.target);
  showProgress();
});

form.addEventListener("asked", () => {
  items = asked();
  told.delete(group);
  showGroup(group);
  showProgress();
});

form.addEventListener("submit", (event) => {
  const button = event.submitter || next;
  if (button === next && goOn()) {
    event.preventDefault();
  } else if (queue.length || !navigator.onLine) {
    event.preventDefault();
    leaving = button;
    if (queue.length) tell(said.sayWait);
    send();
  } else if (button === next && !form.elements.told) {
    // Each group has said what is open in it; the server need not say it again.
    const mark = Object.assign(document.createElement("input"), { type: "hidden", name: "told", value: "1" });
    form.append(mark);
  }
});

back.addEventListener("click", () => goTo(inGroup(group - 1)[0]));
window.addEventListener("online", () => {
  document.body.classList.remove("is-offline");
  pause = 0;
  if (queue.length) send();
  else connected();
});
window.addEventListener("offline", () => document.body.classList.add("is-offline"));
window.addEventListener("beforeunload", (event) => {
  if (queue.length) event.preventDefault();
});
window.addEventListener("hashchange", goToAddress);

/* The item that the address names, once: after a reload the first open item is where one was. */
function goToAddress() {
  const named = items.find((item) => `#${item.id}` === decodeURIComponent(location.hash));
  if (!named) return false;
  history.replaceState(null, "", location.pathname + location.search);
  goTo(named);
  return true;
}

/* What was answered while this file was still on its way (the page is there before it on a slow line). */
function catchUp() {
  for (const input of form.querySelectorAll("input[type=radio]:checked, .typed")) {
    const given = input.type === "radio" ? !input.defaultChecked : input.value !== input.defaultValue;
    if (given) input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

history.scrollRestoration = "manual"; // the browser's own would scroll away from the open item
document.body.classList.toggle("is-offline", !navigator.onLine);
catchUp();
showProgress();
if (!goToAddress()) {
  const open = firstOpen();
  if (open > 0) goTo(items[open]);
  else showGroup(0);
}
