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

  // Dates: local here; on the way with their offset from UTC, so that the answer can say them as they are here.
  const local = (date) => new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  const digits = (number) => String(number).padStart(2, "0");
  const whole = (date) => {
    const east = -date.getTimezoneOffset();
    const size = Math.abs(east);
    return `${local(date)}${east < 0 ? "-" : "+"}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
  };
  for (const zone of document.querySelectorAll("[data-zone]")) zone.remove();
  for (const input of document.querySelectorAll("input[data-utc]")) {
    const time = document.getElementById(`${input.id}-time`);
    if (input.dataset.utc) [input.value, time.value] = local(new Date(input.dataset.utc)).split("T");
    input.form.addEventListener("formdata", ({ formData }) => {
      const date = new Date(`${input.value}T${time.value || input.dataset.otherwise}`);
      if (Number.isNaN(date.getTime())) return;
      formData.set(input.name, whole(date));
      formData.delete(time.name);
    });
  }
  const ahead = document.querySelector("form[data-ahead]");
  ahead?.addEventListener("formdata", ({ formData }) => {
    const date = new Date();
    const days = formData.get("ahead") === "tomorrow" ? 1 : 8 - (date.getDay() || 7);
    date.setDate(date.getDate() + days);
    date.setHours(9, 0, 0, 0);
    formData.delete("ahead");
    formData.set(ahead.dataset.ahead, whole(date));
  });

  // What unfolds is for typing, at once: the event "toggle" comes only after the next key.
  for (const summary of document.querySelectorAll("details.change > summary")) {
    summary.addEventListener("click", (event) => {
      event.preventDefault();
      const details = summary.parentElement;
      details.open = !details.open;
      if (details.open) details.querySelector(".field > input, .field > textarea").focus();
    });
  }

  document.querySelector(".menu.change[open] [aria-invalid]")?.focus();

  // Shortcuts of what macros write, as shortcuts.js has them.
  const name = (element, keys) => element?.setAttribute("data-shortcut", keys);
  name(form?.querySelector("details:not([open]) > summary"), "f");
  name(form?.querySelector(".field > :is(input, select, textarea):not([readonly], [type=checkbox])"), "f");
  const tabs = document.querySelectorAll("#task > .tabs a");
  ["o f", "o h", "o d", "o i"].forEach((keys, index) => name(tabs[index], keys));
})();
