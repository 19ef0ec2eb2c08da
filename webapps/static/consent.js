// Opens the question about telemetry over the page. Escape says "not now": it decides nothing, and the page stays as it is.
"use strict";

(() => {
  const dialog = document.getElementById("consent");
  const form = dialog.querySelector("form");

  dialog.addEventListener("cancel", () => {
    const answer = new FormData(form);
    answer.set("answer", "later");
    fetch(form.action, { method: "POST", body: answer, redirect: "manual", keepalive: true }).catch(() => {});
  });
  dialog.showModal();
})();
