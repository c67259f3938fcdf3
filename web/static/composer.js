// The composer: marks what will be masked as one types, and what the person chooses of it.
//
// The server tells it (it alone has the charter and the analyser); between two answers the marks
// follow the text. What was typed is asked about once the hands rest, and a stale request is cut.

import { nodes, postJson } from "./page.js";

const REST = 400; // milliseconds without a keystroke
const MOST = 50; // choices, and characters of one: the server takes no more
const LONGEST = 500;

const composer = document.querySelector("#composer");
const question = document.querySelector("#question");
const marks = document.querySelector("#marks");
const line = document.querySelector("#masking-line");
const panel = document.querySelector("#preview");
const show = document.querySelector("#show-preview");
const maskSelection = document.querySelector("#mask-selection");
const status = document.querySelector("#status");
const phrases = document.querySelector("#phrases").dataset;
const invitation = line.textContent;

const kept = new Set(); // words that the person leaves in clear
const masked = new Set(); // names that were missed
let spans = []; // the marks, where they stand in `marked`
let marked = "";
let said = "0"; // what was announced last
let timer = 0;
let asking = null;

/** The spans of `before` in `after`: those that the edit touched are gone, the others moved. */
export function moved(list, before, after) {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const shift = after.length - before.length;
  return list.flatMap((span) => {
    if (span.end <= head) return [span];
    if (span.start < before.length - tail) return [];
    return [{ ...span, start: span.start + shift, end: span.end + shift }];
  });
}

/** `start` and `end` widened to whole words, without the spaces around; null where no word is. */
export function words(text, start, end) {
  const word = /[\p{L}\p{N}_]/u;
  while (start < end && !word.test(text[start])) start += 1;
  while (end > start && !word.test(text[end - 1])) end -= 1;
  if (start === end) return null;
  while (start > 0 && word.test(text[start - 1])) start -= 1;
  while (end < text.length && word.test(text[end])) end += 1;
  return text.slice(start, end);
}

/** What the person chose, as far as it is still in `text`. */
function choices(text) {
  const present = (chosen) => [...chosen].filter((word) => text.includes(word));
  return { kept: present(kept), masked: present(masked) };
}

function paint() {
  const text = question.value;
  const pieces = [];
  let position = 0;
  for (const span of spans) {
    const mark = document.createElement("mark");
    mark.className = span.state === "kept" ? "kept" : `masked ${span.state}`;
    mark.textContent = text.slice(span.start, span.end);
    pieces.push(text.slice(position, span.start), mark);
    position = span.end;
  }
  // A last line that is empty has its height in a textarea, and none in a block.
  marks.replaceChildren(...pieces, `${text.slice(position)}\u200b`);
  follow();
}

/** The marks scroll with the text, and leave its scroll bar the same room. */
function follow() {
  const bar = question.offsetWidth - question.clientWidth - 2; // less the two borders
  marks.style.paddingRight = bar > 0 ? `calc(0.65rem + ${bar}px)` : "";
  marks.scrollTop = question.scrollTop;
}

function announce(key, text) {
  if (key === said) return;
  said = key;
  status.textContent = text;
}

function tell(text, kind = "") {
  line.textContent = text;
  line.className = `masking-line ${kind}`.trim();
}

/** Put the panel's new content in place, the focus where it was. */
function fillPanel(content) {
  const focused = panel.contains(document.activeElement) ? document.activeElement : null;
  const word = focused?.closest("[data-word]")?.dataset.word;
  const top = panel.scrollTop;
  panel.replaceChildren(...content.childNodes);
  panel.scrollTop = top;
  if (!focused || focused === panel) return;
  const rows = [...panel.querySelectorAll("[data-word]")];
  const row = rows.find((each) => each.dataset.word === word);
  (row?.querySelector("button") ?? show).focus();
}

function clear() {
  spans = [];
  said = "0";
  tell(invitation);
  panel.replaceChildren();
  unfold(false);
  show.disabled = true;
}

