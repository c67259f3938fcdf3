// What the charter's JSON Schema lets one write at a place of the text: field names, or values.

const LINE = /^(\s*)((?:- )*)(?:([A-Za-z_]\w*):(?=\s|$))?/;

function shape(line) {
  const [, indent, dashes, key] = line.match(LINE);
  return { dash: dashes ? indent.length : -1, column: indent.length + dashes.length, key };
}

/** The keys under which line `row` stands, the outermost first. */
export function pathAt(lines, row) {
  const path = [];
  const here = shape(lines[row]);
  let limit = here.dash >= 0 ? here.dash : here.column;
  let inclusive = here.dash >= 0;
  for (let index = row - 1; index >= 0 && (limit > 0 || inclusive); index -= 1) {
    if (!lines[index].trim() || /^\s*#/.test(lines[index])) continue;
    const { dash, column, key } = shape(lines[index]);
    if (key && (column < limit || (inclusive && column === limit && dash < 0))) {
      path.unshift(key);
      limit = dash >= 0 ? dash : column;
      inclusive = dash >= 0;
    } else if (dash >= 0 && !inclusive && column === limit) {
      limit = dash;
      inclusive = true;
    }
  }
  return path;
}

function follow(schema, node) {
  let found = node;
  while (found?.$ref) found = schema.$defs[found.$ref.split("/").pop()];
  return found;
}

/** The forms that a value may take: «all» or a list, a text or nothing. */
function forms(schema, node) {
  const found = follow(schema, node);
  if (!found) return [];
  const several = found.anyOf ?? found.oneOf ?? found.allOf;
  if (several) return several.flatMap((each) => forms(schema, each));
  if (found.type === "array" && found.items) return forms(schema, found.items);
  return [found];
}

function fields(schema, path) {
  let nodes = [schema];
  for (const key of path) {
    nodes = nodes.flatMap((node) => (node.properties?.[key] ? forms(schema, node.properties[key]) : []));
  }
  return Object.assign({}, ...nodes.map((node) => node.properties ?? {}));
}

function values(schema, node) {
  return forms(schema, node).flatMap((form) => {
    if (form.enum) return form.enum;
    if (form.const !== undefined) return [form.const];
    return form.type === "boolean" ? ["true", "false"] : [];
  }).map(String);
}

function siblings(lines, row) {
  const { column } = shape(lines[row]);
  const known = new Set();
  for (const step of [-1, 1]) {
    let { dash } = shape(lines[row]);
    for (let index = row + step; index >= 0 && index < lines.length; index += step) {
      if (step < 0 && dash >= 0) break;
      if (!lines[index].trim()) continue;
      const line = shape(lines[index]);
      if (line.column < column || (step > 0 && line.dash >= 0 && line.dash < column)) break;
      if (line.column === column && line.key) known.add(line.key);
      dash = line.dash;
    }
  }
  return known;
}

/** What may be written at `column` of line `row`: `[{ text, insert, about }]`, and what it replaces. */
export function suggest(schema, lines, row, column) {
  const before = lines[row].slice(0, column);
  const [whole, , , key] = before.match(LINE);
  const path = pathAt(lines, row);
  const flow = before.match(/^[^"'#]*\{([^{}]*)$/);
  const within = key ? [...path, key] : path;
  const word = before.match(/[\w-]*$/)[0];
  let options = [];
  const asFields = (known, taken) => Object.entries(known)
    .filter(([name]) => !taken.has(name))
    .map(([name, node]) => ({ text: name, insert: `${name}: `, about: node.description ?? follow(schema, node)?.description ?? "" }));
  const asValues = (known, name) => (known[name] ? values(schema, known[name]) : [])
    .map((each) => ({ text: each, insert: each, about: "" }));
  const inner = flow?.[1].match(/([A-Za-z_]\w*):\s*[\w-]*$/);
  if (flow && inner) options = asValues(fields(schema, within), inner[1]);
  else if (flow) {
    const taken = new Set([...flow[1].matchAll(/([A-Za-z_]\w*):/g)].map((found) => found[1]));
    options = asFields(fields(schema, within), taken);
  } else if (key && /^\s+\[?(?:[\w-]+, )*[\w-]*$/.test(before.slice(whole.length))) options = asValues(fields(schema, path), key);
  else if (!key && /^\s*(?:- )*\w*$/.test(before)) {
    const here = [...lines];
    here[row] = before; // the rest of the line is being written over
    options = asFields(fields(schema, path), siblings(here, row));
    if (!options.length && path.length) options = asValues(fields(schema, path.slice(0, -1)), path.at(-1));
  }
  const wanted = word.toLowerCase();
  return { word, options: options.filter((each) => each.text.toLowerCase().startsWith(wanted) && each.text !== word) };
}
