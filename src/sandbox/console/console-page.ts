import { requestSection } from './request-section.js';
import { consoleMessages, type ConsoleMessages } from './messages.js';
import { consoleScriptPath, faultsPath, nextUserPath } from './paths.js';
import { acceptedRedirectUris } from '../pages/accepted-redirect-uris.js';
import { html, type Html } from '../pages/html.js';
import { page } from '../pages/page.js';
import { accountName, describeUser, portraitImage } from '../pages/profile-card.js';
import { defaultApps } from '../state/default-users.js';
import { describeError } from '../state/errors.js';
import { endpoints, faultName, namedFaultsOf, type FaultQueue } from '../state/faults.js';
import type { Language } from '../http/language.js';
import type { SandboxResponse } from '../http/response.js';
import type { QQ } from '../state/qq.js';
import type { RequestLog } from '../state/request-log.js';
import type { SandboxApp } from '../state/types.js';

/** The errors that the form offers. Any other number can be typed. */
const OFFERED_ERRORS = [100014, 100016, 100019, 100020, 100021, 100030, 100048, -22, -23, 1002];

interface View {
  readonly language: Language;
  readonly version: string;
  /** The address that the browser used. */
  readonly address: string;
  readonly text: ConsoleMessages;
  readonly qq: QQ;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
}

/** The page that shows the requests and simulates faults. */
export function consolePage(options: Omit<View, 'text'>): SandboxResponse {
  const text = consoleMessages[options.language];
  const view = { ...options, text };
  return page({
    language: options.language,
    layout: 'console',
    title: text.title,
    main: html`<header id="console" data-version="${options.version}">
        <h1>${text.title}</h1>
        <p class="quiet">${text.lead} ${text.address}${text.colon}<code>${options.address}</code></p>
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

/** The fields of a button that queues a common fault: `token 100020`. */
export function fieldsOfPreset(preset: string | undefined): Readonly<Record<string, string>> {
  if (preset === undefined) return {};
  const [endpoint = '', fault = ''] = preset.split(' ');
  return { endpoint, fault, error: '' };
}

function faultSection({ text, faults }: View): Html {
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
            ${endpoints.map((endpoint) => option(endpoint, `${endpoint} · ${text.endpoints[endpoint]}`))}
          </select>
        </label>
        <label
          >${text.kind}
          <select name="fault">
            <optgroup label="${text.connection}">
              ${namedFaultsOf('authorize').map((fault) => option(fault, `${text.faultNames[fault]} · ${fault}`))}
            </optgroup>
            <optgroup label="${text.qqErrors}">
              ${OFFERED_ERRORS.map((error) => option(error, `${error} ${describeError(error).trim()}`))}
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
        ${text.presets.map(
          ({ value, label }, at) =>
            html`<button id="preset-${at}" name="preset" value="${value}" title="${value}">${label}</button> `,
        )}
      </fieldset>
    </form>
    <p id="refused" class="error" role="alert" hidden>${text.refused}</p>
    <div id="queued" class="queue" data-live>
      ${
        list.length === 0
          ? html`<p>${text.noneQueued}</p>`
          : html`<h3>${text.queued}</h3>
              <ol>
                ${list}
              </ol>
              ${clearForm(faultsPath, text, text.queued)}`
      }
    </div>
  </section>`;
}

function userSection({ text, qq, language }: View): Html {
  const { accounts, firstApp } = qq.registry;
  const cards = accounts.map((account, index) => {
    const openid = qq.registry.openid(firstApp, account);
    const button = html`<button id="next-${index}" name="openid" value="${openid}" aria-describedby="user-${index}">
      ${text.loginNext}
    </button>`;
    return html`<li>
      ${portraitImage(openid)}
      <span id="user-${index}">${accountName(account, language)}<small>${describeUser(account, language)}</small></span>
      ${qq.autoApprove ? button : ''}
      <small class="openid">openid <code>${openid}</code></small>
    </li> `;
  });
  return html`<section id="users" aria-labelledby="users-title">
    <h2 id="users-title">${text.users}</h2>
    <p class="quiet small">${qq.autoApprove ? text.skipsPage : text.showsPage}</p>
    ${qq.autoApprove ? nextUsers() : ''}
    <form method="post" action="${nextUserPath}">
      <ul class="users">
        ${cards}
      </ul>
    </form>
  </section>`;

  function nextUsers(): Html {
    const names = qq.nextAccounts.map((account) => html`<li>${accountName(account, language)}</li> `);
    if (names.length === 0) return html`<div id="next" class="queue" data-live><p>${text.firstIsNext}</p></div>`;
    return html`<div id="next" class="queue" data-live>
      <h3>${text.next}</h3>
      <ol>
        ${names}
      </ol>
      ${clearForm(nextUserPath, text, text.next)}
    </div>`;
  }
}

function appSection({ text, qq, language }: View): Html {
  return html`<section id="apps" aria-labelledby="apps-title">
    <h2 id="apps-title">${text.applications}</h2>
    ${qq.registry.apps.map(
      (app) =>
        html`<dl>
          <dt>APP ID</dt>
          <dd><code>${app.appId}</code>${app.name === undefined ? '' : html` <bdi>${app.name}</bdi>`}</dd>
          <dt>${text.appKey}</dt>
          <dd>${shownKey(app, text)}</dd>
          <dt>${text.redirectUris}</dt>
          ${acceptedRedirectUris(app, qq.strict, language).map((uri) => html`<dd>${uri}</dd> `)}
          <dt>unionid</dt>
          <dd>${text.unionid(app.unionid !== false)}</dd>
        </dl> `,
    )}
  </section>`;
}

/** Shows only the public default key. Another one may be a real key by mistake. */
function shownKey({ appKey }: SandboxApp, text: ConsoleMessages): Html {
  return appKey === defaultApps[0].appKey
    ? html`<code>${appKey}</code>`
    : html`<span class="quiet">${text.hidden}</span>`;
}

function clearForm(path: string, text: ConsoleMessages, what: string): Html {
  return html`<form method="post" action="${path}">
    <button
      id="clear-${path.slice('/sandbox/'.length)}"
      name="clear"
      value="1"
      aria-label="${text.clear}${text.colon}${what}"
    >
      ${text.clear}
    </button>
  </form>`;
}
