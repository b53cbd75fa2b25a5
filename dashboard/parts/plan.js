// The live surface: shows what the server drew, keeps focus, typing and open forms, and answers the keyboard.
import { feed as watch } from "./watch.js";
import { ring } from "./chime.js";
import { forget, keep, leave as eraseKept } from "./keep.js";
import { send, tick, decorate, use as useActs } from "./ticks.js";

const hosts = new WeakMap();
let current = null; // the component that is shown now
let page = ""; // its name
let stamp = 0; // our own time when its data came

export async function show(component, revision) {
  const { parentElement: host, data } = component;
  current = component;
  stamp = performance.now() - (data.kept_ms || 0);
  await styles(revision);
  if (data.ended) {
    await forget();
    location.href = "/login?to=" + encodeURIComponent(location.pathname + location.search);
    return;
  }
  if (document.documentElement.lang !== data.lang) document.documentElement.lang = data.lang === "zh" ? "zh-CN" : "en";
  if (!document.getElementById("sr-veil") && document.title !== data.title) document.title = data.title;
  const turned = page !== data.page;
  if (turned) {
    if (page) (document.querySelector('[data-testid="stMain"]') || document.scrollingElement).scrollTo(0, 0);
    page = data.page;
  }
  const known = hosts.get(host) || listen(host);
  if (known.html !== data.html) {
    known.html = data.html;
    const fresh = document.createElement("template");
    fresh.innerHTML = data.html;
    grow(known.root, fresh.content);
  }
  // On a phone the row of pages is wider than the screen: the one that is open must be seen.
  if (turned) known.root.querySelector(`[data-key="nav-${page}"]`)?.scrollIntoView({ inline: "center", block: "nearest" });
  // The same of rows of choices, where the chosen one may lie beyond the edge; once, so that nobody's scrolling is undone.
  for (const at of known.root.querySelectorAll(".sr-chips > .sr-here:not([data-seen])")) {
    at.dataset.seen = "";
    const row = at.parentElement;
    if (row.scrollWidth > row.clientWidth) row.scrollLeft = at.offsetLeft - row.offsetLeft - (row.clientWidth - at.offsetWidth) / 2;
  }
  useActs(data, poke);
  decorate(known.root);
  watch(data, known.root);
  ring(data, known.root);
  say(data.said);
  clocks();
  keep(data, revision);
}

export function leave(component) {
  hosts.delete(component.parentElement);
}

let sheets = null;
function styles(revision) {
  // Once per page load: both style sheets, awaited so that nothing flashes unstyled.
  sheets ||= Promise.all(
    ["theme.css", "strongroom.css", "ground.css"].map(
      (name) =>
        new Promise((done) => {
          const link = document.createElement("link");
          link.rel = "stylesheet";
          link.href = new URL(`parts/${name}?v=${revision}`, document.baseURI).href;
          link.onload = link.onerror = done;
          document.head.append(link);
        }),
    ),
  );
  return sheets;
}

// --- showing: the old tree is changed into the new one, so that focus and typing survive ------------------

function keyOf(node) {
  return node.nodeType === 1 ? node.getAttribute("data-key") : null;
}

