/* The single-line diagram: grid, transformer, bus, feeders. Broad screens have the bus across, phones have it down the side. */
import { clock, duration, el, loadMw, number, percent, powerOf, QUALITY, reading, session, svg, table, title } from "/base.js";

const TINY = 0.005;

function model() {
  const site = session.site, picture = session.picture, state = picture.state;
  const feeders = [];
  const loads = site.assets.filter((one) => one.kind === "load");
  const whole = loadMw();
  const measured = loads.map(powerOf);
  const known = measured.reduce((sum, one) => sum + (one.value || 0), 0);
  const bare = loads.filter((one, k) => measured[k].quality === null);
  const bareSize = bare.reduce((sum, one) => sum + (one.power_mw || 1), 0);
  ["solar", "battery", "generator"].forEach((kind) => site.assets.filter((one) => one.kind === kind).forEach((one) => {
    const seen = powerOf(one);
    const more = kind === "battery" ? batteryWords(one) : kind === "generator" ? engineWords(one) : "";
    feeders.push({ asset: one, path: one.path, kind, value: seen.value, quality: seen.quality, sign: 1, more, level: kind === "battery" ? soc(one) : null });
  }));
  loads.forEach((one, k) => {
    const seen = measured[k];
    const rest = seen.quality === null && whole !== null;
    const value = rest ? Math.max(whole - known, 0) * (one.power_mw || 1) / bareSize : seen.value;
    const ups = site.assets.find((unit) => unit.kind === "ups" && (unit.serves || []).includes(one.name));
    feeders.push({ asset: one, path: one.path, kind: "load", value, quality: rest ? 0 : seen.quality, sign: -1, ups, more: rest ? "by balance" : upsWords(ups) });
  });
  const grid = site.connection ? { ...reading("grid.connection", "power_mw"), path: "grid.connection" } : null;
  if (grid) {
    const volts = reading("grid.connection", "voltage_pu"), hertz = reading("grid.connection", "frequency_hz");
    grid.words = [site.connection.voltage_kv ? `${site.connection.voltage_kv} kV` : "", hertz.value !== null ? number(hertz.value, "Hz", 2) : "", volts.value !== null ? number(volts.value, "pu", 3) : ""].filter(Boolean);
    grid.away = volts.value !== null && volts.value < 0.5;
  }
  return { grid, feeders, state };
}

function soc(one) {
  const seen = reading(one.path, "soc");
  if (seen.value !== null) return seen.value;
  const stored = reading(one.path, "stored_mwh");
  return stored.value !== null && one.energy_mwh ? stored.value / one.energy_mwh : null;
}

function batteryWords(one) {
  const share = soc(one);
  return share === null ? "" : `${percent(share)} full`;
}

function engineWords(one) {
  const on = reading(one.path, "running");
  return on.value === null ? "" : on.value >= 0.5 ? "running" : "stands";
}

function upsWords(ups) {
  if (!ups) return "";
  const on = reading(ups.path, "on_battery");
  return on.value !== null && on.value > 0.5 ? "UPS on battery" : "behind UPS";
}

function poorWords(one) {
  if (one.quality === null) return "not measured";
  return one.quality > 0 ? QUALITY[one.quality] : "";
}

