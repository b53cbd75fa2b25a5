// Acts on their way: each has its own id, so sending it twice does no harm. What cannot be sent stays in this
// browser and is sent again by itself; what was sent is followed until the engine has decided it.
const KEEP = "strongroom-acts";
const TRY_MS = 3000;
const ASK_MS = 700;
const UNDECIDED_MS = 10000;
const REFUSED_MS = 90000; // who carries boxes looks at the phone when the hands are free
let data = null;
let poke = () => {};
let queue = load(); // not yet taken by the server
const over = new Set(); // what this page sent or gave up: another page of this browser may still keep it
const sent = new Map(); // id -> {label, since}: taken, not yet decided
let trying = false;
let asking = 0;

export function use(fresh, refresh) {
  data = fresh;
  poke = refresh;
  note();
  if (queue.length) push();
}

export function send(act, from, path = "/act") {
  const id = crypto.randomUUID ? crypto.randomUUID() : `a-${Date.now()}-${Math.random().toString(36).slice(2, 12)}`;
  // Ticks of rows are guarded by what the row shows; other buttons by the mark on themselves.
  const mark = act.type === "incident.item" && from.closest("[data-item]") ? "" : from.getAttribute("data-key") || "";
  // The moment of the page this was ticked on: nothing on it can have happened before, whatever this clock says later.
  queue.push({ id, path, user: data.user, body: { ...act, id, seen_at: data.drawn }, mark, at: Date.now() });
  keep();
  if (mark) from.setAttribute("data-sent", id);
  note();
  push();
}

// A tick of one holding: the row says which, the button what. A row shows what is still on its way, so that the next
// tick can follow without a connection; a second tap on what is said already does nothing.
export function tick(at, more = {}) {
  const row = at.closest("[data-item]");
  const shown = row.dataset.shown;
  const group = at.closest("[data-when]");
  if (group && !group.dataset.when.split(" ").includes(shown)) return;
  const same = at.dataset.tick === "same";
  const act = {
    type: "incident.item",
    incident: row.dataset.incident,
    holding: row.dataset.item,
    state: same ? shown : at.dataset.tick,
    was: shown,
    ...more,
  };
  if (at.dataset.condition) act.condition = at.dataset.condition;
  if (at.dataset.note) act.note = at.dataset.note;
  if (at.dataset.crate) act.crate = at.dataset.crate;
  if (same && act.condition && act.condition === row.dataset.condition) return;
  send(act, at);
  show();
}

let place = null;
function show() {
  if (place) decorate(place);
}

// What this browser has said of each holding and the server has not yet shown.
function mineByHolding() {
  const found = new Map();
  const add = (one, word) => {
    if (one.user !== data.user || !one.body || one.body.type !== "incident.item") return;
    const before = found.get(one.body.holding) || {};
    found.set(one.body.holding, { ...before, ...one.body, at: one.at, word });
  };
  for (const one of sent.values()) add(one, "mine_sent");
  for (const one of queue) add(one, "mine_waiting");
  return found;
}

function decorateRows(root) {
  const mine = mineByHolding();
  for (const row of root.querySelectorAll("[data-item]")) {
    const one = mine.get(row.dataset.item);
    const line = row.querySelector(".sr-mineline");
    row.classList.toggle("sr-pending", Boolean(one));
    row.dataset.shown = one ? one.state : row.dataset.state;
    if (one && one.condition) row.dataset.condition = one.condition;
    for (const chip of row.querySelectorAll("[data-tick=same][data-condition]")) {
      const on = String(chip.dataset.condition === row.dataset.condition);
      if (chip.getAttribute("aria-pressed") !== on) chip.setAttribute("aria-pressed", on);
    }
    if (!line) continue;
    const extra = one ? [data.words["is_" + one.state], one.crate].filter(Boolean).join(" · ") : "";
    const time = one ? new Date(one.at).toTimeString().slice(0, 5) : "";
    const words = one ? data.words[one.word].replace("{state}", extra).replace("{at}", time) : "";
    if (line.textContent !== words) line.textContent = words;
  }
}

export function decorate(root) {
  place = root;
  decorateRows(root);
  const marks = new Set([...queue.map((one) => one.mark), ...[...sent.values()].map((one) => one.mark)]);
  for (const at of root.querySelectorAll("[data-sent]")) {
    if (!marks.has(at.getAttribute("data-key"))) at.removeAttribute("data-sent");
  }
  for (const mark of marks) {
    if (!mark) continue;
    for (const at of root.querySelectorAll(`[data-key="${CSS.escape(mark)}"]`)) at.setAttribute("data-sent", "");
  }
}

const mine = () => queue.find((one) => one.user === data.user);

