/* Requests: what is in force, what waits for a second person, and a form that shows the effect before anything is sent. */
import { ask, clock, duration, el, fill, number, part, say, session, table, title } from "/base.js";
import { left } from "/why.js";

const KINDS = {
  battery_mw: { name: "Battery power", unit: "MW", assets: "battery", help: "Positive discharges, negative charges.", one: "value" },
  generator_mw: { name: "Generator power", unit: "MW", assets: "generator", one: "value" },
  load_cap_mw: { name: "Cap of the workload", unit: "MW", one: "high", help: "The workload may not follow: nothing relies on it." },
  peak_mw: { name: "Peak of the demand interval, at most", unit: "MW", one: "high" },
  import_limit_mw: { name: "Import limit", unit: "MW", one: "high" },
  export_limit_mw: { name: "Export limit", unit: "MW", one: "high" },
  reserve_mwh: { name: "Backup reserve, at least", unit: "MWh", one: "low" },
  mode: { name: "Mode", one: "mode" },
  clear_lockout: { name: "Clear a lockout", one: null },
};
const MODES = ["run", "shadow", "manual", "safe"];
const SPANS = [["15 min", 900], ["1 h", 3600], ["4 h", 14400], ["8 h", 28800], ["24 h", 86400]];
let allowed = {};

