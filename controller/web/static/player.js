// The player as it is drawn, in place of the browser's own; and the wait for a sound that is being made.
import { fetchParts, replaceParts } from "./parts.js";

const ASK_EVERY_MS = 1_000;

export function dress(sound) {
  if (!sound || sound.dataset.dressed) return;
  sound.dataset.dressed = "yes";
  const player = sound.querySelector(".player");
  if (sound.dataset.state === "being_made") return void wait(sound);
  if (!player) return;
  const audio = player.querySelector("audio"), button = player.querySelector("button");
  const progress = player.querySelector("progress"), label = button.querySelector("b"), use = button.querySelector("use");
  const shapes = use.getAttribute("href").split("#")[0];
  audio.controls = false;
  audio.hidden = true;
  button.hidden = progress.hidden = false;
  button.addEventListener("click", () => (audio.paused ? audio.play() : audio.pause()));
  const shown = () => {
    label.textContent = audio.paused ? player.dataset.label : player.dataset.pause;
    use.setAttribute("href", `${shapes}#s-${audio.paused ? "play" : "preempted"}`);
  };
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, shown);
  audio.addEventListener("timeupdate", () => {
    if (audio.duration) progress.value = Math.round((1000 * audio.currentTime) / audio.duration);
  });
  let until = null; // where the sentence ends that was asked for alone
  for (const link of sound.querySelectorAll("a[data-from]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      audio.currentTime = Number(link.dataset.from);
      until = Number(link.dataset.to);
      audio.play();
    });
  }
  audio.addEventListener("timeupdate", () => {
    if (until === null || audio.currentTime < until) return;
    until = null;
    audio.pause();
  });
  button.addEventListener("click", () => { until = null; });
  audio.addEventListener("error", () => { audio.hidden = false; audio.controls = true; });
}

async function wait(sound) {
  while (document.contains(sound)) {
    await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
    try {
      const response = await fetch(sound.dataset.sound, { credentials: "same-origin" });
      await response.body?.cancel();
      if (response.status === 202) continue;
      const parts = await fetchParts(location.href);
      if (parts) replaceParts(parts.root, (id) => id === sound.id);
      dress(document.getElementById(sound.id));
      return;
    } catch { /* the line is down: ask again */ }
  }
}

dress(document.getElementById("nghe"));
