// Tasklist: fetches the list anew without disturbing anybody, shows where in it the chosen task is, sends forms once.
"use strict";

(() => {
  let shown = null;
  let unfolded = null;

  const isListRequest = (event) => event.detail.elt?.id === "views";
  const focused = () => document.activeElement?.closest("#views, #tasks") && document.activeElement.id;
  const stays = (id, html) => new DOMParser().parseFromString(html, "text/html").getElementById(id) !== null;

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isListRequest(event) && document.hidden) event.preventDefault();
  });

  // A log-in that has ended must not take the page, and what is filled in on it, away.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (isListRequest(event) && event.detail.xhr.getResponseHeader("HX-Redirect")) event.preventDefault();
  });

  // Nothing is replaced if nothing is new, or if what has the focus would be gone.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isListRequest(event)) return;
    const html = event.detail.serverResponse;
    const focus = focused();
    if (html === shown || focus === "" || (focus && !stays(focus, html))) {
      event.detail.shouldSwap = false;
      return;
    }
    shown = html;
    unfolded = document.querySelector("#filters[open]");
  });

  document.addEventListener("htmx:afterSwap", () => {
    const filters = document.getElementById("filters");
    if (filters && unfolded) filters.open = true;
    unfolded = null;
  });

  const list = document.querySelector(".beside");
  const chosen = list?.querySelector(".selected");
  const top = chosen && chosen.offsetTop - list.offsetTop;
  if (chosen && top + chosen.clientHeight > list.clientHeight) list.scrollTop = top - (list.clientHeight - chosen.clientHeight) / 2;

  // A change of the order applies at once; afterwards the focus is where it was.
  const order = document.getElementById("sort");
  order?.addEventListener("change", () => {
    sessionStorage.setItem("sorted", "true");
    order.form.requestSubmit(order.form.querySelector("[formaction]"));
  });
  if (order && sessionStorage.getItem("sorted")) order.focus({ preventScroll: true });
  sessionStorage.removeItem("sorted");

  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "true";
    });
    window.addEventListener("pageshow", () => delete form.dataset.sent);
  }
})();
