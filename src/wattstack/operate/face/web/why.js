/* Why: the order of arbitration, what binds, what could not be kept, the reason of each command. */
import { duration, el, fill, number, part, session, table, title } from "/base.js";
import { drawEvents } from "/alarms.js";

const STEPS = [
  ["device", "Device and protection limits"], ["connection", "Connection and breaker"], ["island and lockout", "Island, lockout after a trip"],
  ["backup reserve", "Backup reserve"], ["instruction", "Utility's instruction, limits asked for"], ["ramp", "Ramp and band of the grid code"],
  ["peak", "Peak of the demand interval"], ["smoothing", "Smoothing of the workload"], ["cost", "Market and cost"],
];

/* Words of the reasons that tell which step decided; what a step held back says "held at ... by STEP". */
const SIGNS = {
  device: /end of what it can|what the batter/, connection: /grid allows|grid can take/, "island and lockout": /without the grid|lock|tripped/,
  "backup reserve": /reserve/, instruction: /asked by|told|instruct/, ramp: /slows the change|gently/, peak: /metering interval|interval mean/,
  smoothing: /smooth/, cost: /plan of the next|^planner: |cheap|has over|refills|request/,
};

function acts(step, state) {
  const held = [], decided = [];
  Object.entries(state.reasons).forEach(([path, reason]) => {
    const by = reason.match(/held at .*? by ([a-z ]+)/);
    if (by && by[1].trim() === step) held.push(`${title(path)}: ${reason}`);
    else if (!by && SIGNS[step].test(reason)) decided.push(`${title(path)}: ${reason}`);
  });
  return { held, decided };
}

export function drawCommands(place) {
  const state = session.picture.state;
  if (!state) { fill(place, "none", () => el("p", {}, "The guard has not told anything yet.")); return; }
  const paths = [...new Set([...Object.keys(state.setpoints_mw), ...Object.keys(state.reasons)])];
  const rows = paths.map((path) => ({ cells: [title(path), number(state.setpoints_mw[path], "MW", 1), state.reasons[path] || "no reason told"] }));
  fill(place, JSON.stringify(rows), () => (rows.length ? table(["Asset", { text: "Setpoint", n: true }, "Reason"], rows, "text") : el("p", {}, "Nothing is commanded.")));
}

export const whyView = {
  enter(root) { this.root = root; this.reasons(); this.timer = setInterval(() => this.reasons(), 5000); },
  reasons() { drawEvents(part(this.root, "reasons"), "command", 1000); },
  show() {
    const state = session.picture.state;
    drawCommands(part(this.root, "commands"));
    if (!state) return;
    const rows = STEPS.map((step, k) => {
      const slack = state.slack_mw[step[0]], { held, decided } = acts(step[0], state);
      const words = [slack ? `misses ${number(slack, "MW")}` : "", ...held, ...decided].filter(Boolean);
      const gives = step[0] === "cost" && slack; // what stands last gives way every day: that is no alarm
      const now = gives ? "gives way" : slack ? "missed" : held.length ? "binds" : decided.length ? "decides" : "kept";
      return { kind: slack && !gives ? "alarm" : held.length || decided.length ? "binding" : null, cells: [`${k + 1}. ${step[1]}`, now, words.join("; ")] };
    });
    fill(part(this.root, "steps"), JSON.stringify(rows), () => table(["Step", "Now", "What"], rows, "text steps"));
  },
  leave() { clearInterval(this.timer); },
};

export function left(until_s) { return duration(until_s - (session.picture ? session.picture.utc_s : Date.now() / 1000)); }
