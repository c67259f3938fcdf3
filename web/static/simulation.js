// Follows a simulation under way: the same page, read again every other second until its end.

const EVERY = 2000;

async function follow() {
  const shown = document.querySelector("#simulation");
  if (shown?.dataset.state !== "running") return;
  const response = await fetch("/admin/charter/simulate", { credentials: "same-origin" }).catch(() => null);
  if (response?.ok) {
    const read = new DOMParser().parseFromString(await response.text(), "text/html");
    const now = read.querySelector("#simulation");
    if (now && now.dataset.state !== "running") {
      // The form is back too: the whole page, without what was typed before.
      location.assign("/admin/charter/simulate");
      return;
    }
    for (const part of [".sentence", "progress"]) {
      const fresh = now?.querySelector(part);
      if (fresh) shown.querySelector(part)?.replaceWith(fresh);
    }
  }
  setTimeout(follow, EVERY);
}

setTimeout(follow, EVERY);
