// Small helps on any page: copying with the label, opinions on an answer, forms sent once.

import { postJson } from "./page.js";

async function copy(button) {
  const from = button.dataset.copy
    ? document.querySelector(button.dataset.copy)
    : button.closest("article").querySelector("template.copy-text").content;
  const text = from.textContent.trim();
  const word = button.querySelector("span");
  const before = word.textContent;
  await navigator.clipboard.writeText(text);
  word.textContent = button.dataset.copied;
  setTimeout(() => { word.textContent = before; }, 2500);
}

async function opine(article, value, told = {}) {
  const address = `/chat/messages/${encodeURIComponent(article.dataset.message)}/feedback`;
  const response = await postJson(address, { value, comment: "", ...told });
  if (!response.ok) return null;
  for (const button of article.querySelectorAll("[data-feedback]")) {
    button.setAttribute("aria-pressed", String(value !== "" && button.dataset.feedback === value));
  }
  return response.json();
}

document.addEventListener("click", async (event) => {
  const copyButton = event.target.closest("[data-copy]");
  if (copyButton) {
    await copy(copyButton);
    return;
  }
  const opinion = event.target.closest("[data-feedback]");
  if (opinion) {
    const article = opinion.closest("article");
    article.querySelector(".thanks").textContent = "";
    // Pressed again, a thumb is taken back.
    const value = opinion.getAttribute("aria-pressed") === "true" ? "" : opinion.dataset.feedback;
    if (await opine(article, value)) {
      const form = article.querySelector("[data-opinion]");
      form.hidden = !value;
      if (!value) return;
      form.dataset.value = value;
      form.reset(); // what was agreed to for another opinion does not hold for this one
      form.querySelector("[data-when-down]").hidden = value !== "down";
      form.querySelector("textarea").focus({ preventScroll: true });
      form.scrollIntoView({ block: "nearest" });
    }
  }
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-opinion]");
  if (form) {
    event.preventDefault();
    const told = {
      comment: form.querySelector("textarea").value.trim(),
      reason: form.dataset.value === "down" ? form.elements.reason.value : "",
      source: Number(form.elements.source?.value ?? 0),
      share: form.elements.share.checked,
    };
    const article = form.closest("article");
    const thanks = article.querySelector(".thanks");
    const kept = await opine(article, form.dataset.value, told);
    if (kept) {
      form.hidden = true;
      article.querySelector("[data-feedback][aria-pressed=true]").focus();
    }
    thanks.textContent = !kept
      ? thanks.dataset.failed
      : kept.shared ? thanks.dataset.shared : told.share ? thanks.dataset.kept : thanks.dataset.counted;
    thanks.scrollIntoView({ block: "nearest" });
    return;
  }
  // A form that leaves the page is sent once.
  if (event.target.method === "post" && !event.defaultPrevented) {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
    setTimeout(() => { delete event.target.dataset.sent; }, 4000);
  }
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
