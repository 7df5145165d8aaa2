// Draws the API reference out of the OpenAPI document. Nothing leaves this server.
const root = document.documentElement;
if (root.dataset.theme === "system") {
  root.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);
}
const reference = document.getElementById("reference");

const script = document.createElement("script");
script.src = reference.dataset.bundle;
script.addEventListener("load", () => {
  window.SwaggerUIBundle({
    url: reference.dataset.schema,
    domNode: reference,
    deepLinking: true,
    validatorUrl: null,
    persistAuthorization: false,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: false,
  });
});
document.head.append(script);
