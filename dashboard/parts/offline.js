// Service worker of the rescue page alone: the server is asked first, always. Only when it does not answer, the page
// last drawn in this browser is shown (see keep.js). Nothing else of the site is kept or answered here.
const LIST = "strongroom-list";
const KEPT = "/rescue/kept";
const PATIENCE_MS = 4000;
const OLDEST_MS = 12 * 3600 * 1000;
const SILENT_MS = 60 * 1000; // for so long after a page had to come from here, its parts do not wait for the server
let silentAt = 0;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  if (request.mode === "navigate" && path.replace(/\/$/, "") === "/rescue") event.respondWith(page(request));
  else if (path.startsWith("/parts/")) event.respondWith(part(request));
});

function inTime(request) {
  return new Promise((done, fail) => {
    const limit = setTimeout(() => fail(new Error("late")), PATIENCE_MS);
    fetch(request).then(done, fail).finally(() => clearTimeout(limit));
  });
}

async function kept() {
  const found = await caches.match(KEPT, { cacheName: LIST });
  if (!found) return null;
  const list = await found.json();
  if (Date.now() - list.at <= OLDEST_MS) return list;
  await caches.delete(LIST);
  return null;
}

async function page(request) {
  let answer = null;
  try {
    answer = await inTime(request);
    if (answer.status < 500) return answer;
  } catch {
    // No reception.
  }
  const list = await kept();
  silentAt = Date.now();
  if (!list) return answer || fetch(request);
  const text =
    '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>Strongroom</title></head><body class="sr-kept"><main id="kept"></main>` +
    `<script type="module" src="/parts/again.js?v=${encodeURIComponent(list.revision)}"></script></body></html>`;
  return new Response(text, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "x-frame-options": "DENY",
      "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
    },
  });
}

async function part(request) {
  const known = Date.now() - silentAt < SILENT_MS && (await caches.match(request));
  if (known) return known;
  try {
    return await inTime(request);
  } catch (error) {
    const found = await caches.match(request);
    if (found) return found;
    throw error;
  }
}
