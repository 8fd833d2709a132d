/* The page: who is signed in, which view is shown, the live stream, the banner. */
import { ask, clock, duration, el, fill, part, say, sentence, session, title } from "/base.js";
import { cards, drawDiagram } from "/diagram.js";
import { Trend } from "/trends.js";
import { alarmsView } from "/alarms.js";
import { drawCommands, whyView } from "/why.js";
import { requestsView } from "/requests.js";
import { systemView } from "/system.js";

const byId = (id) => document.getElementById(id);
const body = document.body;
window.addEventListener("error", () => { body.dataset.errors = String(Number(body.dataset.errors) + 1); });
window.addEventListener("unhandledrejection", () => { body.dataset.errors = String(Number(body.dataset.errors) + 1); });

const nowView = {
  enter(root) { this.root = root; this.trend = null; },
  show() {
    drawDiagram(part(this.root, "diagram"), part(this.root, "table"));
    part(this.root, "cards").replaceChildren(...cards());
    drawCommands(part(this.root, "why"));
    if (!this.trend) this.trend = new Trend(part(this.root, "trend"), 3600, false);
  },
  leave() { if (this.trend) this.trend.stop(); },
};
const trendsView = {
  enter(root) { this.root = root; this.trend = null; },
  show() { if (!this.trend) this.trend = new Trend(part(this.root, "trend"), 21600, true); },
  leave() { if (this.trend) this.trend.stop(); },
};
const VIEWS = { now: ["Now", nowView], trends: ["Trends", trendsView], alarms: ["Alarms", alarmsView], why: ["Why", whyView], requests: ["Requests", requestsView], system: ["System", systemView] };
let shown = null, stream = null, heardAt = 0, told = "";

function stamp(name) { return byId(`view-${name}`).content.cloneNode(true); }

function open() {
  const key = (window.location.hash || "#now").slice(1), name = VIEWS[key] ? key : "now";
  if (shown) shown.leave();
  shown = VIEWS[name][1];
  byId("main").replaceChildren(stamp(name));
  document.title = `${VIEWS[name][0]} \u2013 ${session.site.name} \u2013 wattstack`;
  tabs(name);
  shown.enter(byId("main"));
  if (session.picture) show();
}

function tabs(name) {
  const list = session.picture ? session.picture.alarms.alarms.filter((one) => one.state === "unacknowledged" || one.state === "returned").length : 0;
  const waiting = session.picture ? (session.picture.waiting || []).length : 0;
  fill(byId("tabs"), `${name} ${list} ${waiting}`, () => Object.entries(VIEWS).map(([key, [words]]) => {
    const count = key === "alarms" ? list : key === "requests" ? waiting : 0;
    return el("a", { id: `tab-${key}`, href: `#${key}`, "aria-current": key === name ? "page" : null }, words, count ? el("span", { class: "count", "aria-label": `${count} to look at` }, String(count)) : null);
  }));
}

function marks() {
  const { site, picture } = session, state = picture && picture.state, list = [];
  if (site.simulated) list.push(["SIMULATED DEVICES", "bad"]);
  if (!picture || !picture.guard.heard) list.push(["guard not heard", "bad"]);
  else list.push([`mode ${state.mode}`, state.mode === "run" ? "good" : "warn"]);
  if (state && !state.writes) list.push(["nothing is written", "warn"]);
  fill(byId("marks"), JSON.stringify(list), () => list.map(([words, kind]) => el("span", { class: `mark ${kind}` }, words)));
}

function banner() {
  const picture = session.picture, state = picture && picture.state, list = [];
  const silent = (Date.now() - heardAt) / 1000;
  if (heardAt && silent > 4) list.push(["", `This page has heard nothing for ${duration(silent)}: what it shows is old.`]);
  else if (picture && !picture.guard.heard) list.push(["", `The guard is not heard${picture.guard.age_s < 1e5 ? ` for ${duration(picture.guard.age_s)}` : ""}. Devices fall back by themselves; nothing can be asked for.`]);
  if (state) {
    Object.entries(state.lockouts).forEach(([path, why]) => list.push(["", `${title(path)} is locked out: ${why}. A person must clear it, under Requests.`]));
    if (state.mode === "safe") list.push(["", "Safe mode: every device is at its safe setpoint."]);
    if (state.mode === "manual") list.push(["warn", "Manual mode: batteries and generators move only when people ask."]);
    if (state.mode === "shadow") list.push(["warn", "Shadow mode: everything is decided and shown, nothing is written to devices."]);
    if (!state.holder) list.push(["warn", "Another controller holds the site; this one waits."]);
    Object.entries(state.slack_mw).filter(([step]) => step !== "cost").forEach(([step, slack]) => list.push(["warn", `${sentence(step).slice(0, -1)} cannot be kept: ${slack.toFixed(2)} MW are missing. See Why.`]));
  }
  if (picture && picture.file && picture.started_file && picture.file !== picture.started_file) list.push(["warn", "The campus file, or a template that it names, was changed since the start. The change is not taken over; restart to use it."]);
  if (told) list.push(["warn", told]);
  fill(byId("banner"), JSON.stringify(list), () => list.map(([kind, words]) => el("div", { class: `notice ${kind}` }, el("p", {}, words))));
}