export const requestsView = {
  async enter(root) {
    this.root = root;
    try { allowed = (await ask("/api/requests")).what; } catch (error) { allowed = {}; }
    if (!root.querySelector("[data-part=pending]")) return;
    this.form();
    if (session.picture) this.show();
    part(root, "back").addEventListener("click", () => part(root, "confirm").close());
    part(root, "send").addEventListener("click", () => this.send());
  },
  leave() { const open = part(this.root, "confirm"); if (open.open) open.close(); },
  show() { this.force(); this.waiting(); },

  force() {
    const list = session.picture.state ? session.picture.state.requests : [];
    const mine = list.map((one) => ({ cells: [
      `${KINDS[one.what] ? KINDS[one.what].name : one.what}${one.path ? `, ${title(one.path)}` : ""}`,
      one.source + (one.user ? `, ${one.user}` : ""), [bounds(one), one.did, one.reason].filter(Boolean).join("; "), `${left(one.until_s)} left`,
      one.source === "user" && allowed[one.what] && allowed[one.what].may && KINDS[one.what].one && KINDS[one.what].one !== "mode"
        ? el("button", { type: "button", class: "quiet", "aria-label": `End ${KINDS[one.what].name}`, onclick: () => this.end(one) }, "End") : "",
    ] }));
    const key = JSON.stringify([Object.keys(allowed).length, list.map((one) => [one.id, one.did, left(one.until_s)])]);
    fill(part(this.root, "force"), key, () => (mine.length ? table(["What", "Who asked", "What it asks", "Ends", ""], mine, "text") : el("p", {}, "None: rules and plan decide.")));
  },

  waiting() {
    const list = session.picture.waiting || [], me = session.who.name.toLowerCase();
    const key = JSON.stringify([Object.keys(allowed).length, list.map((one) => [one.id, duration(one.left_s)])]);
    fill(part(this.root, "pending"), key, () => (list.length ? list.map((one) => el("div", { class: "notice warn" },
      el("p", {}, el("strong", {}, `${one.user} asks: ${words(one)} for ${duration(one.for_s)}. `), one.reason, ` Forgotten in ${duration(one.left_s)}.`),
      el("ul", {}, one.effect.map((line) => el("li", {}, line.text))),
      el("div", { class: "row" },
        (one.user || "").toLowerCase() === me || !(allowed[one.what] || {}).may ? el("span", { class: "note" }, "Another person must agree.")
          : el("button", { type: "button", class: "main", onclick: () => this.do("/api/requests/agree", { id: one.id }, "Agreed to and sent.") }, "Agree and send"),
        (allowed[one.what] || {}).may ? el("button", { type: "button", onclick: () => this.do("/api/requests/decline", { id: one.id }, "Taken away.") }, "Do not send") : null))) : el("p", {}, "Nothing waits.")));
  },

  async do(path, body, told) {
    try { const done = await ask(path, body); say(done.why && !done.taken ? done.why : told); document.dispatchEvent(new CustomEvent("told", { detail: done.why && !done.taken ? done.why : told })); } catch (error) { document.dispatchEvent(new CustomEvent("told", { detail: error.message })); }
  },

  end(one) { this.do("/api/requests/end", { what: one.what, path: one.path || null, reason: "ended early" }, "Ended."); },

  form() {
    const form = part(this.root, "form");
    const what = el("select", { name: "what", onchange: () => this.fields() }, Object.entries(KINDS).map(([key, kind]) => {
      const right = allowed[key] || { may: false, role: "operator" };
      return el("option", { value: key, disabled: !right.may }, `${kind.name}${right.may ? "" : ` (needs ${right.role})`}`);
    }));
    form.replaceChildren(
      el("label", {}, "What", what), el("div", { "data-part": "fields", class: "whole ask" }),
      el("label", {}, "For", el("select", { name: "for_s" }, SPANS.map(([name, s]) => el("option", { value: s }, name)))),
      el("label", { class: "whole" }, "Why", el("input", { name: "reason", required: true, minlength: "3", maxlength: "400" })),
      el("p", { class: "wrong whole", role: "alert", "data-part": "wrong" }),
      el("div", { class: "whole" }, el("button", { type: "submit", class: "main" }, "Show the effect")));
    form.onsubmit = (event) => { event.preventDefault(); this.preview(); };
    const first = Object.keys(KINDS).find((key) => (allowed[key] || {}).may);
    if (first) what.value = first;
    else { form.replaceChildren(el("p", {}, `You are ${session.who.role}: an operator may ask.`)); return; }
    this.fields();
  },

  fields() {
    const form = part(this.root, "form"), key = form.elements.what.value, kind = KINDS[key], made = [];
    if (kind.assets) made.push(el("label", {}, "Which", el("select", { name: "path" }, el("option", { value: "" }, "All together"),
      session.site.assets.filter((one) => one.kind === kind.assets).map((one) => el("option", { value: one.path }, `${title(one.path)}, ${number(one.power_mw, "MW")}`)))));
    if (key === "clear_lockout") {
      const out = Object.entries((session.picture.state || {}).lockouts || {});
      made.push(el("label", {}, "Which", el("select", { name: "path", required: true }, out.map(([path, why]) => el("option", { value: path }, `${title(path)}: ${why}`)))));
      if (!out.length) made.push(el("p", { class: "note" }, "Nothing is locked out."));
    }
    if (kind.one === "mode") made.push(el("label", {}, "Mode", el("select", { name: "amount" }, MODES.map((one) => el("option", { value: one }, one)))));
    else if (kind.one) made.push(el("label", {}, `${kind.one === "high" ? "At most" : kind.one === "low" ? "At least" : "Power"}, ${kind.unit}`, el("input", { name: "amount", type: "number", step: "any", required: true, inputmode: "decimal" })));
    if (kind.help) made.push(el("p", { class: "note" }, kind.help));
    if ((allowed[key] || {}).two_persons) made.push(el("p", { class: "note" }, "A second person must agree before it is sent."));
    part(this.root, "fields").replaceChildren(...made);
  },

  body() {
    const fields = part(this.root, "form").elements, kind = KINDS[fields.what.value];
    const body = { what: fields.what.value, for_s: Number(fields.for_s.value), reason: fields.reason.value };
    if (fields.path && fields.path.value) body.path = fields.path.value;
    if (kind.one === "mode") body.mode = fields.amount.value;
    else if (kind.one) body[kind.one] = Number(fields.amount.value);
    return body;
  },

  async preview() {
    const wrong = part(this.root, "wrong");
    wrong.textContent = "";
    try {
      this.asked = this.body();
      const found = await ask("/api/requests/preview", this.asked);
      part(this.root, "effect").replaceChildren(
        el("p", {}, el("strong", {}, `${words(this.asked)} for ${duration(found.for_s)}, until ${clock(found.until_s, true)}.`)),
        el("ul", {}, found.effect.map((line) => el("li", { class: line.warns ? "wrong" : null }, line.text))),
        el("p", { class: "note" }, found.two_persons ? "It is sent when a second person agrees. It ends by itself." : "It ends by itself. Limits and reserve stay in force."));
      part(this.root, "send").textContent = found.two_persons ? "Ask a second person" : "Send";
      part(this.root, "confirm").showModal();
    } catch (error) { wrong.textContent = error.message; }
  },

  async send() {
    part(this.root, "confirm").close();
    const wrong = part(this.root, "wrong");
    try {
      const done = await ask("/api/requests", this.asked);
      say(done.taken ? "Sent and taken." : done.why);
      wrong.textContent = "";
      part(this.root, "form").elements.reason.value = "";
      document.dispatchEvent(new CustomEvent("told", { detail: done.taken ? "The guard took it." : "It waits for a second person." }));
    } catch (error) { wrong.textContent = error.message; }
  },
};

function words(one) {
  const kind = KINDS[one.what], asset = one.path ? `, ${title(one.path)}` : "";
  if (!kind) return one.what;
  if (one.what === "mode") return `Mode ${one.mode}`;
  if (one.what === "clear_lockout") return `Clear the lockout of ${one.path || "everything"}`;
  return `${kind.name}${asset}: ${bounds(one)}`;
}

function bounds(one) {
  const unit = KINDS[one.what] ? KINDS[one.what].unit : "", told = (value) => value !== null && value !== undefined;
  if (one.what === "mode") return one.mode || "";
  if (told(one.value)) return number(one.value, unit);
  if (told(one.low) && one.low === one.high) return number(one.low, unit);
  return [told(one.low) ? `at least ${number(one.low, unit)}` : "", told(one.high) ? `at most ${number(one.high, unit)}` : ""].filter(Boolean).join(", ");
}
