/* Questions that are answered in writing, or asked only with some answers to an earlier one. Runs before answering.js,
   which saves. Without this file the server decides, with the next page sent, what is asked. */
const form = document.getElementById("sheet");
const items = [...form.querySelectorAll(".likert")];
const fieldOf = (item) => item.querySelector(".typed");
const skipOf = (item) => item.querySelector(".likert-skip input");

/* A text and "I prefer not to answer" exclude each other. */
function settleField(target) {
  const item = target.closest(".likert");
  const field = fieldOf(item);
  const skip = skipOf(item);
  if (!field) return;
  if (target === skip) {
    field.value = "";
    delete field.dataset.sent;
  } else if (skip) {
    skip.checked = !field.value.trim();
  }
}

function isAsked(item) {
  const { dependsOn, askedWith } = item.dataset;
  if (!dependsOn) return true;
  const source = items.find((each) => each.id === `item-${dependsOn}`);
  const chosen = source.querySelector(".likert-options input:checked");
  return !("unasked" in source.dataset) && chosen !== null && askedWith.split(" ").includes(chosen.value);
}

function settleConditions() {
  let number = 0;
  let changed = false;
  for (const item of items) {
    const asked = isAsked(item);
    changed ||= asked === "unasked" in item.dataset;
    item.toggleAttribute("data-unasked", !asked);
    if (asked) item.querySelector(".likert-no").textContent = ++number;
  }
  if (changed) form.dispatchEvent(new Event("asked"));
}

form.addEventListener("change", (event) => {
  settleField(event.target);
  if (items.some((item) => item.dataset.dependsOn)) settleConditions();
});

/* A phone may throw the page away while it is out of sight: what stands in the field goes out before. */
document.addEventListener("visibilitychange", () => {
  const field = document.activeElement;
  const was = form.elements[`had-${field?.name?.slice(2)}`];
  if (document.hidden && field.matches?.(".typed") && field.value !== was?.value) {
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
