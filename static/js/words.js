// The words and addresses the page gives to its scripts.
const element = document.getElementById("words");

export const words = element ? { ...element.dataset } : {};
export const language = document.documentElement.lang || "en";

export function csrfToken() {
  const headers = document.body.getAttribute("hx-headers");
  return headers ? JSON.parse(headers)["X-CSRFToken"] : "";
}
