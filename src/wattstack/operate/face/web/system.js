/* The system itself: the file it runs, its loop, devices, all values, people. */
import { ask, clock, duration, el, facts, fill, number, part, QUALITY, say, session, table } from "/base.js";

const LABELS = {
  "control.cycle_ms": ["Last cycle", "ms"], "control.overruns": ["Overruns", ""], load_mw: ["Load", "MW"], solar_mw: ["Solar", "MW"], generator_mw: ["Generators", "MW"],
  "control.reserve_mwh": ["Reserve", "MWh"], "control.sure_mwh": ["Surely stored", "MWh"], "control.peak_mw": ["Mean of an interval held below", "MW"],
  "control.import_limit_mw": ["Import limit", "MW"], "grid.billed_peak_mw": ["Highest interval of the month", "MW"],
};

export const systemView = {
  enter(root) {
    this.root = root;
    this.values();
    this.timer = setInterval(() => this.values(), 3000);
    this.password();
    this.sessions();
    if (session.who.role === "admin") { part(root, "people-section").hidden = false; this.people(); }
  },
  leave() { clearInterval(this.timer); },

  show() {
    const { site, picture } = session, state = picture.state;
    const same = picture.file && picture.file === picture.started_file;
    const file = [
      ["Campus", site.description ? `${site.name}: ${site.description}` : site.name], ["Version of wattstack", site.version],
      ["Checksum (SHA-256) of what runs here", el("code", {}, picture.started_file || "not known")],
      ["The file on disk", picture.file ? (same ? "is the same" : el("strong", { class: "wrong" }, "was changed since; it is not taken over")) : "cannot be read"],
      ["The guard runs", state && state.campus ? el("code", {}, state.campus) : "not told"],
    ];
    fill(part(this.root, "file"), JSON.stringify([picture.file, state && state.campus]), () => facts(file));
    const loop = [["Guard", picture.guard.heard ? `heard ${number(1000 * picture.guard.age_s, "ms", 0)} ago` : "not heard"], ["Values", `${picture.channels} channels, ${picture.poor} not good`]];
    if (state) {
      loop.push(["Mode", state.mode], ["Writes to devices", state.writes ? "yes" : "no"], ["Holds the site", state.holder ? "yes" : "no, the other controller does"]);
      Object.entries(state.values).forEach(([key, value]) => { const told = LABELS[key] || [key, ""]; loop.push([told[0], number(value, told[1])]); });
    }
    fill(part(this.root, "loop"), JSON.stringify(loop), () => facts(loop));
  },

  async values() {
    let found;
    try { found = await ask("/api/state"); } catch (error) { return; }
    if (!part(this.root, "values")) return; // another view was opened meanwhile
    const names = Object.keys(found.values), by = {};
    names.forEach((name) => {
      const device = name.split(".").slice(0, 2).join("."), one = (by[device] = by[device] || { good: 0, all: 0, worst: "good" });
      const quality = found.values[name].quality;
      if (quality === "not there") return;
      one.all += 1;
      if (quality === "good") one.good += 1;
      else if (QUALITY.indexOf(quality) > QUALITY.indexOf(one.worst) || one.worst === "good") one.worst = quality;
    });
    const devices = session.site.devices.map((one) => {
      const seen = by[one.path] || { good: 0, all: 0, worst: "not read" }, lock = ((found.state || {}).lockouts || {})[one.path];
      return { kind: lock || seen.good < seen.all ? "alarm" : null, cells: [one.path, one.template, `${one.transport} ${one.where}`, seen.all === seen.good && seen.all ? "all good" : `${seen.good} of ${seen.all} good, ${seen.worst}`, lock ? `locked out: ${lock}` : ""] };
    });
    fill(part(this.root, "devices"), JSON.stringify(devices), () => table(["Device", "Template", "Where", "Values", ""], devices, "text"));
    const rows = names.slice(0, 2000).map((name) => ({ kind: ["good", "not there"].includes(found.values[name].quality) ? null : "alarm", cells: [name, number(found.values[name].value, "", 3), found.values[name].quality] }));
    const place = part(this.root, "values");
    const open = place.querySelector("details") && place.querySelector("details").open;
    fill(place, JSON.stringify(rows), () => {
      const age = found.frame_utc_s ? `Read at ${clock(found.frame_utc_s, true)}, ${duration(found.utc_s - found.frame_utc_s)} ago.` : "Nothing was read yet.";
      return [el("p", { class: "note" }, age), el("details", { open }, el("summary", {}, `${names.length} channels`), table(["Channel", { text: "Value", n: true }, "Quality"], rows))];
    });
  },

  async sessions() {
    const place = part(this.root, "sessions"), wrong = el("p", { class: "wrong", role: "alert" });
    let list;
    try { list = (await ask("/api/sessions")).sessions; } catch (error) { return; }
    if (!place.isConnected) return; // another view was opened meanwhile
    const end = (one) => async () => { try { await ask("/api/sessions/end", { id: one.id }); this.sessions(); } catch (error) { wrong.textContent = error.message; } };
    place.replaceChildren(table(["Name", "From", "Until", ""], list.map((one) => ({ cells: [one.name, one.address, clock(one.until_s, true),
      el("button", { type: "button", class: "quiet", "aria-label": `End the session of ${one.name} from ${one.address} until ${clock(one.until_s, true)}`, onclick: end(one) }, "End")] })), "text"), wrong);
  },

  async people() {
    const place = part(this.root, "people");
    let list;
    try { list = (await ask("/api/users")).users; } catch (error) { place.replaceChildren(el("p", { class: "wrong" }, error.message)); return; }
    const roles = () => el("select", { name: "role" }, ["viewer", "operator", "engineer", "admin"].map((one) => el("option", {}, one)));
    const wrong = el("p", { class: "wrong whole", role: "alert" });
    const send = (path, make, told) => async (event) => {
      event.preventDefault();
      try {
        const done = await ask(path, make(event.target.elements));
        await this.people();
        document.dispatchEvent(new CustomEvent("told", { detail: done.key ? `The key, shown this once: ${done.key}` : told }));
      } catch (error) { wrong.textContent = error.message; }
    };
    place.replaceChildren(
      table(["Name", "Role", "What", ""], list.map((one) => ({ cells: [one.name, one.role, one.kind === "machine" ? "program" : "person",
        el("button", { type: "button", class: "quiet", "aria-label": `Remove ${one.name}`, onclick: async () => { try { await ask("/api/users/remove", { name: one.name }); this.people(); } catch (error) { wrong.textContent = error.message; } } }, "Remove")] })), "text"),
      wrong,
      el("h3", {}, "A person, or a new role and password"),
      el("form", { class: "ask", onsubmit: send("/api/users", (f) => ({ name: f.name.value, password: f.password.value, role: f.role.value }), "Done.") },
        el("label", {}, "Name", el("input", { name: "name", required: true, maxlength: "40", autocomplete: "off" })), el("label", {}, "Password, 12 characters or more", el("input", { name: "password", type: "password", required: true, minlength: "12", autocomplete: "new-password" })),
        el("label", {}, "Role", roles()), el("div", {}, el("button", { type: "submit" }, "Save"))),
      el("h3", {}, "A program"),
      el("form", { class: "ask", onsubmit: send("/api/machines", (f) => ({ name: f.name.value, role: f.role.value }), "Done.") },
        el("label", {}, "Name", el("input", { name: "name", required: true, maxlength: "40", autocomplete: "off" })), el("label", {}, "Role", roles()), el("div", {}, el("button", { type: "submit" }, "Give it a key"))));
  },

  password() {
    const wrong = el("p", { class: "wrong whole", role: "alert" });
    const form = part(this.root, "password");
    form.replaceChildren(
      el("label", {}, "Old password", el("input", { name: "old", type: "password", required: true, autocomplete: "current-password" })),
      el("label", {}, "New password, 12 characters or more", el("input", { name: "new", type: "password", required: true, minlength: "12", autocomplete: "new-password" })),
      el("div", {}, el("button", { type: "submit" }, "Change")), wrong);
    form.onsubmit = async (event) => {
      event.preventDefault();
      try {
        await ask("/api/password", { old: form.elements.old.value, new: form.elements.new.value });
        say("Changed. Sign in again.");
        document.dispatchEvent(new CustomEvent("signed-out"));
      } catch (error) { wrong.textContent = error.message; }
    };
  },
};