function shape(kind, x, y, one) {
  const made = svg("g", { class: `k-${kind}`, transform: `translate(${x},${y})`, "stroke-width": 2.2 });
  const poor = one && one.quality ? " poor-shape" : "";
  if (kind === "battery") {
    made.append(svg("rect", { x: -20, y: -13, width: 38, height: 26, rx: 3, class: "shape" + poor }), svg("rect", { x: 18, y: -5, width: 4, height: 10, class: "solid" }));
    if (one && one.level !== null && one.level !== undefined) made.append(svg("rect", { x: -18, y: -11, width: 34 * Math.min(Math.max(one.level, 0), 1), height: 22, class: "level" }));
  } else if (kind === "solar") {
    made.append(svg("rect", { x: -20, y: -14, width: 40, height: 28, rx: 2, class: "shape" + poor }), svg("path", { d: "M-20 0h40M-7 -14v28M7 -14v28", class: "ink", "stroke-width": 1.4 }));
  } else if (kind === "generator") {
    made.append(svg("circle", { r: 17, class: "shape" + poor }), svg("path", { d: "M-9 3q4.5 -11 9 -3t9 -3", class: "ink" }));
  } else if (kind === "load") {
    made.append(svg("rect", { x: -18, y: -15, width: 36, height: 30, rx: 2, class: "shape" + poor }), svg("path", { d: "M-11 -7h14M-11 0h14M-11 7h14M8 -7h3M8 0h3M8 7h3", class: "ink", "stroke-width": 1.6 }));
  } else if (kind === "ups") {
    made.append(svg("rect", { x: -13, y: -11, width: 26, height: 22, rx: 2, class: "shape" }), svg("path", { d: "M-13 11L13 -11", class: "ink", "stroke-width": 1.4 }), svg("path", { d: "M-9 -5h6M3 5q1.5 -3 3 0t3 0", class: "ink", "stroke-width": 1.4 }));
  } else if (kind === "grid") {
    made.append(svg("path", { d: "M-16 20L0 -20L16 20M-10.4 6L10.4 6M-10.4 6L8 0L-5 -7.6M10.4 6L-8 0L5 -7.6M-15 -8H15", class: "ink" + poor, "stroke-width": 1.8 }));
  } else if (kind === "transformer") {
    made.append(svg("circle", { cy: -8, r: 12, class: "ink" }), svg("circle", { cy: 8, r: 12, class: "ink" }));
  }
  return made;
}

/* A wire with the flow on it: thicker for more power, an arrow for its direction. The path goes away from the bus. */
function wire(kind, from, to, one, largest) {
  const [x1, y1] = from, [x2, y2] = to;
  const flow = one.value === null || one.value === undefined ? 0 : one.value * one.sign;
  const made = svg("g", { class: `k-${kind}` });
  made.append(svg("path", { d: `M${x1} ${y1}L${x2} ${y2}`, class: "wire", "stroke-width": 2 }));
  if (Math.abs(flow) > TINY) {
    const width = 2.5 + 6 * Math.sqrt(Math.min(Math.abs(flow) / largest, 1));
    made.append(svg("path", { d: `M${x1} ${y1}L${x2} ${y2}`, class: `flow moving${flow > 0 ? " back" : ""}`, "stroke-width": width.toFixed(1) }));
    const angle = Math.atan2(y2 - y1, x2 - x1) * 180 / Math.PI + (flow > 0 ? 180 : 0);
    made.append(svg("path", { d: "M-7 -8L8 0L-7 8Z", class: "arrow", transform: `translate(${(x1 + x2) / 2},${(y1 + y2) / 2}) rotate(${angle.toFixed(0)})` }));
  }
  return made;
}

function text(x, y, words, size, kind, anchor) {
  return svg("text", { x, y, "font-size": size, class: kind || null, "text-anchor": anchor || "middle" }, words);
}

