// Shows the OpenAPI document. No validator: that would be a request to another host.
SwaggerUIBundle({ url: "openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null });