async function push() {
  if (trying || !mine()) return;
  trying = true;
  try {
    // What somebody else left unsent in this browser waits until they are back: acts carry a name.
    for (let one = mine(); one; one = mine()) {
      const stop = new AbortController();
      const limit = setTimeout(() => stop.abort(), 5000);
      let answer;
      try {
        answer = await fetch(one.path, {
          method: "POST",
          headers: { "content-type": "application/json", "x-strongroom": data.token },
          // Our clock may be wrong, but not by how long ago it was: the server counts back from its own.
          body: JSON.stringify({ ...one.body, ago_s: Math.max(0, (Date.now() - one.at) / 1000) }),
          signal: stop.signal,
        });
      } finally {
        clearTimeout(limit);
      }
      if (answer.status === 401) {
        location.href = "/login?to=" + encodeURIComponent(location.pathname + location.search);
        return;
      }
      if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
      // Whatever is not our own answer (the sign-in page of a wireless network, a proxy) took nothing.
      const said = await answer.json();
      if (said.stale) {
        anew();
        return;
      }
      if (!said.error && !said.story && said.id !== one.id) throw new Error("not our answer");
      over.add(one.id);
      queue = queue.filter((other) => other.id !== one.id);
      keep();
      if (!answer.ok) toast(said.error);
      else if (said.story) toast(said.story, "sr-good-news");
      else sent.set(one.id, { ...one, since: Date.now(), warned: false });
      show();
    }
    poke();
  } catch {
    setTimeout(push, TRY_MS);
  } finally {
    trying = false;
    note();
    asking ||= setInterval(ask, ASK_MS);
  }
}

// Somebody signed in afresh in another page of this browser: this one has the word of the session before. It is loaded
// again, once in a while at most; what waits stays.
function anew() {
  const KEY = "strongroom-anew";
  const last = Number(sessionStorage.getItem(KEY) || 0);
  if (Math.abs(Date.now() - last) < 30000) {
    setTimeout(push, TRY_MS);
    return;
  }
  sessionStorage.setItem(KEY, String(Date.now()));
  location.reload();
}

async function ask() {
  if (!sent.size) return;
  const ids = [...sent.keys()].slice(0, 50);
  let told;
  try {
    const answer = await fetch("/acts?ids=" + ids.join(","), { cache: "no-store" });
    if (!answer.ok) return;
    told = await answer.json();
  } catch {
    return;
  }
  let changed = false;
  for (const id of ids) {
    const outcome = told[id];
    const one = sent.get(id);
    if (outcome) {
      sent.delete(id);
      changed = true;
      if (!outcome.accepted) toast(outcome.reason, "", REFUSED_MS);
    } else if (Date.now() - one.since > UNDECIDED_MS && !one.warned) {
      one.warned = true;
      toast({ zh: data.words.undecided, en: data.words.undecided });
    }
  }
  if (changed) {
    // The row keeps what was said until the page is drawn afresh; then the server's word counts.
    poke();
    note();
  }
}

function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEEP) || "[]");
    return Array.isArray(kept) ? kept.filter((one) => one && one.id && one.path && one.body && one.at) : [];
  } catch {
    return [];
  }
}

// Several pages of this browser keep one list together: each adds its own and takes out what is over.
function keep() {
  const own = new Set(queue.map((one) => one.id));
  queue = [...load().filter((one) => !own.has(one.id) && !over.has(one.id)), ...queue].sort((a, b) => a.at - b.at);
  try {
    localStorage.setItem(KEEP, JSON.stringify(queue));
  } catch {
    // A full or forbidden store: the queue still lives in this page.
  }
}

function note() {
  let at = document.getElementById("sr-unsent");
  const waiting = queue.filter((one) => one.user === data.user);
  if (!waiting.length) {
    if (at) at.remove();
    return;
  }
  if (Date.now() - waiting[0].at < 1500) {
    setTimeout(note, 1600);
    return;
  }
  if (!at) {
    at = document.createElement("div");
    at.id = "sr-unsent";
    at.setAttribute("role", "status");
    document.body.append(at);
  }
  at.textContent = data.words.unsent.replace("{n}", waiting.length);
}

function toast(words, kind = "", stays = 20000) {
  if (!words) return;
  const text = data.lang === "zh" ? words.zh || words.en : words.en || words.zh;
  let box = document.getElementById("sr-toasts");
  if (!box) {
    box = document.createElement("div");
    box.id = "sr-toasts";
    document.body.append(box);
  }
  const at = document.createElement("div");
  at.className = "sr-toast " + kind;
  at.setAttribute("role", "alert");
  const line = document.createElement("span");
  line.textContent = text;
  const shut = document.createElement("button");
  shut.type = "button";
  shut.textContent = data.words.close;
  shut.addEventListener("click", () => at.remove());
  at.append(line, shut);
  box.append(at);
  setTimeout(() => at.remove(), kind ? 6000 : stays);
}