function show() {
  marks();
  banner();
  tabs((window.location.hash || "#now").slice(1));
  if (shown) shown.show();
  body.dataset.pictures = String(Number(body.dataset.pictures || 0) + 1);
}

/* What is shown comes over a WebSocket: names, then values in binary (time, float32, quality), then the picture. */
function listen() {
  hush();
  const line = new WebSocket(`${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}/api/live`);
  let names = [], values = {};
  line.binaryType = "arraybuffer";
  line.onmessage = (event) => {
    if (typeof event.data !== "string") { values = valuesOf(names, new DataView(event.data)); return; }
    const said = JSON.parse(event.data);
    if (said.kind === "names") names = said.names;
    if (said.kind !== "picture") return;
    session.picture = { ...said, values };
    heardAt = Date.now();
    byId("clock").textContent = clock(said.utc_s);
    byId("clock").setAttribute("datetime", new Date(said.utc_s * 1000).toISOString());
    show();
  };
  line.onclose = async () => {
    if (stream !== line) return;
    stream = null;
    try { if (!(await ask("/api/me")).who) { leave(); return; } } catch (error) { /* it is away: try again */ }
    window.setTimeout(() => { if (session.who && !stream) listen(); }, 2000);
  };
  stream = line;
}

function hush() { const line = stream; stream = null; if (line) line.close(); }

function valuesOf(names, view) {
  const found = {};
  names.forEach((name, k) => {
    const value = view.getFloat32(8 + 4 * k, true);
    found[name] = [isFinite(value) ? value : null, view.getUint8(8 + 4 * names.length + k)];
  });
  return found;
}

async function enter(who) {
  session.who = who;
  session.site = await ask("/api/site");
  ["top", "tabs", "foot"].forEach((id) => { byId(id).hidden = false; });
  byId("site-name").textContent = session.site.name;
  byId("clock-zone").textContent = session.site.time_zone;
  byId("me-name").textContent = `${who.name}, ${who.role}`;
  byId("foot").textContent = `Campus file ${session.site.running ? session.site.running.slice(0, 12) : "not known"}\u2026 \u00b7 wattstack ${session.site.version} \u00b7 times in ${session.site.time_zone}${session.site.simulated ? " \u00b7 the devices are simulated: these are no measured values" : ""}`;
  open();
  listen();
}

function leave() {
  hush();
  if (shown) { shown.leave(); shown = null; }
  session.who = session.picture = null;
  ["top", "tabs", "foot"].forEach((id) => { byId(id).hidden = true; });
  byId("banner").replaceChildren();
  byId("banner").dataset.key = "";
  byId("tabs").dataset.key = byId("marks").dataset.key = "";
  gate(false);
}

function gate(first) {
  byId("main").replaceChildren(stamp("enter"));
  const root = byId("main"), form = part(root, "form"), wrong = part(root, "wrong");
  part(root, "told").textContent = first ? "Nobody is known here yet. Choose the name and password of the first admin." : "Sign in to see the site.";
  part(root, "token-field").hidden = !first;
  if (first) form.querySelector("button").textContent = "Begin";
  form.onsubmit = async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    const given = { name: form.elements.name.value, password: form.elements.password.value };
    if (first) given.token = form.elements.token.value.trim();
    try { await enter((await ask(first ? "/api/first" : "/api/sign-in", given)).who); } catch (error) { wrong.textContent = error.message; }
  };
  form.elements[first ? "token" : "name"].focus();
}

function theme(choice) {
  document.documentElement.dataset.theme = choice;
  try { window.localStorage.setItem("theme", choice); } catch (error) { /* not kept, then */ }
  window.dispatchEvent(new Event("resize"));
  [nowView, trendsView].forEach((one) => { if (one.trend) one.trend.draw(); });
}

function begin() {
  let kept = null;
  try { kept = window.localStorage.getItem("theme"); } catch (error) { kept = null; }
  theme(kept || (window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
  byId("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  byId("sign-out").addEventListener("click", async () => { try { await ask("/api/sign-out", {}); } catch (error) { /* it ended already */ } leave(); });
  document.addEventListener("signed-out", () => { if (session.who) leave(); });
  document.addEventListener("told", (event) => { told = event.detail; say(told); banner(); window.setTimeout(() => { told = ""; banner(); }, told.includes("wk_") ? 180000 : 20000); });
  window.addEventListener("hashchange", () => { if (session.who) { open(); byId("main").focus(); } });
  window.addEventListener("resize", () => { if (session.picture && session.who) show(); });
  window.setInterval(() => { if (session.who) banner(); }, 1000);
  ask("/api/me").then((found) => (found.who ? enter(found.who) : gate(Boolean(found.first)))).catch((error) => { byId("main").replaceChildren(el("p", { class: "wrong" }, error.message)); });
}

begin();
