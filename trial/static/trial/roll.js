/* Attendance: each tap is saved as it is made, and the bar says so. Without this file the roll is one plain form. */
const roll = document.getElementById("roll");
const bar = document.getElementById("undo-bar");
const said = document.getElementById("undo-text");
let before = Promise.resolve(); // taps go out one after the other, in the order they were made

async function save(radio) {
  const was = roll.elements[`was-${radio.name}`];
  const body = new URLSearchParams({
    [radio.name]: radio.value,
    [was.name]: was.value,
    csrfmiddlewaretoken: roll.elements.csrfmiddlewaretoken.value,
  });
  const reply = await fetch(location.href, { method: "POST", body, headers: { Accept: "application/json" } });
  if (reply.redirected) throw new Error("signed out");
  const answer = await reply.json();
  bar.hidden = false;
  said.textContent = answer.refused || answer.said;
  if (!reply.ok) return put(radio.name, was.value);
  was.value = radio.value;
  for (const out of document.querySelectorAll("[data-count]")) out.textContent = answer.tally[out.dataset.count];
}

/* What is not saved must not look as if it were. */
function put(name, value) {
  for (const each of roll.querySelectorAll(`input[name="${name}"]`)) each.checked = each.value === value;
}

roll?.addEventListener("change", (event) => {
  const radio = event.target;
  before = before.then(() => save(radio)).catch(() => {
    put(radio.name, roll.elements[`was-${radio.name}`].value);
    bar.hidden = false;
    said.textContent = roll.dataset.away;
  });
});
if (roll) document.getElementById("save").hidden = true;
