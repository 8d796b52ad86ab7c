/** What the console has beyond the other pages. */
export const consoleCss = `
.console main { width: min(84rem, 100% - 2rem); margin: 1.5rem auto; flex: none }
.console h1, .console .error { text-align: start }
.console h2 { margin: 0; font-size: 1.25rem; line-height: 1.4 }
.console h3 { margin: 0; font-size: 0.9375rem; line-height: 1.5; font-weight: 600 }
.console form { margin: 0 }
.console p { margin: 0.25rem 0 }
.console ol, .console ul { margin: 0; padding: 0; list-style: none }
.console section + section { margin-top: 2.25rem }
.console nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-top: 0.75rem }
.console a { color: var(--accent); padding: 0.25rem 0 }
.columns {
  display: grid;
  grid-template-columns: minmax(0, 27rem) minmax(0, 1fr);
  gap: 2.25rem;
  margin-top: 1.25rem;
  padding-top: 1.5rem;
  border-top: 1px solid var(--line);
}
.console button {
  min-height: 2rem;
  padding: 0.125rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: 999px;
  background: var(--sheet);
  font-size: 0.875rem;
  line-height: 1.4;
}
.console button:hover { border-color: var(--accent); background: var(--hover) }
.console button small { color: var(--quiet); font-size: 0.75rem }
.queue {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.375rem 0.75rem;
  margin: 0.75rem 0;
  padding: 0.5rem 0.875rem;
  border-radius: 0.75rem;
  background: var(--hover);
  font-size: 0.875rem;
}
.queue h3 { font-size: inherit }
.queue ol { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; flex: 1; min-width: 0 }
.queue li { overflow-wrap: anywhere; min-width: 0 }
.faults { padding: 0.75rem 0; border-top: 1px solid var(--line) }
.faults h3 .quiet { margin-inline-start: 0.25rem; font-weight: 400; font-size: 0.8125rem }
.chips { display: flex; flex-wrap: wrap; gap: 0.375rem; padding: 0.5rem 0 }
.number, .number label { display: flex; flex-wrap: wrap; align-items: center; gap: 0.375rem 0.5rem; font-size: 0.8125rem }
.number input {
  width: 6.5rem;
  min-height: 2rem;
  padding: 0.125rem 0.625rem;
  border: 1px solid var(--quiet);
  border-radius: 0.5rem;
  background: var(--sheet);
  color: inherit;
  font: inherit;
}
.users li {
  display: grid;
  grid-template-columns: 3rem minmax(0, 1fr) auto;
  gap: 0 0.75rem;
  align-items: center;
  padding: 0.625rem 0;
  border-bottom: 1px solid var(--line);
}
.users img { width: 3rem; height: 3rem; border-radius: 50%; background: var(--line) }
.users b, .users span small { display: block; overflow-wrap: anywhere; line-height: 1.4 }
.users small { color: var(--quiet); font-size: 0.8125rem }
.users .openid { grid-column: 2 / -1; grid-row: 2; overflow-wrap: anywhere; font-size: 0.75rem }
.console dl { margin: 0.75rem 0 0 }
.refresh { display: block; font-size: 0.875rem }
.refresh input { width: 1rem; height: 1rem; vertical-align: -0.125rem; accent-color: var(--accent) }
.refresh[hidden] { display: none }
.log { margin-top: 0.75rem }
.log li { padding: 0.5rem 0 0.5rem 0.75rem; border-bottom: 1px solid var(--line); border-inline-start: 3px solid transparent }
.log .failed { border-inline-start-color: var(--error) }
.line { display: flex; flex-wrap: wrap; gap: 0 0.75rem; align-items: baseline }
.line > * { overflow-wrap: anywhere; min-width: 0 }
.line time { color: var(--quiet); font-variant-numeric: tabular-nums; font-size: 0.875rem }
.line .error { font-size: 0.9375rem }
.line .fault { padding: 0 0.5rem; border-radius: 999px; background: var(--ribbon); color: var(--on-ribbon); font-size: 0.875rem }
.line bdi { max-width: 18rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.status { font-variant-numeric: tabular-nums }
.parameters { display: flex; flex-wrap: wrap; gap: 0 0.75rem; font-size: 0.8125rem }
@media (max-width: 60rem) {
  .columns { grid-template-columns: minmax(0, 1fr) }
}
@media (max-width: 40rem) {
  .console main { width: 100%; margin: 0; flex: 1 }
}
`;
