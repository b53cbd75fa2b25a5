// The watchdog: proves that what is on the glass is fed by a living server and a living engine.
// It lives outside any page part and keeps its own time, so a frozen server cannot keep it quiet.
const AGE_TURNS_S = 6;
const VEIL_S = 10;
const RELOAD_GAP_MS = 30000;
const state = { fedAt: performance.now(), drawn: 0, beatAge: 0, deadAfter: 10, known: false, offset: 0, data: null, trying: false };
let timer = 0;

export function feed(data) {
  if (data.drawn !== state.drawn) {
    state.drawn = data.drawn;
    state.fedAt = performance.now() - (data.kept_ms || 0); // a kept page is as old as it is
  }
  state.beatAge = data.beat_age;
  state.beatAt = data.beat_at;
  state.known = data.revision >= 0;
  state.deadAfter = data.dead_after;
  state.offset = data.offset;
  state.data = data;
  timer ||= setInterval(look, 500);
  look();
}

function wall(at) {
  return new Date((at + state.offset) * 1000).toISOString().slice(11, 19);
}

function look() {
  const age = (performance.now() - state.fedAt) / 1000;
  const engine = state.known && state.beatAge !== null ? state.beatAge + age : 0;
  for (const at of document.querySelectorAll("[data-live=age]")) at.textContent = `${Math.max(0, Math.round(Math.max(age, engine)))} s`;
  for (const at of document.querySelectorAll("[data-live=clock]")) at.textContent = wall(state.drawn + age);
  for (const at of document.querySelectorAll("[data-live=badge]")) {
    const late = age >= AGE_TURNS_S || engine >= AGE_TURNS_S;
    at.classList.toggle("sr-late", late);
    const word = at.querySelector(".sr-live-word");
    const wanted = late ? at.dataset.late : at.dataset.ok;
    if (word && word.textContent !== wanted) word.textContent = wanted;
  }
  if (age >= VEIL_S) {
    veil("still", "画面已停止更新", "SCREEN NOT UPDATING", `最后更新 last update ${wall(state.drawn)} · ${Math.round(age)} s`);
    revive();
  } else if (engine >= state.deadAfter) {
    veil(
      "dead",
      "引擎停止：警报无人判断",
      "ENGINE STOPPED: ALARMS ARE NOT BEING EVALUATED",
      `最后心跳 last heartbeat ${wall(state.beatAt)} · ${Math.round(engine)} s`,
    );
  } else lift();
}

// Who carries boxes must go on ticking in a dead spot: there the word stands across the top, and the list stays.
const CARRIES = new Set(["rescue"]);

function veil(kind, zh, en, when) {
  const strip = Boolean(state.data) && CARRIES.has(state.data.page);
  let at = document.getElementById("sr-veil");
  if (!at) {
    at = document.createElement("div");
    at.id = "sr-veil";
    at.setAttribute("role", "alertdialog");
    at.setAttribute("aria-live", "assertive");
    at.innerHTML = '<div><strong lang="zh-CN"></strong><strong lang="en"></strong><p></p><p class="sr-carryon"></p></div>';
    document.body.append(at);
  }
  at.classList.toggle("sr-strip", strip);
  document.body.classList.toggle("sr-offline", strip);
  const on = at.querySelector(".sr-carryon");
  const hint = strip ? state.data.words.carry_on : "";
  if (on.textContent !== hint) on.textContent = hint;
  if (at.dataset.kind !== kind) {
    at.dataset.kind = kind;
    const [first, second] = at.querySelectorAll("strong");
    first.textContent = zh;
    second.textContent = en;
    document.title = `⚠ ${zh} ${en}`;
  }
  const line = at.querySelector("p");
  if (line.textContent !== when) line.textContent = when;
}

function lift() {
  const at = document.getElementById("sr-veil");
  if (!at) return;
  at.remove();
  document.body.classList.remove("sr-offline");
  if (state.data) document.title = state.data.title;
}

// When the server answers again although the page stays still, a fresh page is the way back.
async function revive() {
  if (state.trying || Date.now() - Number(sessionStorage.getItem("sr-revived") || 0) < RELOAD_GAP_MS) return;
  state.trying = true;
  const stop = new AbortController();
  const limit = setTimeout(() => stop.abort(), 3000);
  try {
    const answer = await fetch("/health", { signal: stop.signal, cache: "no-store" });
    const still = performance.now() - state.fedAt >= VEIL_S * 1000;
    if (answer.ok && still) {
      sessionStorage.setItem("sr-revived", String(Date.now()));
      location.reload();
    }
  } catch {
    // Not there yet; the next look tries again.
  } finally {
    clearTimeout(limit);
    setTimeout(() => (state.trying = false), 2000);
  }
}
