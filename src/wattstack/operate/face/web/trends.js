/* Signals over time on a canvas: the mean as a line, least to greatest as a band behind it. */
import { ask, clock, el, number, percent, powerOf, reading, session, title } from "/base.js";

const SPANS = [["15 min", 900], ["1 h", 3600], ["6 h", 21600], ["24 h", 86400], ["7 days", 604800]];
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

function signals() {
  const site = session.site, list = [], counts = {};
  const add = (channel, name, kind, plot) => {
    counts[kind + plot] = (counts[kind + plot] || 0) + 1;
    list.push({ channel, name, kind, plot, dash: DASHES[(counts[kind + plot] - 1) % DASHES.length] });
  };
  if (site.connection) add("grid.connection.power_mw", "Grid, import +", "grid", "power");
  site.assets.forEach((one) => {
    if (one.kind === "ups") return;
    const seen = powerOf(one);
    if (seen.channel && seen.quality !== null) add(seen.channel, title(one.path), one.kind, "power");
    if (one.kind === "battery" && reading(one.path, "soc").quality !== null) add(`${one.path}.soc`, `${title(one.path)}, charge`, "battery", "share");
  });
  return list.slice(0, 12);
}

export class Trend {
  constructor(place, span_s, choose) {
    this.span_s = span_s;
    this.hidden = new Set();
    this.signals = signals();
    this.curves = {};
    this.at = null;
    const buttons = SPANS.map(([name, s]) => el("button", { type: "button", class: "quiet", "aria-pressed": String(s === span_s), onclick: (event) => {
      this.span_s = s;
      event.target.parentElement.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one === event.target)));
      this.load();
    } }, name));
    this.legend = el("ul", { class: "legend" }, this.signals.map((one) => this.entry(one)));
    this.canvas = el("canvas", { tabindex: "0", role: "img", "aria-label": "Powers over time" });
    this.low = el("canvas", { class: "low", tabindex: "0", role: "img", "aria-label": "State of charge over time", hidden: !this.signals.some((one) => one.plot === "share") });
    this.told = el("p", { class: "note" }, "");
    place.replaceChildren(el("div", { class: "trend" }, choose ? el("div", { class: "row", role: "group", "aria-label": "Span" }, buttons) : null, this.legend, this.canvas, this.low, this.told));
    [this.canvas, this.low].forEach((one) => this.listen(one));
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.canvas);
    this.load();
    this.timer = setInterval(() => this.load(), 10000);
  }

  stop() { clearInterval(this.timer); this.watch.disconnect(); }

  entry(one) {
    one.shown = el("b", {}, "");
    const sample = el("i", { class: `k-${one.kind}` });
    if (one.dash.length) sample.style.borderTopStyle = one.dash.length > 2 ? "double" : one.dash[0] > 4 ? "dashed" : "dotted";
    const box = el("input", { type: "checkbox", checked: true, onchange: () => {
      if (box.checked) this.hidden.delete(one.channel); else this.hidden.add(one.channel);
      this.draw();
    } });
    return el("li", {}, el("label", {}, box, sample, one.name, one.shown));
  }

  listen(canvas) {
    const move = (x) => { const box = canvas.getBoundingClientRect(); this.at = Math.min(Math.max((x - box.left - 52) / (box.width - 60), 0), 1); this.draw(); };
    canvas.addEventListener("pointermove", (event) => move(event.clientX));
    canvas.addEventListener("pointerleave", () => { this.at = null; this.draw(); });
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -0.01, ArrowRight: 0.01, Home: -1, End: 1 }[event.key];
      if (!step && event.key !== "Escape") return;
      event.preventDefault();
      this.at = event.key === "Escape" ? null : Math.min(Math.max((this.at === null ? 1 : this.at) + step, 0), 1);
      this.draw();
    });
  }

  async load() {
    const points = Math.min(Math.max(Math.round((this.canvas.clientWidth || 800) / 2), 100), 800);
    const end = session.picture ? session.picture.utc_s : Date.now() / 1000;
    const query = this.signals.map((one) => `channel=${encodeURIComponent(one.channel)}`).join("&");
    if (!query) { this.told.textContent = "No device of this campus is measured."; return; }
    try {
      const found = await ask(`/api/history?${query}&start_s=${end - this.span_s}&end_s=${end}&points=${points}`);
      this.curves = Object.fromEntries(found.curves.map((one) => [one.channel, one]));
      this.end = end;
      this.told.textContent = "";
    } catch (error) { this.told.textContent = error.message; }
    this.draw();
  }

  draw() {
    if (!this.end) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    this.paint(this.canvas, "power", "MW", colour);
    if (!this.low.hidden) this.paint(this.low, "share", "%", colour);
    this.readout();
  }

  readout() {
    const told = [];
    this.signals.forEach((one) => {
      const curve = this.curves[one.channel];
      if (!curve || !curve.mean.length) { one.shown.textContent = ""; return; }
      const last = curve.mean.length - 1;
      let k = this.at === null ? last : Math.round(this.at * last);
      if (this.at === null) while (k > 0 && curve.mean[k] === null) k -= 1;
      const value = curve.mean[k];
      one.shown.textContent = value === null ? "" : one.plot === "share" ? percent(value) : number(value, "MW");
      told.push(`${one.name} ${one.shown.textContent || "not known"}`);
    });
    const moment = this.at === null ? "newest" : clock(this.end - this.span_s * (1 - this.at), true);
    this.canvas.setAttribute("aria-label", `Powers over ${this.span_s / 3600} hours, ${moment}: ${told.join("; ")}. Arrow keys move along the time.`);
    this.low.setAttribute("aria-label", `State of charge over the same time, ${moment}.`);
    this.told.textContent = Object.values(this.curves).every((one) => !one.mean.length) ? "Nothing was kept in this time yet." : this.at === null ? "" : clock(this.end - this.span_s * (1 - this.at), true);
  }

  paint(canvas, plot, unit, colour) {
    const ratio = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
    if (!w || !h) return;
    canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.clearRect(0, 0, w, h);
    const left = 52, right = w - 8, top = 24, bottom = h - 24;
    const shown = this.signals.filter((one) => one.plot === plot && !this.hidden.has(one.channel) && this.curves[one.channel]);
    const scale = plot === "share" ? 100 : 1;
    let low = 0, high = plot === "share" ? 100 : 1;
    if (plot !== "share") shown.forEach((one) => { const curve = this.curves[one.channel]; curve.low.forEach((v, k) => { if (v !== null) { low = Math.min(low, v); high = Math.max(high, curve.high[k]); } }); });
    const step = nice((high - low) / Math.max(Math.floor((bottom - top) / 42), 2));
    low = Math.floor(low / step) * step; high = Math.ceil(high / step) * step;
    const y = (v) => bottom - (v - low) / (high - low) * (bottom - top);
    const x = (frac) => left + frac * (right - left);
    pen.font = "12px system-ui, sans-serif"; pen.fillStyle = colour("--soft"); pen.lineWidth = 1; pen.textBaseline = "middle"; pen.textAlign = "right";
    for (let v = low; v <= high + step / 2; v += step) {
      pen.strokeStyle = Math.abs(v) < step / 1e6 ? colour("--zero") : colour("--grid");
      pen.beginPath(); pen.moveTo(left, y(v)); pen.lineTo(right, y(v)); pen.stroke();
      pen.fillText(number(v, "", step < 1 ? 1 : 0), left - 7, y(v));
    }
    pen.textAlign = "left"; pen.fillText(unit, 2, 8);
    this.times(pen, x, bottom, colour);
    shown.forEach((one) => line(pen, this.curves[one.channel], one, { x, y, scale }, colour(`--c-${one.kind}`)));
    if (this.at !== null) { pen.strokeStyle = colour("--ink"); pen.setLineDash([]); pen.beginPath(); pen.moveTo(x(this.at), top); pen.lineTo(x(this.at), bottom); pen.stroke(); }
  }

  times(pen, x, bottom, colour) {
    const steps = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800];
    const most = Math.max(Math.floor((x(1) - x(0)) / 84), 2), step = steps.find((one) => this.span_s / one <= most) || 172800;
    const start = this.end - this.span_s, shift = zoneShift(this.end);
    pen.textAlign = "center"; pen.textBaseline = "top"; pen.fillStyle = colour("--soft"); pen.strokeStyle = colour("--grid");
    for (let t = Math.ceil((start + shift) / step) * step - shift; t < this.end; t += step) {
      const at = x((t - start) / this.span_s);
      pen.beginPath(); pen.moveTo(at, bottom); pen.lineTo(at, bottom + 4); pen.stroke();
      if (at < x(0) + 14 || at > x(1) - 14) continue;
      const words = step >= 86400 ? clock(t, true).split(",")[0] : clock(t).slice(0, 5);
      pen.fillText(words, at, bottom + 7);
    }
  }
}

