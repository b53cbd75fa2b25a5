// The rescue page without a connection: what was last drawn, with its time across the top, and ticks that are kept.
// As soon as the server answers, the watchdog loads the living page.
import { KEPT } from "./keep.js";

const found = await caches.match(KEPT);
const { data, revision, at } = await found.json();
const { show } = await import(`./plan.js?v=${revision}`);
const host = document.getElementById("kept");
const component = {
  parentElement: host,
  data: { ...data, kept_ms: Math.max(10000, Date.now() - at) },
  // Other views are drawn by the server.
  setTriggerValue: () => {},
};
document.documentElement.lang = data.lang === "zh" ? "zh-CN" : "en";
await show(component, revision);
