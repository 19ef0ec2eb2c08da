// Shows times where the reader is: what comes as UTC in <time datetime> becomes local, also in what htmx brings later;
// with data-clock it is the hour and minute alone.
"use strict";

(() => {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

  const localise = (root) => {
    for (const element of root.querySelectorAll("time[datetime]:not([title])")) {
      const time = new Date(element.dateTime);
      if (!Number.isNaN(time.getTime())) {
        element.title = element.textContent;
        element.textContent = ("clock" in element.dataset ? clock : format).format(time);
      }
    }
  };

  localise(document);
  document.addEventListener("htmx:load", (event) => localise(event.target.parentElement ?? document));
})();
