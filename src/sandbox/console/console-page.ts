import { requestSection, type ConsoleView } from './request-section.js';
import { consoleMessages, endpointNames, faultLabels, presets, type ConsoleMessages } from './messages.js';
import { acceptedRedirectUris } from '../pages/error-page.js';
import { html, type Html } from '../pages/html.js';
import { noticeText } from '../pages/notice-page.js';
import { page } from '../pages/page.js';
import { accountName, accountText, portraitImage } from '../pages/profile-card.js';
import { defaultApps } from '../state/default-users.js';
import { errorName } from '../state/errors.js';
import { endpoints, faultName, faultNames } from '../state/faults.js';
import type { Language } from '../http/language.js';
import type { SandboxResponse } from '../http/response.js';
import type { SandboxState } from '../state/state.js';

/** Where the console's forms and its script are. */
export const faultsPath = '/sandbox/faults';
export const nextUserPath = '/sandbox/next-user';
export const consoleScriptPath = '/sandbox/console.js';

/** The errors that the form offers. Any other number can be typed. */
const OFFERED_ERRORS = [100014, 100016, 100019, 100020, 100021, 100030, 100048, -22, -23, 1002];

/**
 * The page that shows the requests and simulates faults.
 *
 * @param origin - the one that the browser used
 * @param version - changes with what the page shows
 */
export function consolePage(state: SandboxState, language: Language, origin: string, version: string): SandboxResponse {
  const text = consoleMessages[language];
  const view = { ...state, language, text };
  return page({
    language,
    layout: 'console',
    title: text.title,
    main: html`<header id="console" data-version="${version}">
        <h1>${text.title}</h1>
        <p class="quiet">${text.lead} ${text.address}${text.colon}<code>${origin}</code></p>
        <nav aria-label="${text.sections}">
          <a href="#requests">${text.requests}</a> <a href="#faults">${text.faults}</a>
          <a href="#users">${text.users}</a> <a href="#apps">${text.applications}</a>
        </nav>
      </header>
      <div class="columns">
        ${requestSection(view)}
        <div class="side">${faultSection(view)} ${userSection(view)} ${appSection(view)}</div>
      </div>
      <script src="${consoleScriptPath}" defer></script>`,
  });
}

function faultSection({ text, faults, language }: ConsoleView): Html {
  const list = faults.queued.map(
    ({ endpoint, fault, times }) =>
      html`<li><code>${endpoint}</code> <span>${faultName(fault)}</span>${times > 1 ? ` × ${times}` : ''}</li> `,
  );
  const option = (value: string | number, label: string) => html`<option value="${value}">${label}</option> `;
  return html`<section id="faults" aria-labelledby="faults-title">
    <h2 id="faults-title">${text.faults}</h2>
    <p class="quiet small">${text.faultsLead}</p>
    <form method="post" action="${faultsPath}">
      <div class="fields">
        <label
          >${text.endpoint}
          <select name="endpoint">
            ${endpoints.map((endpoint) => option(endpoint, `${endpoint} · ${endpointNames[language][endpoint]}`))}
          </select>
        </label>
        <label
          >${text.kind}
          <select name="fault">
            <optgroup label="${text.connection}">
              ${faultNames.map((fault) => option(fault, `${faultLabels[language][fault]} · ${fault}`))}
            </optgroup>
            <optgroup label="${text.qqErrors}">
              ${OFFERED_ERRORS.map((error) => option(error, errorName(error)))}
            </optgroup>
          </select>
        </label>
        <label
          >${text.errorNumber}
          <input name="error" inputmode="numeric" pattern="-?[1-9][0-9]{0,8}" size="8" autocomplete="off" />
        </label>
        <label
          >${text.times}
          <input name="times" type="number" min="1" max="1000" value="1" required autocomplete="off" />
        </label>
        <button id="add-fault" class="primary">${text.queue}</button>
      </div>
      <fieldset class="presets">
        <legend class="quiet small">${text.usual}</legend>
        ${Object.entries(presets[language]).map(
          ([value, label], at) =>
            html`<button id="preset-${at}" name="preset" value="${value}" title="${value}">${label}</button> `,
        )}
      </fieldset>
    </form>
    <p id="refused" class="error" role="alert" hidden>${noticeText('faultUnknown', language)}</p>
    ${queue('queued', list, faultsPath, text.queued, text.noneQueued, text)}
  </section>`;
}

function userSection({ text, qq, language }: ConsoleView): Html {
  const cards = qq.accounts.map((account, index) => {
    const openid = qq.openid(qq.firstApp, account);
    const button = html`<button id="next-${index}" name="openid" value="${openid}" aria-describedby="user-${index}">
      ${text.loginNext}
    </button>`;
    return html`<li>
      ${portraitImage(openid)}
      <div id="user-${index}">${accountText(account, language)}</div>
      ${qq.autoApprove && button}
      <small class="openid">openid <code>${openid}</code></small>
    </li> `;
  });
  const nextNames = qq.nextAccounts.map((account) => html`<li>${accountName(account, language)}</li> `);
  return html`<section id="users" aria-labelledby="users-title">
    <h2 id="users-title">${text.users}</h2>
    <p class="quiet small">${qq.autoApprove ? text.skipsPage : text.showsPage}</p>
    ${qq.autoApprove && queue('next', nextNames, nextUserPath, text.next, text.firstIsNext, text)}
    <form method="post" action="${nextUserPath}">
      <ul class="users">
        ${cards}
      </ul>
    </form>
  </section>`;
}

function appSection({ text, qq, language }: ConsoleView): Html {
  // Another key may be a real one by mistake.
  const publicKey = defaultApps[0].appKey;
  return html`<section id="apps" aria-labelledby="apps-title">
    <h2 id="apps-title">${text.applications}</h2>
    ${qq.apps.map(
      (app) =>
        html`<dl>
          <dt>APP ID</dt>
          <dd><code>${app.appId}</code>${app.name !== undefined && html` <bdi>${app.name}</bdi>`}</dd>
          <dt>APP Key</dt>
          <dd>
            ${app.appKey === publicKey ? html`<code>${publicKey}</code>` : html`<span class="quiet">${text.hidden}</span>`}
          </dd>
          <dt>${text.redirectUris}</dt>
          ${acceptedRedirectUris(app, qq.strict, language).map((uri) => html`<dd>${uri}</dd> `)}
          <dt>unionid</dt>
          <dd>${app.unionid === false ? text.noUnionid : text.unionid}</dd>
        </dl> `,
    )}
  </section>`;
}

/** What is queued, with a button that clears it. */
function queue(
  id: string,
  items: readonly Html[],
  path: string,
  title: string,
  empty: string,
  { clear, colon }: ConsoleMessages,
): Html {
  const list = html`<h3>${title}</h3>
    <ol>
      ${items}
    </ol>
    <form method="post" action="${path}">
      <button id="clear-${id}" name="clear" value="1" aria-label="${clear}${colon}${title}">${clear}</button>
    </form>`;
  return html`<div id="${id}" class="queue" data-live>${items.length > 0 ? list : html`<p>${empty}</p>`}</div>`;
}
