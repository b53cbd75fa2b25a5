// The rescue list outlives its reception: the last page drawn is kept in this browser, so that a phone that loads
// it again in a dead spot still shows it and its unsent ticks. Kept for the viewer who saw it, no longer than a shift;
// gone when they sign out, when the list is no longer theirs to see, or when somebody else signs in here.
export const LIST = "strongroom-list";
export const LOOKS = "strongroom-looks";
export const KEPT = "/rescue/kept";
const GAP_MS = 4000;
const NEEDED = ["keep.js", "watch.js", "chime.js", "ticks.js"];
const DRESSED = ["again.js", "plan.js", "theme.css", "strongroom.css", "ground.css"];
let shown = null;
let at = 0;
let ready = "";
let checked = false;
let left = false; // signed out: nothing is written any more
let writing = Promise.resolve();

const able = () => "caches" in window && "serviceWorker" in navigator && window.isSecureContext;

export async function keep(data, revision) {
  if (!able() || left || data.kept_ms !== undefined) return;
  try {
    if (data.keep) await (writing = writing.then(() => put(data, revision), () => put(data, revision)));
    else if (data.page === "rescue") await forget();
    else if (!checked) await othersGone(data.user);
  } catch {
    // A full or forbidden store: the page works without it.
  }
}

async function put(data, revision) {
  if (left) return;
  if (ready !== revision) {
    await navigator.serviceWorker.register("/parts/offline.js", { scope: "/rescue" });
    const looks = await caches.open(LOOKS);
    for (const old of await looks.keys()) await looks.delete(old);
    await looks.addAll([...NEEDED.map((name) => `/parts/${name}`), ...DRESSED.map((name) => `/parts/${name}?v=${revision}`)]);
    ready = revision; // not before: with parts missing the kept page would be bare, and what failed is tried again
  }
  if (data.html === shown || Date.now() - at < GAP_MS) return;
  shown = data.html;
  at = Date.now();
  const list = await caches.open(LIST);
  await list.put(KEPT, new Response(JSON.stringify({ data, revision, at }), { headers: { "content-type": "application/json" } }));
}

export async function leave() {
  // A write that is under way would bring the list back after it was erased.
  left = true;
  await writing.catch(() => {});
  await forget();
}

export async function forget() {
  shown = null;
  if (able()) await caches.delete(LIST);
}

async function othersGone(user) {
  checked = true;
  const found = await caches.match(KEPT);
  if (found && (await found.json()).data.user !== user) await forget();
}
