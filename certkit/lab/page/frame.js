"use strict";

// A page of another origin, or with another policy, opens the endpoint for the lab's page.
const { name, url, protocols } = document.body.dataset;
look(url, JSON.parse(protocols)).then((seen) => parent.postMessage({ name, seen }, "*"));
