// The conversation: sends a question, shows each step of its answer as the server says it.
//
// For screen readers, the states and the finished answer are announced; the streamed text, which
// changes many times a second, is in an aria-busy area outside any live region.

import { refresh, restore, take } from "./composer.js";
import { events } from "./sse.js";
import { fill, nodes, postJson } from "./page.js";

const composer = document.querySelector("#composer");
const question = document.querySelector("#question");
const send = document.querySelector("#send");
const stop = document.querySelector("#stop");
const turns = document.querySelector("#turns");
const status = document.querySelector("#status");
const spoken = document.querySelector("#spoken");
const phrases = document.querySelector("#phrases").dataset;

// The letterhead has one row or two, as the name of the house and the window are wide.
const head = document.querySelector(".masthead");
new ResizeObserver(() => {
  const bottom = head.getBoundingClientRect().bottom + window.scrollY;
  document.documentElement.style.setProperty("--head", `${bottom}px`);
}).observe(head);

let running = null; // the answer in progress: its exchange, and how to abort it

function announce(text) {
  status.textContent = text;
}

function nearBottom() {
  const page = document.documentElement;
  return page.scrollHeight - page.scrollTop - page.clientHeight < 160;
}

function follow(wasNear) {
  if (wasNear) document.documentElement.scrollTop = document.documentElement.scrollHeight;
}

function turn(kind, speaker) {
  const article = document.createElement("article");
  article.className = `turn ${kind}`;
  const heading = document.createElement("h2");
  heading.className = "speaker";
  heading.textContent = speaker;
  const body = document.createElement("div");
  body.className = kind === "person" ? "said" : "prose streaming";
  article.append(heading, body);
  turns.append(article);
  return { article, body };
}

function pendingAnswer() {
  const { article, body } = turn("machine", phrases.ai);
  body.setAttribute("aria-busy", "true");
  const state = document.createElement("p");
  state.className = "state";
  article.insertBefore(state, body);
  return { article, body, state };
}

/** Say where the answer is: to the eye, and once to the ear. */
function say(answer, text, progress) {
  if (answer.state.dataset.said !== text) {
    answer.state.dataset.said = text;
    answer.state.replaceChildren(text);
    announce(text);
  }
  if (!progress) return;
  let meter = answer.state.querySelector("progress");
  if (!meter) {
    meter = document.createElement("progress");
    meter.setAttribute("aria-label", text);
    answer.state.append(meter);
  }
  meter.max = Math.max(1, progress.total);
  meter.value = progress.done;
}

/** Say what went wrong; a question that the server has (`known`) can be asked again. */
function trouble(answer, text, known = false) {
  answer.state.hidden = false;
  answer.state.classList.add("still");
  answer.state.replaceChildren(text);
  answer.body.setAttribute("aria-busy", "false");
  answer.body.classList.remove("streaming");
  const again = document.createElement("button");
  again.type = "button";
  again.className = "secondary";
  again.dataset.again = "";
  again.textContent = phrases.again;
  if (known) answer.article.append(again);
  announce(text);
}

/** The server's rendering of a turn takes the place of what was shown meanwhile. */
function replace(article, html) {
  const fragment = nodes(html);
  const rendered = fragment.querySelector("article.turn");
  if (rendered) {
    article.replaceWith(fragment);
    return rendered;
  }
  const body = article.querySelector(".said, .prose");
  body.replaceChildren(fragment);
  return article;
}

function finish(answer, html, opening) {
  const near = nearBottom();
  const rendered = replace(answer.article, html);
  const told = [...rendered.querySelectorAll(".prose, .refusal, .caveat")];
  const words = told.map((part) => part.innerText).join("\n");
  announce(opening);
  spoken.textContent = words;
  offerAgain();
  follow(near);
  return rendered;
}

/** The column beside is about the last answer: the passages that it cites, or that it has none. */
function showCited(rendered) {
  const cited = new Set([...rendered.querySelectorAll("a.cite")].map((link) => link.dataset.n));
  const sources = [...document.querySelectorAll("#sources-list .source")];
  for (const source of sources) source.classList.toggle("cited", cited.has(String(source.value)));
}

function showNoSource() {
  const hint = document.createElement("p");
  hint.className = "hint";
  hint.textContent = phrases.unsourced;
  document.querySelector("#sources-list").replaceChildren(hint);
}

/** Only the last answer can be asked again. */
function offerAgain() {
  const buttons = [...turns.querySelectorAll("[data-again]")];
  for (const button of buttons) button.hidden = true;
  const last = turns.querySelector("article.turn:last-of-type")?.querySelectorAll("[data-again]") ?? [];
  if (turns.querySelector("article.turn.person")) for (const button of last) button.hidden = false;
}

/** A new conversation goes on top of the list. */
function list(data) {
  const conversations = document.querySelector("#conversation-list");
  if ([...conversations.querySelectorAll("a")].some((link) => link.pathname === data.url)) return;
  const link = document.createElement("a");
  link.href = data.url;
  link.textContent = data.title;
  link.setAttribute("aria-current", "page");
  const item = document.createElement("li");
  item.append(link);
  let items = conversations.querySelector("ul");
  if (!items) {
    items = document.createElement("ul");
    conversations.append(items);
  }
  items.prepend(item);
}

