// Keeps the page about telemetry up to date without taking away the reader's place, and copies reports.
"use strict";

(() => {
  const live = document.getElementById("live");
  const freshness = document.getElementById("freshness");
  const shown = new Map(); // the HTML that each part came as: times.js changes it afterwards

  const isSelecting = () => {
    const selection = window.getSelection();
    return selection !== null && !selection.isCollapsed;
  };
  const say = (text, isTrouble) => {
    freshness.textContent = text;
    freshness.classList.toggle("stale", isTrouble);
    if (isTrouble) document.getElementById("days").hidden = true;
  };

  if (live && window.htmx) {
    say("It looks again every five seconds.", false);
    live.addEventListener("htmx:beforeRequest", (event) => {
      if (document.hidden || isSelecting()) event.preventDefault();
    });
    live.addEventListener("htmx:afterRequest", (event) => {
      const { successful, xhr } = event.detail;
      const isOurs = successful && xhr.responseText.includes('id="live"'); // else the session is over
      if (isOurs) say("It looks again every five seconds.", false);
      else say("It is not up to date any more: reload the page.", true);
    });
    document.addEventListener("htmx:oobBeforeSwap", (event) => {
      const part = event.detail.fragment.firstElementChild;
      if (!part) return;
      event.detail.shouldSwap = shown.get(part.id) !== part.outerHTML;
      shown.set(part.id, part.outerHTML);
    });
  }

  // What was sent on a day of the reader; nothing is said of a day about which the history does not say for certain.
  const said = (daysAgo, sent, nothing) => {
    const reports = document.getElementById("reports");
    const now = new Date();
    const [begin, end] = [0, 1].map((more) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo + more).getTime());
    const times = [...reports.querySelectorAll("[data-sent]")].map((row) => Date.parse(row.dataset.sent));
    const count = times.filter((time) => begin <= time && time < end).length;
    if (count) return `${count === 1 ? "1 report was" : `${count} reports were`} sent ${sent}.`;
    const spans = JSON.parse(reports.dataset.quiet);
    return spans.some(([from, to]) => (from ?? begin) <= begin && end <= (to ?? end)) ? nothing : "";
  };
  const tellDays = () => {
    const days = document.getElementById("days");
    if (!days || freshness.classList.contains("stale")) return;
    const text = `${said(1, "yesterday", "Nothing was sent yesterday.")} ${said(0, "today", "Nothing has been sent today.")}`.trim();
    if (days.textContent !== text) days.textContent = text;
    days.hidden = !text;
  };

  tellDays();
  document.addEventListener("htmx:oobAfterSwap", tellDays);
  setInterval(tellDays, 60_000);

  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea"); // without https, the browser has no other way
    area.value = text;
    document.body.append(area);
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    if (!isDone) throw new Error("The browser does not copy.");
  };

  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const said = document.getElementById("copied");
      said.textContent = "";
      try {
        await copy(document.getElementById(button.dataset.copy).textContent);
        said.textContent = "Copied, byte for byte.";
      } catch {
        said.textContent = "The browser does not let this page copy. Download it instead.";
      }
      button.focus();
    });
  }
})();
