// Shows times where the reader is: what comes as UTC in <time datetime> becomes local, also in what htmx brings later;
// with data-clock it is the hour and minute alone, and inside of data-days it begins with "today" or a neighbour of it.
"use strict";

(() => {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  const near = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const aDay = 24 * 60 * 60 * 1000; // milliseconds; a day with a change of the clock is an hour off, hence rounded

  const day = (time) => new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
  const dated = (time) => {
    const days = Math.round((day(time) - day(new Date())) / aDay);
    return Math.abs(days) > 1 ? format.format(time) : `${near.format(days, "day")}, ${format.format(time)}`;
  };

  const show = (element) => {
    const time = new Date(element.dateTime);
    if (Number.isNaN(time.getTime())) return;
    element.title ||= element.textContent;
    const text = "clock" in element.dataset ? clock.format(time) : element.closest("[data-days]") ? dated(time) : format.format(time);
    if (element.textContent !== text) element.textContent = text;
  };
  const localise = (root) => root.querySelectorAll("time[datetime]:not([title])").forEach(show);

  localise(document);
  document.addEventListener("htmx:load", (event) => localise(event.target.parentElement ?? document));
  setInterval(() => document.querySelectorAll("[data-days] time[datetime]").forEach(show), 60_000); // midnight passes
})();