const handlers = {
  conversation(data) {
    composer.dataset.conversation = data.id;
    document.querySelector("#title").textContent = data.title;
    document.title = document.title.replace(/^.* · /, `${data.title} · `);
    if (location.pathname !== data.url) history.replaceState(null, "", data.url);
    list(data);
  },
  accepted(data, exchange) {
    exchange.id = data.exchange;
    stop.hidden = false;
    if (exchange.person && data.person_html) {
      exchange.person = replace(exchange.person, data.person_html);
    }
  },
  searching(data, { answer }) {
    say(answer, fill(phrases.searching, { passages: data.passages }));
  },
  sources(data, exchange) {
    const { answer } = exchange;
    exchange.sourced = true;
    document.querySelector("#sources-list").replaceChildren(nodes(data.html));
    say(answer, phrases.found);
  },
  injection(data, { answer }) {
    const note = document.createElement("p");
    note.className = "aside";
    note.textContent = data.message;
    answer.article.insertBefore(note, answer.body);
    announce(data.message);
  },
  waiting(data, { answer }) {
    say(answer, data.position > 0 ? fill(phrases.waiting, data) : phrases.next);
  },
  reading(data, { answer }) {
    say(answer, phrases.reading, data);
  },
  delta(data, { answer }) {
    const near = nearBottom();
    if (!answer.body.textContent) {
      say(answer, phrases.writing);
      answer.state.hidden = true;
    }
    answer.body.append(data.text);
    follow(near);
  },
  completed(data, exchange) {
    exchange.ended = true;
    const rendered = finish(exchange.answer, data.html, phrases.finished);
    if (exchange.sourced) showCited(rendered);
    else showNoSource();
  },
  refused(data, exchange) {
    exchange.ended = true;
    finish(exchange.answer, data.html, phrases.refused);
  },
  failed(data, exchange) {
    exchange.ended = true;
    if (data.html) finish(exchange.answer, data.html, phrases.error);
    else trouble(exchange.answer, data.message || phrases.error, true);
  },
  quota(data) {
    document.querySelector("#quota").replaceChildren(nodes(data.html));
  },
};

async function ask(asked, regenerate) {
  document.querySelector("#welcome")?.remove();
  const exchange = { id: "", ended: false, sourced: false, person: null, abort: new AbortController() };
  if (regenerate) {
    const articles = [...turns.querySelectorAll("article.turn")];
    if (articles.at(-1)?.classList.contains("machine")) articles.at(-1).remove();
  } else {
    const mine = turn("person", phrases.you);
    mine.body.textContent = asked.text;
    exchange.person = mine.article;
  }
  exchange.answer = pendingAnswer();
  say(exchange.answer, phrases.sending);
  follow(true);
  running = exchange;
  send.hidden = true;
  try {
    const address = `/chat/${encodeURIComponent(composer.dataset.conversation)}/messages`;
    const response = await postJson(address, { ...asked, regenerate }, exchange.abort.signal);
    if (response.status === 401) {
      exchange.ended = true;
      trouble(exchange.answer, phrases.expired);
    } else if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      exchange.ended = true;
      const answer = await response.json().catch(() => ({}));
      trouble(exchange.answer, answer.message || phrases.error);
      if (!regenerate) restore(asked);
    } else {
      for await (const event of events(response)) handlers[event.name]?.(event.data, exchange);
    }
  } catch (error) {
    if (!exchange.ended) trouble(exchange.answer, exchange.id ? phrases.cut : phrases.error);
    if (!exchange.id && !regenerate) restore(asked);
    exchange.ended = true;
  } finally {
    if (!exchange.ended) trouble(exchange.answer, phrases.cut);
    running = null;
    send.hidden = false;
    stop.hidden = true;
    stop.disabled = false;
    refresh(); // what was typed meanwhile now goes with one more answer
    question.focus();
  }
}

async function stopAnswer() {
  const exchange = running;
  if (!exchange?.id || stop.disabled) return;
  stop.disabled = true;
  announce(phrases.stopping);
  const stopped = postJson(`/chat/exchanges/${encodeURIComponent(exchange.id)}/stop`, {});
  // The server ends the stream itself; should it not, the page does not hang.
  setTimeout(() => { if (running === exchange) exchange.abort.abort(); }, 8000);
  await stopped.catch(() => exchange.abort.abort());
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  if (question.value.trim() && !running) ask(take(), false);
});

question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running && !document.querySelector(":popover-open")) stopAnswer();
});

stop.addEventListener("click", stopAnswer);

turns.addEventListener("click", (event) => {
  const example = event.target.closest("[data-example]");
  if (example) {
    restore({ text: example.textContent, kept: [], masked: [] });
    question.focus();
    return;
  }
  const again = event.target.closest("[data-again]");
  if (again && !running) {
    // The server has the question, and what was chosen for it.
    ask(again.dataset.again === "compose" ? { compose: true } : {}, true);
  }
});

/** Pointing at a citation of the last answer points at its source. */
function point(event, on) {
  const cite = event.target.closest?.("a.cite");
  if (!cite || cite.closest("article.turn") !== turns.querySelector("article.turn:last-of-type")) return;
  const source = document.querySelector(`#source-${Number(cite.dataset.n)}`);
  source?.classList.toggle("pointed", on);
  if (on) source?.scrollIntoView({ block: "nearest" });
}
for (const [type, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
  turns.addEventListener(type, (event) => point(event, on));
}

offerAgain();
