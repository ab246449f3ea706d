"use strict";
// Everything a message says is put on the page as text, never as HTML.

const POLL_MS = 1000;
const KEPT = 300; // cards on the page, at most
const NUMBERS_SHOWN = 60;

const $ = (id) => document.getElementById(id);
const count = new Intl.NumberFormat("ko-KR");
const clock = new Intl.DateTimeFormat("ko-KR", { hour: "numeric", minute: "2-digit", second: "2-digit", timeZone: "Asia/Seoul" });
const moment = new Intl.DateTimeFormat("ko-KR", { dateStyle: "medium", timeStyle: "medium", timeZone: "Asia/Seoul" });

let newest = 0; // the highest request id seen
let oldest = null; // the lowest one shown
let chosen = null; // the id of the request in the side panel
let query = "";
let asking = 0; // answers to older questions are dropped

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function english(words) {
  const span = make("span", "", words);
  span.lang = "en";
  return span;
}

function hyphenated(number) {
  const rules = [
    [/^(02)(\d{3,4})(\d{4})$/, "$1-$2-$3"],
    [/^(1\d{3})(\d{4})$/, "$1-$2"],
    [/^(050\d)(\d{3,4})(\d{4})$/, "$1-$2-$3"],
    [/^(0\d{2})(\d{3,4})(\d{4})$/, "$1-$2-$3"],
  ];
  const rule = rules.find(([shape]) => shape.test(number));
  return rule ? number.replace(rule[0], rule[1]) : number;
}

function recipients(card) {
  if (!card.recipients) return "받는 사람 없음";
  const others = card.recipients > 1 ? ` 외 ${count.format(card.recipients - 1)}명` : "";
  return `받는 사람 ${hyphenated(card.to)}${others}`;
}

function picture(card) {
  if (!card.image || !card.image.key) return null; // the pictures of refused messages are not kept
  const image = make("img");
  image.src = `/sandbox/images/${card.image.key}`;
  image.alt = `첨부 이미지 ${card.image.name}`;
  image.loading = "lazy";
  return image;
}

function bubble(card) {
  const text = make("span", card.text.length > 600 ? "text long" : "text", card.text);
  return make("span", "bubble", picture(card), card.title ? make("strong", "", card.title) : null, text);
}

function meta(card) {
  const line = make("span", "meta", make("span", card.accepted ? "badge" : "badge refused", card.msgType));
  line.append(make("span", "", `${count.format(card.bytes)} byte`), make("span", "", recipients(card)));
  if (card.date) line.append(make("span", "badge note", `예약 ${card.date.slice(0, 16)}`));
  if (card.repeats) line.append(make("span", "badge refused", `중복 ${count.format(card.repeats)}`));
  if (card.fault) line.append(make("span", "badge note", `고장 ${card.fault}`));
  if (!card.accepted) line.append(make("span", "verdict", verdict(card)));
  return line;
}

function verdict(card) {
  return card.code === null ? "접수되지 않음 (not accepted)" : `거부 ${card.code} · ${card.message}`;
}

function cardElement(card) {
  const time = make("time", "", clock.format(new Date(card.receivedAt)));
  time.dateTime = card.receivedAt;
  const sender = make("b", "", card.from ? hyphenated(card.from) : "발신번호 없음");
  const button = make("button", "message", make("span", "from", sender, time), bubble(card), meta(card));
  button.type = "button";
  button.classList.toggle("refused", !card.accepted);
  button.dataset.id = card.id;
  button.setAttribute("aria-pressed", String(card.id === chosen));
  button.addEventListener("click", () => choose(card.id));
  return make("li", "", button);
}

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.json();
}

function inbox(parameters) {
  return ask(`/sandbox/inbox?${new URLSearchParams({ number: query, ...parameters })}`);
}

function showStats(stats) {
  for (const [name, value] of Object.entries(stats)) $(`stat-${name}`).textContent = count.format(value);
  $("stat-repeats").parentElement.classList.toggle("alarm", stats.repeats > 0);
}

function showLife(lost) {
  $("live").classList.toggle("lost", lost);
  $("live").textContent = lost ? "연결이 끊겼습니다 (disconnected)" : "실시간 (live)";
}

function showEmptiness() {
  const empty = !$("messages").childElementCount;
  $("empty").hidden = !empty;
  $("found").hidden = !query || empty;
  $("found").textContent = query ? `${hyphenated(query)} 번호가 들어 있는 메시지` : "";
  if (!empty) return;
  $("empty-words").textContent = query ? "이 번호로 온 메시지가 없습니다." : "아직 받은 메시지가 없습니다.";
  const hint = query ? ["No message to this number."] : ["보낼 곳 (send to) ", make("code", "", location.origin)];
  $("empty-hint").replaceChildren(...hint);
}

function showAll(answer) {
  $("messages").replaceChildren(...answer.cards.map(cardElement));
  newest = answer.newest;
  oldest = answer.cards.length ? answer.cards[answer.cards.length - 1].id : null;
  $("more").hidden = !answer.more;
}

