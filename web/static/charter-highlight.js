// Colours a charter's YAML behind the text area, line by line; only the lines that changed are redrawn.

const KEY = /^(\s*(?:- )*)([A-Za-z_]\w*)(:)(?=\s|$)/;
const BLOCK = /:\s*[|>][+-]?\d?\s*(?:#.*)?$/;
const TOKENS = /("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(\s#.*$)|([A-Za-z_]\w*)(?=:\s)|\b(forbid|block)\b|\b(allow|review|keep|pseudonymise|never_restore|all|true|false)\b|(-?\b\d+(?:\.\d+)?\b)/g;

function piece(text, kind) {
  if (!kind) return document.createTextNode(text);
  const span = document.createElement("span");
  span.className = `y-${kind}`;
  span.textContent = text;
  return span;
}

function value(text, into) {
  let from = 0;
  for (const found of text.matchAll(TOKENS)) {
    const [, quoted, comment, key, strict, word, number] = found;
    if (quoted) continue; // prose: ink, as it is
    into.push(piece(text.slice(from, found.index)));
    into.push(piece(found[0], comment ? "comment" : key ? "key" : strict ? "forbid" : word || number ? "value" : ""));
    from = found.index + found[0].length;
  }
  into.push(piece(text.slice(from)));
}

function drawn(text, prose) {
  const pieces = [];
  if (prose) pieces.push(piece(text));
  else if (/^\s*#/.test(text)) pieces.push(piece(text, "comment"));
  else {
    const key = text.match(KEY);
    if (key) pieces.push(piece(key[1]), piece(key[2], "key"), piece(key[3]));
    // Only a value that is no sentence: words of a text are not keywords.
    const rest = key ? text.slice(key[0].length) : text;
    if (/^\s*(?:- )*(?:[[{]|[\w.-]+\s*(?:#.*)?$|#)/.test(rest)) value(rest, pieces);
    else pieces.push(piece(rest));
  }
  return pieces;
}

/** Lines that are inside a block of prose (after «key: |»), by their indentation. */
function proseLines(lines) {
  let within = -1;
  return lines.map((line) => {
    const indent = line.search(/\S/);
    if (within >= 0 && (indent > within || indent < 0)) return true;
    within = BLOCK.test(line) ? Math.max(0, line.search(/[^\s-]/)) : -1;
    return false;
  });
}

/** Put the colours behind `area`, in `box`, and keep them there; returns what redraws them. */
export function highlight(area, box) {
  const back = document.createElement("pre");
  back.setAttribute("aria-hidden", "true");
  box.prepend(back);
  box.classList.add("lit");
  let known = [];
  function draw() {
    const lines = area.value.split("\n");
    const prose = proseLines(lines);
    const now = lines.map((line, index) => (prose[index] ? "p" : "c") + line);
    let start = 0;
    while (start < now.length && now[start] === known[start]) start += 1;
    let end = 0;
    while (end < Math.min(now.length, known.length) - start && now[now.length - 1 - end] === known[known.length - 1 - end]) end += 1;
    for (let index = known.length - end - 1; index >= start; index -= 1) back.children[index].remove();
    const before = back.children[start] ?? null;
    for (let index = start; index < now.length - end; index += 1) {
      const line = document.createElement("div");
      line.append(...drawn(lines[index], prose[index]), "\u200b");
      back.insertBefore(line, before);
    }
    known = now;
    back.scrollLeft = area.scrollLeft;
  }
  area.addEventListener("scroll", () => { back.scrollLeft = area.scrollLeft; });
  draw();
  return draw;
}
