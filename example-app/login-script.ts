/**
 * Lets the login button open a pop-up where there is room for one, and say that the page waits for it. Without script, on
 * a phone, or with a key held down that opens a tab, it stays a link; `loginWithPopup` follows it where pop-ups are
 * blocked.
 */
export const LOGIN_SCRIPT = `import { loginWithPopup } from '/auth/qq/client.js';

const roomy = matchMedia('(min-width: 48rem) and (hover: hover)');

async function login(button) {
  const returnTo = new URL(button.href).searchParams.get('returnTo');
  const label = button.querySelector('span');
  const { textContent } = label;
  const onWaiting = (waiting) => {
    button.setAttribute('aria-busy', waiting);
    label.textContent = waiting ? button.dataset.waiting : textContent;
  };
  try {
    const user = await loginWithPopup({ returnTo, onWaiting });
    location.assign(user ? returnTo : '/?qq_login=cancelled');
  } catch (error) {
    console.error(error);
    location.assign(button.href); // the server's own page says what is wrong
  }
}

for (const button of document.querySelectorAll('.qq-button')) {
  button.addEventListener('click', (event) => {
    if (!roomy.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    login(button);
  });
}
`;
