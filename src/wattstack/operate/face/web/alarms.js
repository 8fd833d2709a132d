/* Alarms: what stands, what was first, seen, set aside; and what happened. */
import { ask, clock, el, fill, part, say, session, table, title } from "/base.js";

const WORDS = { unacknowledged: "stands", acknowledged: "stands, seen", returned: "over, not seen", shelved: "set aside" };
const SHELVES = [["15 min", 900], ["1 h", 3600], ["8 h", 28800], ["24 h", 86400]];
let shelving = "";

function can(least) { return ["viewer", "operator", "engineer", "admin"].indexOf(session.who.role) >= least; }

async function doIt(path, body, told, place) {
  try {
    session.picture.alarms = await ask(path, body);
    shelving = "";
    say(told);
    drawAlarms(place, true);
  } catch (error) { document.dispatchEvent(new CustomEvent("told", { detail: error.message })); }
}

function shelf(one, place) {
  const why = el("input", { id: "shelf-why", required: true, minlength: "3", maxlength: "300", "aria-label": "Why" , placeholder: "Why" });
  const span = el("select", { id: "shelf-span", "aria-label": "For how long" }, SHELVES.map(([name, s]) => el("option", { value: s }, name)));
  return el("form", { class: "row", onsubmit: (event) => {
    event.preventDefault();
    doIt("/api/alarms/shelve", { key: one.key, for_s: Number(span.value), reason: why.value }, "Set aside.", place);
  } }, span, why, el("button", { type: "submit" }, "Set aside"), el("button", { type: "button", class: "quiet", onclick: () => { shelving = ""; drawAlarms(place, true); } }, "Back"));
}

function actions(one, place, list) {
  if (!can(1) || !list.service) return "";
  if (shelving === one.key) return shelf(one, place);
  const buttons = [];
  if (one.state === "unacknowledged" || one.state === "returned") buttons.push(el("button", { type: "button", class: "quiet", "aria-label": `Seen: ${one.text}`, onclick: () => doIt("/api/alarms/acknowledge", { key: one.key }, "Marked as seen.", place) }, "Seen"));
  if (one.state === "shelved") buttons.push(el("button", { type: "button", class: "quiet", onclick: () => doIt("/api/alarms/unshelve", { key: one.key }, "Taken back.", place) }, "Take back"));
  else buttons.push(el("button", { type: "button", class: "quiet", "aria-label": `Set aside: ${one.text}`, onclick: () => { shelving = one.key; drawAlarms(place, true); document.getElementById("shelf-why").focus(); } }, "Set aside"));
  return el("div", { class: "row" }, buttons);
}

export function drawAlarms(place, again) {
  const list = session.picture.alarms;
  if (again) place.dataset.key = "";
  if (shelving && !again && place.dataset.key) return;
  fill(place, JSON.stringify([list.alarms, list.service, list.storming, shelving]), () => {
    const notes = [];
    if (!list.service) notes.push(el("p", { class: "note" }, "The service of alarms does not answer: these are the guard's own. They cannot be marked as seen now."));
    if (list.storming) notes.push(el("div", { class: "notice" }, el("p", {}, "Storm: more alarms than are told one by one. Look at the first of them.")));
    if (!list.alarms.length) return [...notes, el("p", {}, "Nothing is wrong.")];
    return [...notes, table(["About", "What", "State", "Since", ""], list.alarms.map((one) => ({
      kind: one.state === "unacknowledged" ? "alarm" : null,
      cells: [title(one.channel), el("span", {}, one.place === 1 ? el("strong", { class: "mark warn" }, "first") : null, one.place === 1 ? " " : null, one.text, one.count > 1 ? ` (${one.count} times)` : ""),
        state(one), one.raised_s ? clock(one.raised_s, true) : "", actions(one, place, list)],
    })), "text")];
  });
}

function state(one) {
  if (one.state === "shelved") return `set aside until ${clock(one.shelved_until_s, true)} by ${one.shelved_by}: ${one.shelved_why}`;
  return WORDS[one.state] + (one.acknowledged_by ? ` by ${one.acknowledged_by}` : "");
}

/* Commands of one asset that follow each other for the same reason are one line. */
function gathered(events) {
  const lines = [], newest = {};
  events.forEach((one) => {
    const why = one.text.replace(/^[^:]*MW: /, ""), before = newest[one.channel];
    if (one.level === "command" && before && before.why === why) {
      Object.assign(before, { until_s: one.utc_s, text: one.text, count: before.count + 1 });
      return;
    }
    const line = { ...one, why, count: 1 };
    lines.push(line);
    newest[one.channel] = line;
  });
  return lines;
}

export async function drawEvents(place, level, most) {
  const end = session.picture ? session.picture.utc_s : Date.now() / 1000;
  try {
    const found = await ask(`/api/events?start_s=${end - 86400}&end_s=${end + 60}&most=${most}${level ? `&level=${level}` : ""}`);
    const list = gathered(found.events).reverse();
    fill(place, JSON.stringify(list.map((one) => [one.utc_s, one.text])), () => (list.length ? table(["When", "What kind", "About", "What"], list.map((one) => ({
      kind: one.level === "alarm" ? "alarm" : null, cells: [clock(one.utc_s, true) + (one.until_s ? ` \u2013 ${clock(one.until_s)}` : ""), one.level, one.channel, one.text + (one.count > 1 ? ` (the last of ${one.count} with this reason)` : "")],
    })), "text") : el("p", {}, "Nothing in the last day.")));
  } catch (error) { place.replaceChildren(el("p", { class: "wrong" }, error.message)); place.dataset.key = ""; }
}

export const alarmsView = {
  enter(root) { this.root = root; this.events(); this.timer = setInterval(() => this.events(), 5000); },
  events() { drawEvents(part(this.root, "events"), "", 600); },
  show() { drawAlarms(part(this.root, "alarms")); },
  leave() { clearInterval(this.timer); shelving = ""; },
};
