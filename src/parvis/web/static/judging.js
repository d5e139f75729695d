// Judging pairs by keyboard: letters count only while a pair has the focus (WCAG 2.1.4).
const pairs = [...document.querySelectorAll(".pair")];
document.querySelectorAll(".keys").forEach((words) => { words.hidden = false; });

function press(pair, key) {
  const target = pair.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? document.querySelector(`.toast [data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  if (target.tagName === "INPUT") target.focus();
  else target.click();
  return true;
}

pairs.forEach((pair, place) => {
  pair.addEventListener("keydown", (event) => {
    // What is written, a map that is moved and the browser's own keys are left alone.
    if (event.target !== pair || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const done = step ? pairs[place + step] : press(pair, event.key.toLowerCase());
    if (!done) return;
    event.preventDefault();
    if (step) done.focus();
  });
});
if (location.hash === "#pair-1") pairs[0]?.focus();
