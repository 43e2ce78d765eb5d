"use strict";

// How long a browser may be silent before the page gives up, and how long an open WebSocket is
// watched, where no row says for how many seconds.
const PATIENCE = 5000;
const WATCHED = 1200;
// Chromium tells of a policy by an error without a close.
const AFTER_ERROR = 1000;

/** Opens a WebSocket and tells all that a page is told of it. */
function look(url, protocols, idle = 0) {
  return new Promise((resolve) => {
    const began = performance.now();
    const seen = {
      exception: "", opened: false, stayed: false, error: false, code: 0, reason: "", silent: false,
    };
    let timer = 0;
    let socket;
    const finish = () => {
      clearTimeout(timer);
      seen.ms = Math.round(performance.now() - began);
      if (socket) {
        socket.onopen = socket.onerror = socket.onclose = null;
        socket.close();
      }
      resolve(seen);
    };
    const within = (ms, what) => {
      clearTimeout(timer);
      timer = setTimeout(() => { what(); finish(); }, ms);
    };
    try {
      socket = new WebSocket(url, protocols);
    } catch (error) {
      seen.exception = `${error.name}: ${error.message}`;
      finish();
      return;
    }
    within(PATIENCE, () => { seen.silent = true; });
    socket.onopen = () => {
      seen.opened = true;
      within(idle * 1000 || WATCHED, () => { seen.stayed = true; });
    };
    socket.onerror = () => {
      seen.error = true;
      within(AFTER_ERROR, () => {});
    };
    socket.onclose = (event) => {
      seen.code = event.code;
      seen.reason = event.reason;
      finish();
    };
  });
}