function unfold(open) {
  show.setAttribute("aria-expanded", String(open));
  panel.hidden = !open;
}

/** Nothing can be told: no mark stays that could be wrong, and sending remains the road's affair. */
function fail(message) {
  spans = [];
  paint();
  panel.replaceChildren();
  unfold(false);
  show.disabled = true;
  tell(message);
  announce("?", message);
}

function received(data, text) {
  if (question.value !== text) return;
  spans = data.spans;
  marked = text;
  paint();
  const fragment = nodes(data.html);
  const news = fragment.querySelector(".masking-line").textContent;
  tell(news, data.blocked.length ? "bad" : data.count ? "found" : "");
  fillPanel(fragment.querySelector(".masking-body"));
  show.disabled = false;
  announce([data.count, ...data.blocked].join(), news);
}

async function ask() {
  const text = question.value;
  const controller = new AbortController();
  asking = controller;
  try {
    const address = `/chat/${encodeURIComponent(composer.dataset.conversation)}/preview`;
    const response = await postJson(address, { text, ...choices(text) }, controller.signal);
    if (response.status === 204) return;
    if (response.status === 401) fail(phrases.expired);
    else if (response.ok) received(await response.json(), text);
    else fail((await response.json().catch(() => ({}))).message || phrases.unpreviewed);
  } catch (error) {
    if (!controller.signal.aborted) fail(phrases.unpreviewed);
  } finally {
    if (asking === controller) asking = null;
  }
}

/** Ask about the text as it now is: at once, or when the hands rest. */
export function refresh(wait = 0) {
  clearTimeout(timer);
  asking?.abort();
  if (question.value.trim()) timer = setTimeout(ask, wait);
  else clear();
}

/** The question to send with its choices; the composer is empty after. */
export function take() {
  const text = question.value.trim();
  const taken = { text, ...choices(text) };
  restore({ text: "", kept: [], masked: [] });
  return taken;
}

/** Put a question that was not sent back, or another one, with its choices. */
export function restore(asked) {
  question.value = asked.text;
  kept.clear();
  masked.clear();
  for (const word of asked.kept) kept.add(word);
  for (const word of asked.masked) masked.add(word);
  spans = [];
  marked = asked.text;
  paint();
  noteSelection();
  refresh();
}

function selected() {
  const { value, selectionStart, selectionEnd } = question;
  return selectionStart === selectionEnd ? null : words(value, selectionStart, selectionEnd);
}

function noteSelection() {
  const word = selected();
  maskSelection.disabled = !word || word.length > LONGEST || masked.size >= MOST;
}

question.addEventListener("input", () => {
  spans = moved(spans, marked, question.value);
  marked = question.value;
  paint();
  noteSelection();
  refresh(REST);
});
question.addEventListener("scroll", follow);
new ResizeObserver(follow).observe(question);
// Safari tells a textarea's selection by «select» alone, the others by «selectionchange».
for (const type of ["select", "keyup", "pointerup"]) question.addEventListener(type, noteSelection);
document.addEventListener("selectionchange", noteSelection);

maskSelection.addEventListener("click", () => {
  const word = selected();
  if (!word) return;
  masked.add(word);
  kept.delete(word);
  question.focus();
  question.setSelectionRange(question.selectionEnd, question.selectionEnd);
  refresh();
});

show.addEventListener("click", () => unfold(panel.hidden));

panel.addEventListener("click", (event) => {
  const { keep, unkeep, unmask } = event.target.closest("button")?.dataset ?? {};
  if (keep !== undefined && kept.size < MOST && keep.length <= LONGEST) kept.add(keep);
  if (unkeep !== undefined) kept.delete(unkeep);
  if (unmask !== undefined) masked.delete(unmask);
  if (keep ?? unkeep ?? unmask) refresh();
});

// What the browser kept of the page (a step back, a reload) is asked about as well.
if (question.value.trim()) restore({ text: question.value, kept: [], masked: [] });
