// Buttons that copy a field: data-copy names it, data-copied is what the button then says.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // No permission, or no secure address: the text stays selected for the keyboard.
    return;
  }
  const said = button.querySelector("span");
  const before = said.textContent;
  said.textContent = button.dataset.copied;
  setTimeout(() => {
    said.textContent = before;
  }, 2000);
});
