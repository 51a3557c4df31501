// Elements of the page, and numbers as words.

export const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children. Attributes that are functions are listeners, `style` is an object; children may be texts. */
export function element(name, attributes = {}, ...children) {
  return furnish(document.createElement(name), attributes, children);
}

/** The same, of a drawing. */
export function drawing(name, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, name), attributes, children);
}

function furnish(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else if (name === "style") Object.assign(node.style, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

export const byId = (name) => document.getElementById(name);

export function swatch(colour, large = false) {
  return element("span", { class: large ? "swatch large" : "swatch", style: { background: colour || "transparent" }, "aria-hidden": "true" });
}

/** A number with as many decimals as it needs: 0.0312, 4.5, 120. */
export function number(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(Math.abs(value) + 1))))));
}

export const percent = (share, decimals = 0) => `${(100 * share).toFixed(decimals)} %`;

export function metres(value) {
  return value >= 1000 ? `${Number((value / 1000).toFixed(value >= 10000 ? 0 : 1))} km` : `${Math.round(value)} m`;
}

/** Content of an address of this viewer. Throws an Error that says what the server said. */
export async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error((await answer.text()).trim() || `${answer.status}`);
  return answer.json();
}