function zoneShift(utc_s) {
  const zone = session.site.time_zone;
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(new Date(utc_s * 1000)).map((one) => [one.type, Number(one.value)]));
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) / 1000 - Math.floor(utc_s);
}

function nice(size) {
  const power = Math.pow(10, Math.floor(Math.log10(Math.max(size, 1e-9)))), lead = size / power;
  return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

function line(pen, curve, one, to, colour) {
  const count = curve.mean.length;
  if (!count) return;
  const known = curve.mean.flatMap((value, k) => (value === null ? [] : [k]));
  const steps = known.slice(1).map((k, i) => k - known[i]).sort((a, b) => a - b);
  const usual = steps.length ? steps[steps.length >> 1] : 1; // a hurried site is kept once in many of its seconds
  const gap = Math.max(2, Math.ceil(3 / curve.step_s), 3 * usual), runs = [];
  let run = [], missing = 0;
  for (let k = 0; k < count; k += 1) {
    if (curve.mean[k] === null) { missing += 1; continue; }
    if (missing > gap && run.length) { runs.push(run); run = []; }
    missing = 0; run.push(k);
  }
  if (run.length) runs.push(run);
  const at = (k) => to.x((k + 0.5) / count);
  runs.forEach((points) => {
    pen.fillStyle = colour; pen.globalAlpha = 0.16; pen.beginPath();
    points.forEach((k) => pen.lineTo(at(k), to.y(curve.high[k] * to.scale)));
    points.slice().reverse().forEach((k) => pen.lineTo(at(k), to.y(curve.low[k] * to.scale)));
    pen.fill(); pen.globalAlpha = 1;
    pen.strokeStyle = colour; pen.lineWidth = 1.9; pen.setLineDash(one.dash); pen.beginPath();
    points.forEach((k) => pen.lineTo(at(k), to.y(curve.mean[k] * to.scale)));
    if (points.length === 1) pen.arc(at(points[0]), to.y(curve.mean[points[0]] * to.scale), 1.2, 0, 7);
    pen.stroke(); pen.setLineDash([]);
  });
}
