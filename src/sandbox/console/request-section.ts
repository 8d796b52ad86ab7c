import { errorMeanings } from '../pages/error-meanings.js';
import { summarize, type RequestSummary } from './request-summary.js';
import { html, type Html } from '../pages/html.js';
import type { ConsoleMessages } from './messages.js';
import type { Language } from '../http/language.js';
import type { SandboxState } from '../state/state.js';

/** How many requests the page shows. */
const MAX_SHOWN = 100;

/** Where the form that clears the log is sent. */
export const clearPath = '/sandbox/clear';

/** What a section of the console shows. */
export interface ConsoleView extends SandboxState {
  readonly language: Language;
  readonly text: ConsoleMessages;
}

interface Group {
  readonly id: string;
  readonly login: number | undefined;
  readonly rows: { readonly id: string; readonly summary: RequestSummary }[];
}

/** The request log: one row for each request, grouped by login, the newest login first. */
export function requestSection(view: ConsoleView): Html {
  const { text, log } = view;
  const { length } = log.requests;
  const groups = groupsOf(view);
  const newest = groups.find((group) => group.login !== undefined);
  return html`<section id="requests" aria-labelledby="requests-title">
    <div class="toolbar">
      <h2 id="requests-title">${text.requests}</h2>
      <div class="filters" hidden>
        <input id="filter" type="search" aria-label="${text.filter}" placeholder="${text.filter}" autocomplete="off" />
        <label><input id="only-failed" type="checkbox" autocomplete="off" /> ${text.onlyFailed}</label>
      </div>
      <form method="post" action="${clearPath}">
        <button id="clear-log" aria-label="${text.clear}${text.colon}${text.requests}">${text.clear}</button>
      </form>
    </div>
    <p id="gone" class="error" role="status" hidden>${text.gone}</p>
    <div id="log" data-live>
      ${
        length === 0
          ? html`<p>${text.noRequests}</p>`
          : html`<p class="quiet small">${text.newestOf(Math.min(length, MAX_SHOWN), length)} · ${text.hiddenNote}</p>
              <div class="logins">${groups.map((group) => login(group, group === newest, view))}</div>`
      }
    </div>
  </section>`;
}

/** The newest requests by login, each group in the order of its requests, the group with the newest request first. */
function groupsOf({ log, qq }: ConsoleView): readonly Group[] {
  const groups = new Map<string, Group>();
  let last: Group | undefined;
  for (const request of log.requests.slice(-MAX_SHOWN)) {
    const number = log.numberOf(request);
    // Requests without a login stay together while no login comes between.
    const other = last?.login === undefined ? last?.id : undefined;
    const id = request.login === undefined ? (other ?? `other-${number}`) : `login-${request.login}`;
    const group = groups.get(id) ?? { id, login: request.login, rows: [] };
    group.rows.push({ id: `request-${number}`, summary: summarize(request, qq) });
    groups.delete(id);
    groups.set(id, group);
    last = group;
  }
  return [...groups.values()].reverse();
}

function login({ id, login, rows }: Group, isNewest: boolean, view: ConsoleView): Html {
  const { text } = view;
  const failed = rows.findLast(({ summary }) => summary.failed)?.summary;
  const user = rows.findLast(({ summary }) => summary.user !== undefined)?.summary.user;
  const warned = rows.some(({ summary }) => summary.warnings.length > 0);
  const outcome = failed
    ? html`<span class="outcome bad"
        >✗ ${faultBadge(failed, text) ?? failed.error ?? failed.status ?? text.noResponse}</span
      >`
    : rows.some(({ summary }) => summary.endpoint !== 'authorize') && html`<span class="outcome">✓</span>`;
  const isOpen = isNewest || failed !== undefined || warned;
  return html`<details id="${id}" class="login${failed && ' failed'}" ${isOpen && html`open`}>
    <summary>
      <b>${login === undefined ? text.otherRequests : text.login(login)}</b>
      ${user !== undefined && html`<bdi>${user}</bdi>`} <time>${rows[0]?.summary.time ?? ''}</time>
      <span class="quiet">${text.count(rows.length)}</span> ${outcome}
    </summary>
    <ol>
      ${rows.map((row) => exchange(row, view))}
    </ol>
  </details>`;
}

function exchange({ id, summary }: Group['rows'][0], view: ConsoleView): Html {
  const { text, language } = view;
  const { endpoint, status, durationMs, warnings, error, failed } = summary;
  const none = durationMs === undefined ? text.pending : text.noResponse;
  const duration = durationMs === undefined ? '' : `${durationMs < 10 ? durationMs : Math.round(durationMs)} ms`;
  return html`<li id="${id}" class="exchange${failed && ' failed'}" data-outcome="${status} ${durationMs}">
    <details>
      <summary>
        <time>${summary.time}</time> <b>${endpoint === 'other' ? summary.path : endpoint}</b>
        <span class="status">${status ?? none}</span> <span class="duration">${duration}</span>
        ${error !== undefined && html`<span class="outcome bad">${error}</span>`} ${faultBadge(summary, text)}
        ${warnings.map((warning) => html`<span class="fault">⚠ ${warning[language]}</span> `)}
      </summary>
      ${exchangeDetails(summary, view)}
    </details>
  </li>`;
}

function faultBadge({ fault }: RequestSummary, text: ConsoleMessages): Html | undefined {
  return fault === undefined ? undefined : html`<span class="fault">${text.fault}${text.colon}${fault}</span>`;
}

function exchangeDetails(summary: RequestSummary, { text, language }: ConsoleView): Html {
  const { method, path, parameters, status, location, responseBody, warnings, fault, error } = summary;
  const entry = (name: string, value: Html | string) =>
    html`<dt>${name}</dt>
      <dd>${value}</dd> `;
  const sent = parameters.map(({ name, value }) => html`<code><span class="quiet">${name}=</span>${value}</code> `);
  return html`<dl>
    ${
      fault === undefined
        ? error !== undefined &&
          entry(text.meaning, html`<b>${error}</b><br />${errorMeanings[language][summary.code ?? 0]}`)
        : entry(text.fault, html`<b>${error ?? fault}</b><br />${text.faultNote}`)
    }
    ${warnings.map((warning) => entry(text.warning, warning[language]))}
    ${entry(text.request, html`<code>${method} ${path}</code>`)}
    ${sent.length > 0 && entry(text.parameters, html`<span class="parameters">${sent}</span>`)}
    ${entry(text.client, html`<code>${summary.client}</code>`)}
    ${entry(text.response, html`<code>${status ?? text.noResponse}</code>`)}
    ${location !== undefined && entry(text.redirect, html`<code>${location}</code>`)}
    ${responseBody !== undefined && responseBody !== '' && entry(text.body, html`<pre tabindex="0">${responseBody}</pre>`)}
  </dl>`;
}