function showNew(answer) {
  newest = answer.newest;
  if (!answer.cards.length) return;
  if (!$("messages").childElementCount) oldest = answer.cards[answer.cards.length - 1].id;
  const elements = answer.cards.map(cardElement);
  for (const element of elements) element.firstElementChild.classList.add("new");
  $("messages").prepend(...elements);
  trim();
}

function trim() {
  const list = $("messages");
  while (list.childElementCount > KEPT) list.lastElementChild.remove();
  if (list.childElementCount === KEPT) {
    oldest = Number(list.lastElementChild.firstElementChild.dataset.id);
    $("more").hidden = false;
  }
}

async function reload() {
  const turn = ++asking;
  const answer = await inbox({});
  if (turn !== asking) return;
  showStats(answer.stats);
  showAll(answer);
  showEmptiness();
}

async function poll() {
  const turn = asking;
  const answer = await inbox({ after: newest });
  if (turn !== asking) return;
  showStats(answer.stats);
  // The ledger was emptied, or more has come than one page holds: begin again with the newest page.
  if (answer.newest < newest || answer.more) await reload();
  else showNew(answer);
  showEmptiness();
}

async function older() {
  const turn = ++asking;
  const answer = await inbox({ before: oldest });
  if (turn !== asking) return;
  $("messages").append(...answer.cards.map(cardElement));
  if (answer.cards.length) oldest = answer.cards[answer.cards.length - 1].id;
  $("more").hidden = !answer.more;
}

async function live() {
  if (!document.hidden) {
    try {
      await poll();
      showLife(false);
    } catch {
      showLife(true);
    }
  }
  setTimeout(live, POLL_MS);
}

function fact(list, term, translation, value, bad) {
  if (value === null || value === undefined || value === "") return;
  list.append(make("dt", "", term, " ", english(translation)), make("dd", bad ? "bad" : "", String(value)));
}

function codeWords(request) {
  return request.code === null ? "답을 보내지 않음 (no code was answered)" : `${request.code} · ${request.message}`;
}

function facts(request) {
  const list = make("dl", "facts");
  fact(list, "결과 코드", "resultCode", codeWords(request), !request.accepted);
  fact(list, "이유", "why", request.why, true);
  fact(list, "요청 번호", "requestNo", request.requestNo);
  fact(list, "받은 때", "received", moment.format(new Date(request.receivedAt)));
  fact(list, "예약", "date", request.date);
  fact(list, "발신번호", "from", request.from && hyphenated(request.from));
  fact(list, "종류", "msgType", `${request.msgType} · ${request.api}`);
  fact(list, "제목", "title", request.title);
  fact(list, "이미지", "image", request.image && request.image.name);
  fact(list, "수신자", "recipients", `${count.format(request.recipients)}명`);
  fact(list, "중복", "repeats", request.repeats || null, true);
  fact(list, "고장", "fault", request.fault);
  return list;
}

function numberElement(number) {
  return make("li", "", query && number.includes(query) ? make("mark", "", hyphenated(number)) : hyphenated(number));
}

function numbers(request) {
  const sorted = query ? [...request.to].sort((a, b) => b.includes(query) - a.includes(query)) : request.to;
  const list = make("ul", "numbers", ...sorted.slice(0, NUMBERS_SHOWN).map(numberElement));
  if (sorted.length > NUMBERS_SHOWN) list.append(make("li", "", `… 외 ${count.format(sorted.length - NUMBERS_SHOWN)}명`));
  return list;
}

function closeButton() {
  const button = make("button", "close", "✕");
  button.type = "button";
  button.setAttribute("aria-label", "닫기");
  button.addEventListener("click", () => choose(null));
  return button;
}

function showRequest(request) {
  const raw = make("a", "raw", "요청 전체 JSON");
  raw.href = `/sandbox/requests/${request.id}`;
  const title = make("h2", "", `요청 ${count.format(request.id)} `, english("request"));
  const heading = make("h3", "", "받는 번호 ", english("to"));
  $("request").replaceChildren(closeButton(), title, facts(request), heading, numbers(request), raw);
}

async function choose(id) {
  chosen = id;
  for (const button of document.querySelectorAll(".message")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.id) === id));
  }
  $("request").classList.toggle("open", id !== null);
  if (id === null) return;
  const request = await ask(`/sandbox/requests/${id}`);
  if (chosen === id) showRequest(request);
}

// Where there is room beside the messages, it is not left empty.
async function chooseNewest() {
  const first = document.querySelector(".message");
  if (first && chosen === null && matchMedia("(min-width: 821px)").matches) await choose(Number(first.dataset.id));
}

let typing;
$("number").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(search, 200);
});
$("search").addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
$("more").addEventListener("click", () => older().catch(() => showLife(true)));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") choose(null);
});

function search() {
  clearTimeout(typing);
  query = $("number").value.replace(/\D/g, "");
  history.replaceState(null, "", query ? `?number=${query}` : "/");
  reload().catch(() => showLife(true));
}

query = (new URLSearchParams(location.search).get("number") || "").replace(/\D/g, "");
$("number").value = query && hyphenated(query);
reload().then(chooseNewest).then(() => showLife(false)).catch(() => showLife(true)).finally(live);
