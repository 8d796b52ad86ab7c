/** The stylesheet of every page: dark or light as the system is, readable on a phone, without a web font. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ground: #f3f6fb;
  --glow: #dbe8fb;
  --sheet: #ffffff;
  --line: #d7dfea;
  --text: #16202e;
  --quiet: #506074;
  --accent: #0f5fc2;
  --accent-deep: #0a4a99;
  --on-accent: #ffffff;
  --tint: #e6f0fd;
  --shadow: 0 1px 2px rgb(20 40 80 / 6%), 0 12px 32px -16px rgb(20 40 80 / 22%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e131a;
    --glow: #16283f;
    --sheet: #171e27;
    --line: #2d3845;
    --text: #e9eef5;
    --quiet: #a3b1c2;
    --accent: #86b9ff;
    --accent-deep: #b3d3ff;
    --on-accent: #07182d;
    --tint: #1b2c43;
    --shadow: 0 16px 40px -16px rgb(0 0 0 / 60%);
  }
}
* { box-sizing: border-box }
body {
  display: flex;
  flex-direction: column;
  min-height: 100vh;
  min-height: 100dvh;
  margin: 0;
  background: radial-gradient(70rem 32rem at 50% -4rem, var(--glow), transparent) no-repeat var(--ground);
  color: var(--text);
  font: 1rem/1.65 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
}
a { color: var(--accent) }
a:hover { color: var(--accent-deep) }
button { font: inherit; cursor: pointer }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: .5rem }
main:focus { outline: none }
.wide { width: min(64rem, 100% - 2.5rem); margin-inline: auto }
.skip { position: absolute; left: 1rem; top: -4rem; z-index: 1; padding: .5rem 1rem; background: var(--sheet); border-radius: 0 0 .75rem .75rem }
.skip:focus { top: 0 }

header { border-bottom: 1px solid var(--line); background: color-mix(in srgb, var(--sheet) 78%, transparent) }
header .wide { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.75rem; min-height: 4rem; padding-block: .5rem }
.brand { display: flex; align-items: center; gap: .5rem; color: var(--text); font-weight: 700; text-decoration: none }
.brand svg { color: var(--accent) }
nav { flex: 1 }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem; margin: 0; padding: 0; list-style: none }
nav a { display: block; padding: .35rem .8rem; border-radius: 999px; color: var(--quiet); text-decoration: none }
nav a:hover { background: var(--tint); color: var(--text) }
nav a[aria-current] { background: var(--tint); color: var(--accent); font-weight: 600 }
.account { display: flex; align-items: center; gap: .6rem; min-width: 0 }
.account .name { max-width: 11rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600 }

main { flex: 1; padding-block: 2.5rem 3.5rem }
h1 { margin: 0 0 .75rem; font-size: clamp(1.6rem, 1.1rem + 2.2vw, 2.5rem); line-height: 1.25; text-wrap: balance; overflow-wrap: anywhere }
h2 { margin: 3rem 0 1rem; font-size: 1.3rem }
h3 { margin: 0; font-size: 1.1rem }
.lead { max-width: 42rem; margin: 0 0 1.75rem; color: var(--quiet); font-size: 1.08rem; text-wrap: pretty }
.quiet { color: var(--quiet); font-size: .92rem }
.notice { margin: 0 0 1.75rem; padding: .8rem 1.2rem; border: 1px solid var(--line); border-left: 4px solid var(--accent); border-radius: .75rem; background: var(--sheet) }
.hero { padding-block: clamp(1rem, 4vw, 3rem); text-align: center }
.hero .lead { margin-inline: auto; text-wrap: balance }
.hero .avatar { margin-bottom: 1rem; box-shadow: var(--shadow) }

.qq-button, .button, .plain { display: inline-flex; align-items: center; justify-content: center; gap: .6rem; min-height: 2.75rem; border-radius: 999px; text-decoration: none }
.qq-button, .button { border: 1px solid transparent; background: var(--accent); color: var(--on-accent); font-weight: 600; transition: background-color .15s }
.qq-button:hover, .button:hover { background: var(--accent-deep); color: var(--on-accent) }
.qq-button { padding: .3rem 1.25rem .3rem .9rem }
.hero .qq-button { min-height: 3.4rem; padding: .5rem 2rem .5rem 1.6rem; font-size: 1.12rem; box-shadow: var(--shadow) }
.button { padding: .35rem 1.6rem }
.plain { min-height: 2.25rem; padding: .1rem 1rem; border: 1px solid var(--line); background: transparent; color: var(--text); white-space: nowrap }
.plain:hover { border-color: var(--accent); color: var(--accent) }

.sheet, .card, figure { background: var(--sheet); border: 1px solid var(--line); border-radius: 1.1rem; box-shadow: var(--shadow) }
.sheet { margin: 0; padding: 1.5rem 1.75rem }
.count { margin: 0 0 .5rem; font-size: 1.15rem; font-weight: 600 }
.count + .quiet { margin: 0 }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: 1.1rem; margin: 0; padding: 0; list-style: none }
.card { position: relative; display: flex; flex-direction: column; align-items: flex-start; gap: .4rem; padding: 1.4rem 1.5rem; transition: border-color .15s }
.card:hover { border-color: var(--accent) }
.card a { text-decoration: none }
.card:hover a { text-decoration: underline }
.card a::after { content: ""; position: absolute; inset: 0; border-radius: 1.1rem }
.card p { margin: 0 }
.card .badge { margin-top: .5rem }
.badge { padding: .1rem .7rem; border-radius: 999px; background: var(--tint); color: var(--accent); font-size: .82rem; font-weight: 600 }

dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(10rem, 100%), 1fr)); gap: 1.2rem 1.5rem }
dt { color: var(--quiet); font-size: .9rem }
dd { margin: 0; font-size: 1.08rem; font-weight: 600; overflow-wrap: anywhere }
code { font: 500 .95em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
.avatar { flex: none; border-radius: 50%; background: var(--line); object-fit: cover; vertical-align: middle }
.gallery { display: flex; gap: 1.1rem; margin: 0; padding: 0; list-style: none }
.gallery li { display: flex; flex: 1 1 auto }
figure { display: grid; flex: 1; grid-template-rows: 1fr auto; place-items: center; gap: .9rem; margin: 0; padding: 1.5rem 1rem }
figure .avatar { max-width: 100%; height: auto; border-radius: 18% }
figcaption { color: var(--quiet); font-size: .92rem; line-height: 1.4 }
.addresses { grid-template-columns: 1fr; gap: .7rem; margin-bottom: 1.75rem }
.addresses div { display: grid; grid-template-columns: 9rem 1fr; gap: 0 1rem; align-items: baseline }
.addresses dd { font-size: .92rem; font-weight: 400 }

footer { border-top: 1px solid var(--line); color: var(--quiet); font-size: .92rem }
footer .wide { padding-block: 1.1rem }
footer p { margin: 0 }
footer .badge { margin-right: .4rem }

@media (max-width: 46rem) {
  .wide { width: calc(100% - 2rem) }
  header .wide { gap: .4rem .75rem }
  nav { order: 1; flex-basis: 100% }
  nav ul { justify-content: space-between }
  nav a { padding-inline: .7rem }
  .account, header .qq-button { margin-left: auto }
  .account .name { max-width: 6rem }
  main { padding-block: 1.75rem 2.5rem }
  .gallery { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .75rem }
  .addresses div { grid-template-columns: 1fr }
  figure { padding: 1.1rem .6rem }
}
@media (max-width: 30rem) {
  .account .name { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
}
@media (prefers-reduced-motion: reduce) { * { transition: none } }
`;
