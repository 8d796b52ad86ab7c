// The script of the page for in-app browsers; see src/pages/in-app-browser.ts.
'use strict';
const button = document.querySelector('button');
const status = document.querySelector('[role=status]');
button.hidden = false;
button.addEventListener('click', async () => {
  // execCommand works in the in-app browsers that deny `navigator.clipboard`, and on plain http.
  getSelection().selectAllChildren(document.querySelector('code'));
  const copied = document.execCommand('copy') || (await copyToClipboard());
  status.textContent = copied ? button.dataset.copied : button.dataset.failed;
});

async function copyToClipboard() {
  try {
    await navigator.clipboard.writeText(document.querySelector('code').textContent);
    return true;
  } catch {
    return false;
  }
}