function broad(model_, largest) {
  const { grid, feeders } = model_, count = feeders.length, each = Math.max(940 / Math.max(count, 1), 96);
  const width = Math.max(each * count, 620), busY = grid ? 190 : 40, h = busY + 206;
  const root = svg("svg", { viewBox: `0 0 ${width} ${h}`, "aria-hidden": "true" });
  const cx = width / 2;
  if (grid) {
    const flow = { value: grid.value, sign: 1 };
    root.append(svg("path", { d: `M${cx} 52V74`, class: "wire", "stroke-width": 2 }), wire("grid", [cx, busY], [cx, 114], flow, largest), shape("grid", cx, 32, grid), shape("transformer", cx, 94, grid));
    root.append(text(cx + 30, 28, "Grid", 16, null, "start"), text(cx + 30, 54, number(grid.value, "MW", 1), 22, "value", "start"), text(cx + 30, 76, grid.value === null ? poorWords(grid) : grid.away ? "away" : Math.abs(grid.value) < TINY ? "no flow" : grid.value > 0 ? "import" : "export", 14, grid.quality || grid.away ? "poor" : "soft", "start"));
    grid.words.forEach((one, k) => root.append(text(cx - 30, 28 + 20 * k, one, 14, "soft", "end")));
  }
  root.append(svg("path", { d: `M${each * 0.2} ${busY}H${width - each * 0.2}`, stroke: "var(--ink)", "stroke-width": 6, "stroke-linecap": "round" }));
  feeders.forEach((one, k) => {
    const x = each * (k + 0.5), y = busY + 100;
    const from = one.ups ? busY + 36 : busY + 3;
    if (one.ups) root.append(svg("path", { d: `M${x} ${busY}V${from}`, class: "wire", "stroke-width": 2 }), shape("ups", x, busY + 25, null));
    root.append(wire(one.kind, [x, from], [x, y - 16], one, largest));
    root.append(shape(one.kind, x, y, one), text(x, y + 38, title(one.path), 15), text(x, y + 63, number(one.value, "MW", 1), 20, "value"));
    const poor = poorWords(one);
    root.append(text(x, y + 84, poor || direction(one), 13, poor && one.quality !== null ? "poor" : "soft"));
    if (one.more && !poor) root.append(text(x, y + 101, one.more, 13, "soft"));
  });
  return root;
}

function narrow(model_, largest) {
  const { grid, feeders } = model_, row = 76, top = grid ? 112 : 20, h = top + row * feeders.length + 6, x = 38;
  const root = svg("svg", { viewBox: `0 0 358 ${h}`, "aria-hidden": "true" });
  if (grid) {
    root.append(wire("grid", [x, top], [x, 42], { value: grid.value, sign: 1 }, largest), shape("grid", x, 24, grid));
    root.append(text(75, 22, "Grid", 15, null, "start"), text(75, 44, grid.words.slice(0, 2).join(", "), 12.5, "soft", "start"));
    root.append(text(350, 24, number(grid.value, "MW", 1), 19, "value", "end"), text(350, 44, grid.value === null ? poorWords(grid) : grid.away ? "away" : grid.value >= 0 ? "import" : "export", 13, grid.quality || grid.away ? "poor" : "soft", "end"));
  }
  root.append(svg("path", { d: `M${x} ${top}V${h - 34}`, stroke: "var(--ink)", "stroke-width": 6, "stroke-linecap": "round" }));
  feeders.forEach((one, k) => {
    const y = top + row * (k + 0.5), poor = poorWords(one);
    const from = one.ups ? 75 : x + 3;
    if (one.ups) root.append(svg("path", { d: `M${x} ${y}H${from}`, class: "wire", "stroke-width": 2 }), shape("ups", 61, y, null));
    root.append(wire(one.kind, [from, y], [97, y], one, largest));
    root.append(shape(one.kind, 117, y, one), text(146, y - 4, title(one.path), 15, null, "start"));
    root.append(text(146, y + 15, poor || [direction(one), one.more].filter(Boolean)[one.kind === "battery" ? 1 : 0] || "", 12.5, poor && one.quality !== null ? "poor" : "soft", "start"));
    root.append(text(352, y - 2, number(one.value, "MW", 1), 17, "value", "end"));
    if (one.kind === "battery" && !poor) root.append(text(352, y + 16, direction(one), 12.5, "soft", "end"));
  });
  return root;
}

function direction(one) {
  if (one.value === null || one.value === undefined) return "";
  if (one.kind === "load") return "draws";
  if (Math.abs(one.value) < TINY) return "rests";
  return one.kind === "battery" ? (one.value > 0 ? "discharges" : "charges") : "gives";
}

