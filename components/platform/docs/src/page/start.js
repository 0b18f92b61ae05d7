// Shows the description in Swagger UI. The credential that is typed in stays in the page and is gone with it.
window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  displayRequestDuration: true,
  persistAuthorization: false,
  // Nothing is sent to anybody else for validation.
  validatorUrl: null,
});
