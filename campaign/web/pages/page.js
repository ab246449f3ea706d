"use strict";
/* What the pages do where scripts run. Without it every page works as well, with whole pages instead of pieces.

   data-poll="/path"            on an element: asked again each second; the answer takes its place
   data-fragment="id"           on a form: sent by the script; the answer takes the place of the element with that id
   data-live="/path" data-into="id"   on a form: sent while it is typed in; the answer takes the place of that element
   data-upload                  on a form with a file: see upload below
*/
const policy = window.trustedTypes
  ? trustedTypes.createPolicy("fragments", { createHTML: (text) => text })
  : { createHTML: (text) => text };
const parse = (text) => new DOMParser().parseFromString(policy.createHTML(text), "text/html").body;
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const lost = document.getElementById("lost");

/* Asks our own server for a piece of a page; null where it sends us elsewhere. */
async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { "X-Fragment": "1" }, cache: "no-store" });
  const next = answer.headers.get("X-Next");
  if (next) { location.assign(next); return null; }
  return { status: answer.status, body: parse(await answer.text()) };
}

/* Puts a piece in the place of an element; the focus stays where it was, by id. */
function put(element, body) {
  const held = element.contains(document.activeElement) ? document.activeElement.id || element.id : "";
  const made = [...body.children];
  element.replaceWith(...made);
  if (held) document.getElementById(held)?.focus();
  made.forEach(enliven);
}

function say(words) {
  lost.textContent = words;
  lost.hidden = !words;
}

async function poll(element) {
  let pause = 1000;
  while (element.isConnected) {
    await wait(pause);
    if (document.hidden || !element.isConnected) continue;
    const started = performance.now();
    try {
      const found = await ask(element.dataset.poll);
      if (!found || !element.isConnected) return;
      if (found.status === 401) { say(found.body.textContent.trim()); return; }
      if (found.status >= 500) throw new Error("busy");
      say("");
      pause = Math.max(1000, 4 * (performance.now() - started));
      const made = found.body.firstElementChild;
      if (made && made.outerHTML !== element.outerHTML) { put(element, found.body); return; }
    } catch {
      pause = Math.min(15000, pause * 2);
      say(document.body.dataset.lost);
    }
  }
}

async function submit(form, button) {
  const target = document.getElementById(form.dataset.fragment);
  const fields = new FormData(form, button);
  try {
    const found = await ask(form.action, { method: "POST", body: new URLSearchParams(fields) });
    if (found && target) put(target, found.body);
  } catch {
    say(document.body.dataset.lost);
  } finally {
    release(form);
  }
}

/* A form is sent once: a second click does nothing until the page is new. */
function hold(form) {
  form.dataset.busy = "1";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
}
function release(form) {
  delete form.dataset.busy;
  for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.busy) { event.preventDefault(); return; }
  if (form.dataset.fragment) {
    event.preventDefault();
    hold(form);
    submit(form, event.submitter);
  } else if (!event.defaultPrevented) {
    hold(form);
  }
});
/* A page that Back brings back as it was may be out of date, and its forms held. */
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

function live(form) {
  let timer, turn = 0;
  const look = async () => {
    const mine = ++turn;
    try {
      const found = await ask(form.dataset.live, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const target = document.getElementById(form.dataset.into);
      if (found && target && mine === turn) put(target, found.body);
    } catch {
      say(document.body.dataset.lost);
    }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 300); });
}

/* Only one menu is open; Escape and a click elsewhere close it. */
function closeMenus(but) {
  for (const menu of document.querySelectorAll("details.more[open]")) if (!menu.contains(but)) menu.open = false;
}
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement?.closest("details.more[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
});

const BEHAVIOURS = [["[data-poll]", poll], ["form[data-live]", live]];
function enliven(root) {
  for (const [selector, start] of BEHAVIOURS) {
    if (root.matches(selector)) start(root);
    root.querySelectorAll(selector).forEach(start);
  }
}
enliven(document.documentElement);
