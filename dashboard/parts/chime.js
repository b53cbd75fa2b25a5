// The chime: two tones for priority 1, one for priority 2, none for 3. Browsers want one tap before any sound,
// so a button says SOUND OFF until the sound is really running. Muting lasts two minutes at most and is counted.
const MUTE_MS = 120000;
const AGAIN_MS = { 1: 4000, 2: 15000 };
let context = null;
let mutedUntil = 0;
let last = { at: 0, rang: 0 };
let latest = null;
let timer = 0;

export function ring(data, root) {
  latest = { data, root };
  for (const at of root.querySelectorAll("[data-sound]")) {
    if (!at.__armed) {
      at.__armed = true;
      at.addEventListener("click", tap);
    }
  }
  timer ||= setInterval(turn, 1000);
  turn();
}

async function tap() {
  if (!context) context = new AudioContext();
  if (context.state !== "running") {
    await context.resume();
    tone(880, 0, 0.12);
  } else mutedUntil = performance.now() < mutedUntil ? 0 : performance.now() + MUTE_MS;
  turn();
}

function turn() {
  if (!latest) return;
  const { data, root } = latest;
  const now = performance.now();
  const running = context !== null && context.state === "running";
  const left = Math.ceil((mutedUntil - now) / 1000);
  const words = !running ? data.words.sound_off : left > 0 ? `${data.words.sound_mute} ${left} s` : data.words.sound_on;
  for (const at of root.querySelectorAll("[data-sound]")) {
    if (at.textContent !== words) at.textContent = words;
    at.classList.toggle("sr-off", !running || left > 0);
  }
  const { priority, at } = data.ring;
  if (!running || left > 0 || !AGAIN_MS[priority]) return;
  if (at > last.at || now - last.rang >= AGAIN_MS[priority]) {
    last = { at: Math.max(at, last.at), rang: now };
    tone(784, 0, 0.25);
    if (priority === 1) tone(1047, 0.3, 0.35);
  }
}

function tone(hertz, after, length) {
  const start = context.currentTime + after;
  const source = context.createOscillator();
  const gain = context.createGain();
  source.frequency.value = hertz;
  gain.gain.setValueAtTime(0.0001, start);
  gain.gain.exponentialRampToValueAtTime(0.4, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + length);
  source.connect(gain).connect(context.destination);
  source.start(start);
  source.stop(start + length + 0.05);
}
