// The charter's editor: line numbers, colours, suggestions, and the server's verdict while one types.

import { complete } from "./charter-complete.js";
import { highlight } from "./charter-highlight.js";
import { nodes, postJson } from "./page.js";

const text = document.querySelector("#charter-text");
const code = document.querySelector("#code");
const form = document.querySelector("#charter-form");
const tests = document.querySelector("#tests");
const testing = document.querySelector("#test");
const gutter = document.querySelector("#gutter");
const problems = document.querySelector("#problems");
const meaning = document.querySelector("#meaning");
const publish = document.querySelector("#publish");

let waiting = 0;
let asked = 0;
let drawing = 0;

function number() {
  const count = text.value.split("\n").length;
  text.rows = count + 1;
  while (gutter.children.length < count) gutter.append(document.createElement("li"));
  while (gutter.children.length > count) gutter.lastElementChild.remove();
  [...gutter.children].forEach((item, index) => { item.textContent = String(index + 1); });
}

function goTo(line, column) {
  const lines = text.value.split("\n").slice(0, line - 1);
  const start = lines.reduce((sum, each) => sum + each.length + 1, 0) + Math.max(0, column - 1);
  text.focus();
  text.setSelectionRange(start, start);
  gutter.children[line - 1]?.scrollIntoView({ block: "center" });
}

/** From what a use means to where it is written; one that a parent wrote is in no line here. */
function goToUse(event) {
  const link = event.target.closest("[data-use]");
  if (!link) return;
  const line = text.value.split("\n").findIndex((each) => {
    const found = each.match(/^\s*-?\s*id:\s*["']?([\w-]+)/);
    return found?.[1] === link.dataset.use;
  });
  if (line < 0) return;
  event.preventDefault();
  goTo(line + 1, 1);
}

function show(found) {
  for (const item of gutter.children) item.classList.remove("wrong");
  if (!found.length) {
    const fine = document.createElement("p");
    fine.className = "fine";
    fine.textContent = problems.dataset.fine;
    problems.replaceChildren(fine);
    return;
  }
  const list = document.createElement("ul");
  for (const problem of found) {
    gutter.children[problem.line - 1]?.classList.add("wrong");
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = "#charter-text";
    link.textContent = problems.dataset.line.replace("{line}", problem.line);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      goTo(problem.line, problem.column);
    });
    item.append(link, ` ${problem.field ? `${problem.field} – ` : ""}${problem.message}`);
    // A loosening shows both lines: its own, and the parent's.
    for (const line of problem.lines?.length > 1 ? problem.lines : []) {
      const quoted = document.createElement("code");
      quoted.className = "quoted";
      quoted.textContent = `${line.file}:${line.line} | ${line.text.trim()}`;
      item.append(quoted);
    }
    list.append(item);
  }
  problems.replaceChildren(list);
}

async function check() {
  const turn = ++asked;
  const response = await postJson("/admin/charter/check", { text: text.value }).catch(() => null);
  if (turn !== asked || !response?.ok) return; // a newer text is already being checked
  const verdict = await response.json();
  show(verdict.problems);
  if (verdict.summary_html) meaning.replaceChildren(nodes(verdict.summary_html));
  publish.disabled = verdict.problems.length > 0;
}

function tell(message) {
  const line = document.createElement("p");
  line.textContent = message;
  tests.replaceChildren(line);
}

/** Run the tests in place: the page that the button would lead to holds their report. */
async function runTests(event) {
  event.preventDefault();
  tell(tests.dataset.running);
  testing.disabled = true;
  const body = new URLSearchParams(new FormData(form));
  const tested = text.value;
  const response = await fetch("/admin/charter/test", { method: "POST", credentials: "same-origin", body }).catch(() => null);
  testing.disabled = false;
  if (tested !== text.value) {
    tests.replaceChildren(); // of a text that is no longer there
    return;
  }
  const page = response?.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  const report = page?.querySelector("#tests");
  if (report?.childElementCount) tests.replaceChildren(...report.children);
  else if (page) {
    tests.replaceChildren();
    check();
  } else tell(tests.dataset.failed);
}

meaning?.addEventListener("click", goToUse);

if (text && !text.readOnly) {
  complete(text, code); // first, for Enter is its own while a suggestion is chosen
  const draw = highlight(text, code);
  testing?.addEventListener("click", runTests);
  form.addEventListener("submit", (event) => {
    if (event.submitter !== publish) return;
    // The tests run first, and a new rule is learned: it can take half a minute.
    tell(tests.dataset.running);
    setTimeout(() => { publish.disabled = true; });
  });
  addEventListener("pageshow", () => { publish.disabled = false; });
  // Typed before this script was there, or given back by the browser: it is checked all the same.
  if (text.value !== text.defaultValue) waiting = setTimeout(check);
  text.addEventListener("input", () => {
    // A text inserted at once sends an event for each of its lines: one drawing for all of them.
    cancelAnimationFrame(drawing);
    drawing = requestAnimationFrame(() => {
      number();
      draw();
    });
    tests.replaceChildren();
    clearTimeout(waiting);
    waiting = setTimeout(check, 500);
  });
  text.addEventListener("keydown", (event) => {
    // Tab stays a way out of the field (WCAG 2.1.2); Enter keeps the indentation.
    if (event.key !== "Enter" || event.isComposing) return;
    const before = text.value.slice(0, text.selectionStart);
    const indent = before.slice(before.lastIndexOf("\n") + 1).match(/^ */)[0];
    if (!indent) return;
    event.preventDefault();
    text.setRangeText(`\n${indent}`, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input"));
  });
  number();
}
