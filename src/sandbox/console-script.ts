import type { Answer } from './answer.js';

export const consoleScriptPath = '/sandbox/console.js';

/** Fetches the page every two seconds and takes over what changed; the page is whole without it. */
const script = `
'use strict';
const toggle = document.querySelector('#refresh');
const gone = document.querySelector('#gone');
const setting = 'qq-sandbox-refresh';

toggle.checked = sessionStorage.getItem(setting) !== 'off';
toggle.addEventListener('change', () => sessionStorage.setItem(setting, toggle.checked ? 'on' : 'off'));
toggle.closest('label').hidden = false;

// Whoever stands on a button or selects text must not lose it.
function isInUse(part) {
  const selection = getSelection();
  return part.contains(document.activeElement) || (!selection.isCollapsed && selection.containsNode(part, true));
}

async function refresh() {
  const answer = await fetch('/', { cache: 'no-store' });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of document.querySelectorAll('[data-live]')) {
    const fresh = page.getElementById(part.id);
    if (fresh && part.innerHTML !== fresh.innerHTML && !isInUse(part)) part.replaceChildren(...fresh.childNodes);
  }
}

async function tick() {
  if (toggle.checked && !document.hidden) {
    const reached = await refresh().then(() => true, () => false);
    if (gone.hidden !== reached) gone.hidden = reached;
  }
  setTimeout(tick, 2000);
}

setTimeout(tick, 2000);
`;

/** The console's script. */
export const consoleScript: Answer = {
  type: 'text/javascript; charset=utf-8',
  body: script.trimStart(),
  headers: { 'Cache-Control': 'no-cache' },
};
