/* What every view uses: asking the server, making elements, writing numbers. Text is never read as HTML. */
export const MINUS = "\u2212", HAIR = "\u00a0";
export const session = { who: null, site: null, picture: null };

export class Wrong extends Error {
  constructor(status, why) { super(why); this.status = status; }
}

export async function ask(path, body) {
  const how = { headers: {}, cache: "no-store", credentials: "same-origin" };
  if (body !== undefined) {
    how.method = "POST";
    how.headers["Content-Type"] = "application/json";
    if (session.who) how.headers["X-CSRF-Token"] = session.who.csrf;
    how.body = JSON.stringify(body);
  }
  let answer;
  try { answer = await fetch(path, how); } catch (error) { throw new Wrong(0, "The server is not reached."); }
  let found = {};
  try { found = await answer.json(); } catch (error) { found = { why: "The answer cannot be read." }; }
  if (!answer.ok) {
    if (answer.status === 401 && session.who) document.dispatchEvent(new CustomEvent("signed-out"));
    throw new Wrong(answer.status, sentence(found.why || "Failed."));
  }
  return found;
}

export function el(name, attributes, ...children) {
  const made = document.createElement(name);
  Object.entries(attributes || {}).forEach(([key, value]) => {
    if (value === null || value === undefined || value === false) return;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  });
  made.append(...children.flat().filter((one) => one !== null && one !== undefined));
  return made;
}

export function svg(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  Object.entries(attributes || {}).forEach(([key, value]) => {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  });
  made.append(...children.flat());
  return made;
}

/* Put rows into a place only where they changed, so that the focus and the reader's place stay. */
export function fill(place, key, make) {
  if (!place || place.dataset.key === key) return false;
  place.dataset.key = key;
  const held = document.activeElement, id = held && place.contains(held) ? held.id : "";
  place.replaceChildren(...[make()].flat().filter(Boolean));
  if (id && document.getElementById(id)) document.getElementById(id).focus();
  return true;
}

export function part(root, name) { return root.querySelector(`[data-part="${name}"]`); }

export function number(value, unit, decimals) {
  if (value === null || value === undefined || !isFinite(value)) return "not known";
  const size = Math.abs(value);
  const places = decimals !== undefined ? decimals : size >= 1000 ? 0 : size >= 10 ? 1 : 2;
  const text = size.toLocaleString("en-GB", { minimumFractionDigits: places, maximumFractionDigits: places });
  const negative = value < 0 && Number(text.replace(/,/g, "")) !== 0;
  return (negative ? MINUS : "") + text + (unit ? HAIR + unit : "");
}

export function percent(frac) { return frac === null || frac === undefined ? "not known" : number(100 * frac, "%", 1); }

export function duration(s) {
  if (s === null || s === undefined) return "";
  if (s < 90) return `${Math.max(Math.round(s), 0)}${HAIR}s`;
  if (s < 5400) return `${Math.round(s / 60)}${HAIR}min`;
  if (s < 172800) return `${(s / 3600).toFixed(1)}${HAIR}h`;
  return `${Math.round(s / 86400)}${HAIR}days`;
}

export function clock(utc_s, day) {
  if (!utc_s) return "";
  const zone = session.site ? session.site.time_zone : "UTC";
  const how = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone };
  if (day) Object.assign(how, { day: "2-digit", month: "short" });
  return new Intl.DateTimeFormat("en-GB", how).format(new Date(utc_s * 1000));
}

export function sentence(text) {
  const whole = String(text);
  return whole.charAt(0).toUpperCase() + whole.slice(1) + (/[.!?]$/.test(whole) ? "" : ".");
}

export function title(path) {
  const names = { "grid.connection": "Grid", campus: "Campus" };
  if (!path) return "Campus";
  if (names[path]) return names[path];
  const [kind, name] = path.split(".");
  const kinds = { battery: "Battery", solar: "Solar", generator: "Generator", ups: "UPS", load: "" };
  if (kinds[kind] === undefined || !name) return path;
  const word = name.charAt(0).toUpperCase() + name.slice(1);
  return kinds[kind] ? `${kinds[kind]} ${name}` : word;
}

export function table(heads, rows, kind) {
  const head = heads.map((one) => el("th", { scope: "col", class: one.n ? "n" : null }, one.text || one));
  const lines = rows.map((row) => {
    const cells = row.cells.map((cell, k) => {
      const name = k === 0 ? "th" : "td";
      const label = k > 0 ? heads[k].text || heads[k] || null : null;
      return el(name, { scope: k === 0 ? "row" : null, class: heads[k].n ? "n" : null, "data-label": label }, cell === null || cell === undefined ? "" : cell);
    });
    return el("tr", { class: row.kind || null }, cells);
  });
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table" },
    el("table", { class: kind || null }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, lines)));
}

export function facts(rows) {
  return rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
}

export function say(text) { document.getElementById("spoken").textContent = text; }

/* Values of the picture. An asset may have several devices: PATH and PATH#2, their powers add up. */
export const QUALITY = ["good", "not there", "bad", "stale", "written by others"];
const ADD = ["power_mw", "output_mw", "draw_mw", "stored_mwh", "can_charge_mw", "can_discharge_mw"];

export function reading(path, name) {
  const picture = session.picture;
  const found = { value: null, quality: null, channel: `${path}.${name}` };
  if (!picture) return found;
  const own = (session.site.devices || []).map((one) => one.path).filter((one) => one.split("#")[0] === path);
  const paths = own.length ? own : [path];
  let count = 0;
  paths.forEach((one) => {
    const seen = picture.values[`${one}.${name}`];
    if (!seen) return;
    found.quality = Math.max(found.quality === null ? 0 : found.quality, seen[1]);
    if (seen[0] === null) return;
    count += 1;
    found.value = (found.value || 0) + seen[0];
  });
  if (count > 1 && !ADD.includes(name)) found.value /= count;
  return found;
}

export function powerOf(asset) {
  const names = { solar: ["output_mw", "power_mw"], generator: ["output_mw", "power_mw"], load: ["draw_mw", "power_mw"], ups: ["draw_mw", "power_mw"] };
  for (const name of names[asset.kind] || ["power_mw"]) {
    const found = reading(asset.path, name);
    if (found.quality !== null) return found;
  }
  return { value: null, quality: null, channel: "" };
}

/* What the loads draw together: as the guard has it, else what comes in. */
export function loadMw() {
  const state = session.picture && session.picture.state;
  if (state && state.values.load_mw !== undefined) return state.values.load_mw;
  const measured = session.site.assets.filter((one) => one.kind === "load").map(powerOf);
  if (measured.length && measured.every((one) => one.value !== null)) return measured.reduce((sum, one) => sum + one.value, 0);
  let sum = 0, known = true;
  const sources = session.site.assets.filter((one) => ["battery", "solar", "generator"].includes(one.kind)).map(powerOf);
  if (session.site.connection) sources.push(reading("grid.connection", "power_mw"));
  sources.forEach((one) => { if (one.value === null) known = false; else sum += one.value; });
  return known ? sum : null;
}
