// Suggestions in the charter's editor: a list by the caret, worked with the keyboard or the pointer.
//
// The text area stays a text area: Tab leaves it, Enter breaks the line unless an arrow chose something.

import { fill } from "./page.js";
import { suggest } from "./charter-schema.js";

let asked = null;

/** The schema, asked for once; null where it cannot be had, and then asked for again. */
async function known() {
  asked ??= fetch("/charter/schema.json").then((response) => (response.ok ? response.json() : null)).catch(() => null);
  const schema = await asked;
  if (!schema) asked = null;
  return schema;
}

function caret(area) {
  const lines = area.value.slice(0, area.selectionStart).split("\n");
  return { row: lines.length - 1, column: lines.at(-1).length };
}

/** Make `area` suggest; `box` holds the list, and its data the words for it. */
export function complete(area, box) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.dataset.list);
  list.hidden = true;
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  box.append(list, said);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  let chosen = -1;
  let word = "";
  let turn = 0;

  function close() {
    turn += 1; // what is still being looked for is no longer wanted
    list.hidden = true;
    chosen = -1;
    said.textContent = "";
    area.removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    chosen = (index + list.children.length) % list.children.length;
    [...list.children].forEach((item, each) => item.setAttribute("aria-selected", String(each === chosen)));
    list.children[chosen].scrollIntoView({ block: "nearest" });
    area.setAttribute("aria-activedescendant", list.children[chosen].id);
  }

  function accept(index) {
    const { insert } = list.children[index].dataset;
    const end = area.selectionStart;
    close();
    area.setRangeText(insert, end - word.length, end, "end");
    area.focus();
    area.dispatchEvent(new Event("input"));
  }

  async function open(wanted) {
    const mine = turn += 1;
    const schema = await known();
    if (!schema || mine !== turn || area.selectionStart !== area.selectionEnd) return;
    const { row, column } = caret(area);
    const found = suggest(schema, area.value.split("\n"), row, column);
    if (!found.options.length || (!wanted && !found.word)) {
      close();
      return;
    }
    word = found.word;
    list.replaceChildren(...found.options.slice(0, 40).map((option, index) => {
      const item = document.createElement("li");
      item.id = `suggestion-${index}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.dataset.insert = option.insert;
      const name = document.createElement("b");
      name.textContent = option.text;
      item.append(name, option.about);
      item.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        accept(index);
      });
      return item;
    }));
    chosen = -1;
    area.removeAttribute("aria-activedescendant");
    const style = getComputedStyle(area);
    const line = parseFloat(style.lineHeight);
    list.style.top = `${parseFloat(style.paddingTop) + (row + 1) * line}px`;
    list.style.left = `min(calc(${style.paddingLeft} + ${column - word.length}ch - ${area.scrollLeft}px), 50%)`;
    list.hidden = false;
    said.textContent = fill(box.dataset.suggestions, { count: list.children.length });
    if (wanted) choose(0);
  }

  area.addEventListener("input", (event) => {
    // What the script itself wrote, or took away, asks for nothing.
    if (event.inputType === "insertText") open(false);
    else close();
  });
  area.addEventListener("blur", close);
  area.addEventListener("click", close);
  area.addEventListener("keydown", (event) => {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      open(true);
      return;
    }
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      event.stopImmediatePropagation();
      accept(chosen);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    } else if (!["Shift", "Control", "Alt", "Meta"].includes(event.key) && event.key.length > 1) close();
  });
}