function grow(old, fresh) {
  const byKey = new Map();
  for (const child of old.childNodes) if (keyOf(child)) byKey.set(keyOf(child), child);
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const key = keyOf(wanted);
    let found = null;
    if (key) found = byKey.get(key) || null;
    else if (place && !keyOf(place) && place.nodeName === wanted.nodeName) found = place;
    if (found && found.nodeName === wanted.nodeName) {
      if (found === place) place = place.nextSibling;
      else old.insertBefore(found, place);
      if (key) byKey.delete(key);
      alter(found, wanted);
    } else {
      old.insertBefore(wanted, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

// What belongs to the reader, not to the server: open forms, typed words, running marks.
const OWN = new Set(["open", "data-sent", "data-seen"]);

function alter(old, fresh) {
  if (old.nodeType !== 1) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.hasAttribute("data-live")) return; // drawn by the watchdog
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !OWN.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (!OWN.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (/^(input|textarea|select)$/i.test(old.nodeName)) return;
  grow(old, fresh);
}

// --- listening --------------------------------------------------------------------------------------------

function listen(host) {
  const root = document.createElement("div");
  root.className = "sr-root";
  host.append(root);
  const known = { root, html: null };
  hosts.set(host, known);
  root.addEventListener("click", (event) => press(event, root));
  root.addEventListener("submit", (event) => submit(event));
  root.addEventListener("keydown", (event) => keys(event, root));
  return known;
}

// A thumb that taps twice means one thing: the button that took the place of the first is not meant.
const TWICE_MS = 500;
const TWICE_PX = 40;
let tapped = { at: -Infinity, x: 0, y: 0 };
function twice(event) {
  if (!event.detail) return false; // a key, not a thumb
  const before = tapped;
  tapped = { at: performance.now(), x: event.clientX, y: event.clientY };
  return tapped.at - before.at < TWICE_MS && Math.hypot(tapped.x - before.x, tapped.y - before.y) < TWICE_PX;
}

function press(event, root) {
  const at = event.target.closest("[data-tick],[data-act],[data-set],[data-go],[data-story],[data-leave],[data-sound],[data-print]");
  if (!at || !root.contains(at) || at.nodeName === "FORM") return;
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const again = twice(event);
  if (again && (at.dataset.tick !== undefined || at.dataset.act !== undefined)) return;
  if (at.dataset.tick !== undefined) {
    tick(at);
    shut(at);
  } else if (at.dataset.act !== undefined) {
    if (!at.hasAttribute("data-sent")) send(JSON.parse(at.dataset.act), at);
    shut(at);
  } else if (at.dataset.set !== undefined) choose(JSON.parse(at.dataset.set));
  else if (at.dataset.go !== undefined) {
    const choices = at.dataset.choices ? JSON.parse(at.dataset.choices) : {};
    current.setTriggerValue("go", { page: at.dataset.go, choices });
  } else if (at.dataset.story !== undefined) send({ story: at.dataset.story }, at, "/story");
  else if (at.dataset.leave !== undefined) goOut();
  else if (at.dataset.print !== undefined) window.open(at.dataset.print, "_blank", "noopener");
}

function choose(choice) {
  if (choice.lang) document.cookie = `strongroom_lang=${choice.lang};path=/;max-age=31536000;samesite=lax`;
  current.setTriggerValue("set", choice);
}

async function goOut() {
  await eraseKept();
  await fetch("/leave", { method: "POST", headers: { "x-strongroom": current.data.token } });
  location.href = "/login";
}

function submit(event) {
  const form = event.target.closest("form[data-act],form[data-tick],form[data-choose]");
  if (!form) return;
  event.preventDefault();
  if (form.hasAttribute("data-sent")) return;
  const act = form.dataset.act ? JSON.parse(form.dataset.act) : {};
  for (const field of form.elements) {
    if (!field.name || field.disabled) continue;
    if ((field.type === "radio" || field.type === "checkbox") && field.dataset.kind !== "list" && field.dataset.kind !== "flag") {
      if (field.checked) act[field.name] = field.value;
    } else if (field.dataset.kind === "list") {
      act[field.name] ||= [];
      if (field.checked) act[field.name].push(field.value);
    } else if (field.dataset.kind === "flag") act[field.name] = field.checked;
    else if (field.dataset.kind === "number") act[field.name] = Number(field.value);
    else if (field.dataset.kind === "only") act[field.name] = [field.value];
    else act[field.name] = field.value.trim();
  }
  if (form.dataset.choose !== undefined) {
    choose({ crate: "", ...act });
    return;
  }
  if (form.dataset.tick !== undefined) tick(form, act);
  else send(act, form, form.dataset.path);
  form.reset();
  shut(form);
}

function shut(at) {
  const box = at.closest("details");
  if (box && !box.hasAttribute("data-keep")) box.open = false;
}

const MOVES = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function keys(event, root) {
  const at = event.target;
  if (event.key === "Escape") {
    const box = at.closest("details[open]");
    if (box) {
      box.open = false;
      box.querySelector("summary").focus();
    }
    return;
  }
  if (at.matches("[role=tab]") && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
    const tabs = [...at.parentElement.querySelectorAll("[role=tab]")];
    const step = event.key === "ArrowRight" ? 1 : -1;
    tabs[(tabs.indexOf(at) + step + tabs.length) % tabs.length].focus();
    return;
  }
  if (!at.matches(".sr-zone")) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    at.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  } else if (MOVES[event.key]) {
    event.preventDefault();
    neighbour(at, MOVES[event.key], root)?.focus();
  }
}

function neighbour(from, [dx, dy], root) {
  // The nearest room whose middle lies in the direction of the key.
  const middle = (el) => {
    const box = el.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const [x, y] = middle(from);
  let best = null;
  let least = Infinity;
  for (const other of root.querySelectorAll(".sr-zone[tabindex]")) {
    if (other === from) continue;
    const [ox, oy] = middle(other);
    const along = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (along > 1 && along + 2 * aside < least) {
      least = along + 2 * aside;
      best = other;
    }
  }
  return best;
}

function poke() {
  if (current) current.setTriggerValue("poke", Date.now());
}

// --- speaking and counting --------------------------------------------------------------------------------

let spoken = "";
function say(words) {
  let at = document.getElementById("sr-said");
  if (!at) {
    at = document.createElement("div");
    at.id = "sr-said";
    at.className = "sr-hidden";
    at.setAttribute("role", "status");
    at.setAttribute("aria-live", "polite");
    document.body.append(at);
  }
  if (words !== spoken) at.textContent = spoken = words;
}

let ticking = 0;
function clocks() {
  ticking ||= setInterval(() => {
    if (!current) return;
    const now = current.data.drawn + (performance.now() - stamp) / 1000;
    for (const at of document.querySelectorAll("[data-since]")) at.textContent = span(now - Number(at.dataset.since));
    for (const at of document.querySelectorAll("[data-until]")) {
      const left = Number(at.dataset.until) - now;
      at.textContent = (left < 0 ? "−" : "") + count(Math.abs(left));
      at.classList.toggle("sr-over", left < 0);
    }
    for (const at of document.querySelectorAll("[data-elapsed]")) at.textContent = count(now - Number(at.dataset.elapsed));
  }, 1000);
}

function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  if (s < 60) return `${s} s`;
  if (s < 600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

function count(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  return (h ? h + ":" : "") + two(Math.floor((s % 3600) / 60)) + ":" + two(s % 60);
}
