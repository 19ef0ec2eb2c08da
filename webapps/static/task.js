// The page of a task: keeps what is typed as a draft, offers names, takes times where the reader is, moves the focus.
"use strict";

(() => {
  const PAUSE = 4000; // milliseconds from a change to its draft

  // Drafts: while somebody types, and before the page gives way to another one.
  const form = document.querySelector("form[data-draft]");
  const state = form?.querySelector("[data-draft-state]");
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  let changed = form?.hasAttribute("data-unsaved") ?? false;
  let timer = null;

  const settled = () => {
    clearTimeout(timer);
    timer = null;
    changed = false;
  };

  const outcome = (answer) => {
    if (answer.ok) return `Draft saved at ${clock.format(new Date())}.`;
    return answer.status === 410 ? "The task is done meanwhile." : "The draft could not be saved.";
  };

  const keep = async (options) => {
    if (!changed) return;
    settled();
    const request = { method: "POST", body: new FormData(form), redirect: "manual", ...options };
    const answer = await fetch(form.dataset.draft, request).catch(() => Response.error());
    state.textContent = outcome(answer);
  };

  form?.addEventListener("input", () => {
    changed = true;
    timer ??= setTimeout(keep, PAUSE);
  });
  form?.addEventListener("submit", settled);
  window.addEventListener("pagehide", () => keep({ keepalive: true }));
  document.addEventListener("submit", async (event) => {
    if (!changed || event.target === form || event.target.method !== "post") return;
    event.preventDefault();
    await keep();
    event.target.requestSubmit(event.submitter);
  });

  // Names of users and groups that fit what is typed.
  for (const input of document.querySelectorAll("input[data-names]")) {
    const kind = input.form.elements["new-kind"];
    const offer = async () => {
      const path = kind ? `${input.dataset.names}${kind.value}s` : input.dataset.names;
      const asked = input.value;
      const address = `${path}?search=${encodeURIComponent(asked)}`;
      const answer = await fetch(address, { redirect: "manual" }).catch(() => Response.error());
      if (answer.ok && input.value === asked) input.list.innerHTML = await answer.text();
    };
    for (const occasion of ["focus", "input"]) input.addEventListener(occasion, offer);
  }

  // Dates with a time: local here, in UTC on the way.
  for (const input of document.querySelectorAll("input[data-utc]")) {
    const local = (date) => new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
    const own = input.getAttribute("value");
    if (own && !input.matches("[aria-invalid]")) input.value = local(new Date(`${own}Z`));
    document.getElementById(`${input.id}-hint`).textContent = "In your own time zone.";
    input.form.addEventListener("formdata", (event) => {
      const date = new Date(input.value);
      if (input.value && !Number.isNaN(date.getTime())) event.formData.set(input.name, date.toISOString().slice(0, 16));
    });
  }

  // What has unfolded is for typing.
  for (const details of document.querySelectorAll("details.change")) {
    details.addEventListener("toggle", () => {
      if (details.open) details.querySelector(".field > input, .field > textarea").focus();
    });
  }

  // Shortcuts of what macros write, as shortcuts.js has them.
  const name = (element, keys) => element?.setAttribute("data-shortcut", keys);
  name(form?.querySelector(".field > :is(input, select, textarea):not([readonly], [type=checkbox])"), "f");
  const tabs = document.querySelectorAll("#task > .tabs a");
  ["o f", "o h", "o d", "o i"].forEach((keys, index) => name(tabs[index], keys));
})();
