/* A report under way: the bar moves without loading the page anew. Without this script the page loads itself. */
"use strict";

const bar = document.getElementById("report-progress");
const words = document.getElementById("report-words");

async function look() {
  try {
    const answer = await fetch(bar.dataset.address, { headers: { Accept: "application/json" } });
    if (answer.redirected || !answer.ok) return location.reload();
    const told = await answer.json();
    if (told.finished) return location.reload();
    bar.value = told.progress;
    if (words.textContent !== told.words) words.textContent = told.words;
  } catch {
    /* No connection at the moment: the next look may succeed. */
  }
  setTimeout(look, 1500);
}

setTimeout(look, 1000);
