import type { Answer } from './answer.js';
import { consoleCss } from './console-stylesheet.js';

const css = `
:root {
  color-scheme: light dark;
  --ground: #eaf1f6;
  --glow: #d3e8f4;
  --sheet: #ffffff;
  --line: #d5dee6;
  --text: #16232e;
  --quiet: #51616e;
  --accent: #0b6a8f;
  --on-accent: #ffffff;
  --hover: #eef7fb;
  --ribbon: #ffd66b;
  --on-ribbon: #3b2a00;
  --error: #b3261e;
  --shadow: 0 1px 2px rgb(16 42 60 / 8%), 0 16px 40px -12px rgb(16 42 60 / 22%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d151b;
    --glow: #13303f;
    --sheet: #17222b;
    --line: #31414d;
    --text: #e8eff4;
    --quiet: #a5b5c1;
    --accent: #7ccbec;
    --on-accent: #06212e;
    --hover: #1e2f3a;
    --ribbon: #4b3a08;
    --on-ribbon: #ffe29a;
    --error: #ff8a80;
    --shadow: 0 16px 40px -12px rgb(0 0 0 / 60%);
  }
}
* { box-sizing: border-box }
body {
  min-height: 100vh;
  min-height: 100dvh;
  margin: 0;
  display: flex;
  flex-direction: column;
  background: radial-gradient(60rem 30rem at 50% -6rem, var(--glow), transparent) no-repeat var(--ground);
  color: var(--text);
  font: 1rem/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
}
.ribbon {
  margin: 0;
  padding: 0.35rem 1rem;
  background: var(--ribbon);
  color: var(--on-ribbon);
  font-size: 0.875rem;
  font-weight: 600;
  text-align: center;
}
main {
  width: min(46rem, 100% - 2rem);
  margin: auto;
  padding: 2rem 2.25rem 1.75rem;
  background: var(--sheet);
  border: 1px solid var(--line);
  border-radius: 1.25rem;
  box-shadow: var(--shadow);
}
h1 { margin: 0; font-size: 1.625rem; line-height: 1.3; text-align: center }
p { margin: 0.5rem 0 }
form { margin-top: 1.25rem }
fieldset { margin: 0; padding: 0; border: 0; min-width: 0 }
legend { padding: 0; margin-bottom: 0.625rem; font-weight: 600 }
.lead, .lead + .quiet { margin: 0.25rem 0; text-align: center }
.quiet { color: var(--quiet) }
.small { font-size: 0.8125rem }
.url, code { overflow-wrap: anywhere }
code, .url { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.9em }
.accounts {
  display: grid;
  grid-template-columns: repeat(2, minmax(0, 1fr));
  gap: 0.75rem;
  margin: 0;
  padding: 0;
  list-style: none;
}
.accounts li { display: flex }
button { font: inherit; color: inherit; cursor: pointer }
.account {
  display: flex;
  align-items: center;
  gap: 0.875rem;
  width: 100%;
  min-width: 0;
  padding: 0.75rem;
  border: 1px solid var(--line);
  border-radius: 1rem;
  background: var(--sheet);
  text-align: start;
  transition: border-color 0.15s, background-color 0.15s;
}
.account:hover { border-color: var(--accent); background: var(--hover) }
.account img { flex: none; border-radius: 50%; background: var(--line) }
.account span { min-width: 0 }
.account b, .account small { display: block; overflow-wrap: anywhere }
.account small { color: var(--quiet); font-size: 0.8125rem; line-height: 1.4 }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.cancel { margin: 1.25rem 0 0.25rem; text-align: center }
.plain {
  min-height: 2.75rem;
  padding: 0.25rem 1.75rem;
  border: 1px solid var(--line);
  border-radius: 999px;
  background: transparent;
}
.plain:hover { border-color: var(--accent); background: var(--hover) }
#cancel-note, form + p { text-align: center }
.error { color: var(--error); font-size: 1.125rem; font-weight: 600; text-align: center }
dl { margin: 1.25rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: 0.75rem }
dt { color: var(--quiet); font-size: 0.875rem }
dd { margin: 0 }
dd + dt { margin-top: 0.75rem }
.mobile main { width: 100%; margin: 0; flex: 1; border: 0; border-radius: 0; box-shadow: none }
.mobile .accounts { grid-template-columns: minmax(0, 1fr) }
@media (max-width: 40rem) {
  main { width: 100%; margin: 0; padding: 1.5rem 1rem; flex: 1; border: 0; border-radius: 0; box-shadow: none }
  .accounts { grid-template-columns: minmax(0, 1fr) }
}
@media (prefers-reduced-motion: reduce) {
  .account { transition: none }
}
`;

/** The stylesheet of every page. */
export const stylesheet: Answer = {
  type: 'text/css; charset=utf-8',
  body: (css + consoleCss).trimStart(),
  headers: { 'Cache-Control': 'no-cache' },
};
