// Keeps the console current without a reload, and filters the log. The page works without it, too.
'use strict';
const main = document.querySelector('main');
const filter = document.querySelector('#filter');
const onlyFailed = document.querySelector('#only-failed');
const gone = document.querySelector('#gone');
const refused = document.querySelector('#refused');
document.querySelector('.filters').hidden = false;

// Takes over the children of a list by their ids. Rows that stay keep their focus and whether they are open.
function merge(list, fresh, update) {
  const old = new Map([...list.children].map((child) => [child.id, child]));
  let next = list.firstElementChild;
  for (const child of [...fresh.children]) {
    const kept = old.get(child.id);
    old.delete(child.id);
    if (kept) update(kept, child);
    const node = kept ?? child;
    if (node === next) next = next.nextElementSibling;
    else list.insertBefore(node, next);
  }
  for (const child of old.values()) child.remove();
}

function updateRow(row, fresh) {
  if (row.dataset.outcome === fresh.dataset.outcome) return;
  const open = row.firstElementChild.open;
  row.className = fresh.className;
  row.dataset.outcome = fresh.dataset.outcome;
  row.replaceChildren(...fresh.children);
  row.firstElementChild.open = open;
}

function updateGroup(group, fresh) {
  group.classList.toggle('failed', fresh.classList.contains('failed'));
  if (!group.firstElementChild.isEqualNode(fresh.firstElementChild))
    group.firstElementChild.replaceChildren(...fresh.firstElementChild.childNodes);
  merge(group.querySelector('ol'), fresh.querySelector('ol'), updateRow);
}

function update(part, fresh) {
  if (part.querySelector('.logins') && fresh.querySelector('.logins')) {
    part.firstElementChild.replaceChildren(...fresh.firstElementChild.childNodes);
    merge(part.querySelector('.logins'), fresh.querySelector('.logins'), updateGroup);
  } else if (!part.isEqualNode(fresh)) part.replaceChildren(...fresh.childNodes);
}

function applyFilter() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const filtering = words.length > 0 || onlyFailed.checked;
  for (const group of document.querySelectorAll('.login')) {
    let shown = 0;
    for (const row of group.querySelectorAll('.exchange')) {
      const text = (row.textContent + ' ' + group.querySelector('summary').textContent).toLowerCase();
      const fits =
        words.every((word) => text.includes(word)) && (!onlyFailed.checked || row.classList.contains('failed'));
      row.hidden = !fits;
      if (fits) shown++;
    }
    group.hidden = shown === 0;
    if (filtering && shown > 0) group.open = true;
  }
}

async function refresh() {
  const response = await fetch('/?since=' + encodeURIComponent(main.dataset.version ?? ''), {
    cache: 'no-store',
    headers: { Accept: 'text/html' },
  });
  if (response.status === 204) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const active = document.activeElement;
  for (const part of document.querySelectorAll('[data-live]')) {
    const fresh = page.getElementById(part.id);
    if (fresh) update(part, document.importNode(fresh, true));
  }
  // A part that was replaced or moved has lost the focus.
  if (document.activeElement !== active)
    (active.isConnected ? active : document.getElementById(active.id))?.focus({ preventScroll: true });
  main.dataset.version = page.querySelector('#console')?.dataset.version ?? '';
  applyFilter();
}

async function tick() {
  if (!document.hidden) {
    const reached = await refresh().then(
      () => true,
      () => false,
    );
    gone.hidden = reached;
  }
  setTimeout(tick, 1000);
}

document.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const response = await fetch(form.action, {
    method: 'POST',
    body: new URLSearchParams(new FormData(form, event.submitter)),
    redirect: 'manual',
  }).catch(() => undefined);
  refused.hidden = response === undefined || response.type === 'opaqueredirect';
  if (refused.hidden) form.reset(); // otherwise an old number would take the place of the next choice
  await refresh().catch(() => undefined);
});
filter.addEventListener('input', applyFilter);
onlyFailed.addEventListener('change', applyFilter);
main.dataset.version = document.querySelector('#console').dataset.version;
setTimeout(tick, 1000);
