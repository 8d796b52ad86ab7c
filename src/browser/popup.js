// The script of the pages of a pop-up window; see src/pages/popup.ts.
'use strict';
const { channel, result, next } = document.currentScript.dataset;
if (channel === undefined) {
  // The waiting page requests the callback that completes the login, and stays on the screen until the response arrives.
  // A browser does not draw a page that is left while it loads.
  addEventListener('load', () => setTimeout(() => location.replace(`${location.search}&popup=complete`), 50));
} else {
  // Two ways, because a Cross-Origin-Opener-Policy such as helmet's removes `opener`.
  const message = { source: 'express-qq-connect', channel, result };
  if (window.opener) window.opener.postMessage(message, location.origin);
  new BroadcastChannel(channel).postMessage(message);
  setTimeout(() => window.close(), 50);
  // A window that no script opened cannot be closed: it continues as an ordinary login does.
  setTimeout(() => location.replace(next), 500);
}
