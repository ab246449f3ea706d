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

/* What is opened or filled in stays: only another answer counts, and it waits until what is open is closed. */
async function poll(element) {
  const shown = element.outerHTML;
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
      const isUsed = element.querySelector("details[open]");
      if (made && made.outerHTML !== shown && !isUsed) { put(element, found.body); return; }
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

/* About what the gateway counts: a byte for each character of ASCII, two for each other one. */
const bytes = (text) => [...text].reduce((sum, one) => sum + (one < "\x80" ? 1 : 2), 0);

/* Until the true bytes are there, an element with data-about says about how many: the last true ones and what was typed
   since. */
function live(form) {
  let timer, turn = 0;
  const text = form.querySelector("textarea"), count = form.querySelector("[data-about]");
  let base = bytes(text.value);
  const about = () => {
    const known = Number(document.getElementById(form.dataset.into).dataset.longest) || base;
    count.textContent = count.dataset.about.replace("%", () => known + bytes(text.value) - base);
    count.hidden = false;
  };
  const look = async () => {
    const mine = ++turn, asked = bytes(text.value);
    try {
      const found = await ask(form.dataset.live, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const target = document.getElementById(form.dataset.into);
      if (!found || !target || mine !== turn) return;
      put(target, found.body);
      base = asked;
      count.hidden = true;
    } catch {
      say(document.body.dataset.lost);
    }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 300); about(); });
}

/* data-save="id" on a form: saved two seconds after the last key; the answer, with the new version, takes the place of
   that element. */
function saving(form) {
  let timer, going = null;
  const save = async () => {
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "type");
    try {
      const found = await ask(form.action, { method: "POST", body });
      const target = document.getElementById(form.dataset.save);
      if (found && found.status === 401) say(found.body.textContent.trim());
      else if (found && target) put(target, found.body);
    } catch {
      say(document.body.dataset.lost);
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { going = save().finally(() => { going = null; }); }, 2000);
  });
  /* What is being saved gives the form its version: it is awaited, or the form would seem to come from another window. */
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!going) return;
    event.preventDefault();
    const { submitter } = event;
    going.then(() => form.requestSubmit(submitter));
  });
}

/* data-submit on a box: its form is sent at once. data-insert on a button: goes into the text at the caret. */
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  const text = button && button.closest("form").querySelector("textarea");
  if (!text) return;
  button.closest("details").open = false;
  text.focus();
  /* The only way that Undo knows of. */
  if (!document.execCommand("insertText", false, button.dataset.insert)) text.setRangeText(button.dataset.insert, text.selectionStart, text.selectionEnd, "end");
  const inside = button.dataset.insert.indexOf('""');
  if (inside >= 0) text.selectionStart = text.selectionEnd = text.selectionEnd - button.dataset.insert.length + inside + 1;
});

/* Only one menu is open; Escape and a click elsewhere close it. */
function closeMenus(but) {
  for (const menu of document.querySelectorAll("details.more[open]")) if (!menu.contains(but)) menu.open = false;
}
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement?.closest("details.more[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
});

/* Spreadsheets: chosen or dropped, judged by name and size before a byte is sent, then sent with its progress. */
function upload(form) {
  const input = form.querySelector("input[type=file]");
  const going = form.querySelector("[data-going-on]");
  const bar = going.querySelector("progress"), words = going.querySelector("[role=status]");
  const alert = form.querySelector("[role=alert]");
  const { suffixes, most, files: mostFiles, wrong, large, many, going: percent, reading, failed } = form.dataset;
  let request = null;
  form.classList.add("with-script");

  const refuse = (text) => {
    alert.textContent = text;
    alert.hidden = false;
    show(false);
    form.reset();
    input.focus();
  };
  const show = (isGoing) => {
    going.hidden = !isGoing;
    form.querySelectorAll("[data-idle]").forEach((one) => { one.hidden = isGoing; });
    if (isGoing) alert.hidden = true;
  };
  const fault = (files) => {
    const bad = files.find((file) => !suffixes.split(" ").some((one) => file.name.toLowerCase().endsWith(one)));
    if (bad) return wrong.replace("%", () => bad.name);
    if (files.length > mostFiles) return many;
    return files.reduce((sum, file) => sum + file.size, 0) > most ? large : "";
  };
  const send = (files) => {
    if (request || !files.length) return;
    const found = fault(files);
    if (found) { refuse(found); return; }
    const body = new FormData(form);
    body.delete("files");
    files.forEach((file) => body.append("files", file, file.name));
    request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-Fragment", "1");
    let tenth = -1;
    request.upload.onprogress = (event) => {
      const share = Math.floor(100 * event.loaded / event.total);
      bar.value = share;
      if (Math.floor(share / 10) === tenth) return;
      tenth = Math.floor(share / 10);
      words.textContent = share < 100 ? percent.replace("%", () => share) : reading;
    };
    request.onload = () => {
      const next = request.getResponseHeader("X-Next");
      if (next) { location.assign(next); return; }
      refuse(parse(request.responseText).textContent.trim() || failed);
      request = null;
    };
    request.onerror = request.ontimeout = () => { request = null; refuse(failed); };
    request.onabort = () => { request = null; show(false); form.reset(); input.focus(); };
    words.textContent = percent.replace("%", () => 0);
    bar.value = 0;
    show(true);
    request.send(body);
  };
  input.addEventListener("change", () => send([...input.files]));
  form.querySelector("[data-cancel]").addEventListener("click", () => request?.abort());
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.toggle("over", name === "dragenter" || name === "dragover");
      if (name === "drop") send([...event.dataTransfer.files]);
    });
  }
  form.addEventListener("submit", (event) => { event.preventDefault(); send([...input.files]); });
}
/* A file that misses the form must not replace the page. */
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

const BEHAVIOURS = [["[data-poll]", poll], ["form[data-live]", live], ["form[data-save]", saving], ["form[data-upload]", upload]];
function enliven(root) {
  for (const [selector, start] of BEHAVIOURS) {
    if (root.matches(selector)) start(root);
    root.querySelectorAll(selector).forEach(start);
  }
}
enliven(document.documentElement);