export function drawDiagram(place, tablePlace) {
  const made = model();
  const sizes = made.feeders.map((one) => Math.abs(one.value || 0)).concat(made.grid ? [Math.abs(made.grid.value || 0)] : []);
  const largest = Math.max(...sizes, 1);
  const root = window.innerWidth < 640 ? narrow(made, largest) : broad(made, largest);
  const told = made.feeders.map((one) => `${title(one.path)} ${number(one.value, "MW", 1)} ${poorWords(one) || direction(one)}`);
  if (made.grid) told.unshift(`Grid ${number(made.grid.value, "MW")} ${made.grid.value >= 0 ? "import" : "export"}`);
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", `Single-line diagram. ${told.join("; ")}`);
  if (place.dataset.drawn !== told.join(";") + window.innerWidth) {
    place.dataset.drawn = told.join(";") + window.innerWidth;
    place.replaceChildren(root);
  }
  if (!tablePlace.parentElement.open) return;
  const age = session.picture.frame_utc_s ? clock(session.picture.frame_utc_s) : "";
  const all = (made.grid ? [{ ...made.grid, kind: "grid" }] : []).concat(made.feeders);
  tablePlace.replaceChildren(table(["Asset", { text: "Power", n: true }, "Direction", "Quality", "Read at"], all.map((one) => ({
    cells: [title(one.path), number(one.value, "MW", 1), one.kind === "grid" ? (one.value >= 0 ? "import" : "export") : direction(one), one.quality === null ? "not measured" : QUALITY[one.quality], age],
  }))));
}

export function cards() {
  const site = session.site, picture = session.picture, values = picture.state ? picture.state.values : {};
  const list = [];
  const stores = site.assets.filter((one) => one.kind === "battery");
  const stored = stores.map((one) => reading(one.path, "stored_mwh").value).filter((one) => one !== null).reduce((a, b) => a + b, 0);
  const full = stores.reduce((sum, one) => sum + (one.energy_mwh || 0), 0);
  if (stores.length) {
    const reserve = values["control.reserve_mwh"];
    const above = reserve === undefined ? null : stored - reserve;
    list.push(["Stored", number(stored, "MWh", 1), reserve === undefined ? `of ${number(full, "MWh")}` : `reserve ${number(reserve, "MWh", 1)}, ${above < 0 ? "missing" : "free above it"} ${number(Math.abs(above), "MWh", 1)}`, above !== null && above < -0.05]);
  }
  list.push(["Load", number(loadMw(), "MW", 1), "all halls and other load"]);
  if (site.connection) {
    const now = reading("grid.connection", "power_mw").value, firm = site.connection.firm_mw;
    list.push(["Grid", number(now, "MW", 1), firm === null ? "firm size does not stand" : `${values["control.import_limit_mw"] === undefined ? "" : `at most ${number(values["control.import_limit_mw"], "MW")} now; `}firm ${number(firm, "MW")}`, now !== null && firm !== null && now > firm + (site.connection.nonfirm_mw || 0)]);
  }
  const spent = values["control.interval_mwh"], rest = values["control.interval_left_s"], cap = values["control.peak_mw"];
  if (spent !== undefined && rest !== undefined) {
    list.push(["Open demand interval", number(spent, "MWh"), `${duration(rest)} left${cap === undefined ? "" : `; mean held below ${number(cap, "MW")}`}`]);
  }
  const cycle = values["control.cycle_ms"];
  if (cycle !== undefined) list.push(["Fast loop", number(cycle, "ms", 1), `of ${number(1000 * site.period_s, "ms", 0)}; overruns ${number(values["control.overruns"] || 0, "", 0)}`, cycle > 1000 * site.period_s]);
  return list.map(([name, value, note, poor]) => el("div", { class: `card${poor ? " poor" : ""}` }, el("dt", {}, name), el("dd", {}, value, el("span", {}, note))));
}
