/* The little behaviour that staff and participant pages need. Without it every page still works as a plain form. */
"use strict";
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  /* Menu on small screens. */
  const toggle = document.querySelector(".nav-toggle");
  if (toggle) {
    const nav = document.getElementById(toggle.getAttribute("aria-controls"));
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      toggle.setAttribute("aria-expanded", String(nav.classList.toggle("is-open")));
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && nav.classList.contains("is-open")) {
        toggle.click();
        toggle.focus();
      }
    });
  }

});

/* After a refused form the focus goes to the summary of what to put right. On load, because an address that ends in
   #main (the skip link was used) moves the focus there first. */
window.addEventListener("load", () => document.querySelector(".error-summary")?.focus());
