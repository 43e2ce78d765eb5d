"""The page of the lab: what stands in the browser, and the site that serves it."""
