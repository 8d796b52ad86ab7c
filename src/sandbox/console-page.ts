import { acceptedUris } from './accepted-uris.js';
import type { Answer } from './answer.js';
import { consoleScriptPath } from './console-script.js';
import { consoleWords, type ConsoleWords } from './console-words.js';
import { describeError } from './errors.js';
import { endpoints, faultName, namedFaultsOf, type FaultQueue } from './faults.js';
import { html, type Html } from './html.js';
import { page, type Language } from './page.js';
import { defaultApps } from './personas.js';
import { nameOf, portraitOf, traitsOf } from './profile-card.js';
import type { QQ } from './qq.js';
import { summarize } from './request-summary.js';
import type { SandboxApp, SandboxEndpoint, SandboxRequest } from './types.js';

export const faultsPath = '/sandbox/faults';
export const nextUserPath = '/sandbox/next-user';

/** How many requests the page shows. */
const shown = 100;

/** The errors that each endpoint is most likely to answer. */
const commonErrors: Readonly<Record<SandboxEndpoint, readonly number[]>> = {
  authorize: [100030],
  token: [100019, 100020, 100021],
  me: [100014, 100016, 100048],
  user_info: [-23, 1002, 100030],
  avatar: [-1],
};

interface View {
  readonly language: Language;
  readonly text: ConsoleWords;
  readonly qq: QQ;
  readonly faults: FaultQueue;
  readonly requests: readonly SandboxRequest[];
}

/** The page that shows what came in and makes things fail by a click. */
export function consolePage(options: Omit<View, 'text'>): Answer {
  const text = consoleWords[options.language];
  const view = { ...options, text };
  return page({
    language: options.language,
    layout: 'console',
    title: text.title,
    main: html`<header>
        <h1>${text.title}</h1>
        <p>${text.lead}</p>
        <p class="quiet">${text.address}${text.colon}<code>${options.qq.url}</code></p>
        <nav aria-label="${text.sections}">
          <a href="#faults">${text.faults}</a> <a href="#users">${text.users}</a>
          <a href="#apps">${text.applications}</a> <a href="#requests">${text.requests}</a>
        </nav>
      </header>
      <div class="columns">
        <div>${faultSection(view)} ${userSection(view)} ${appSection(view)}</div>
        <div>${requestSection(view)}</div>
      </div>
      <script src="${consoleScriptPath}" defer></script>`,
  });
}

function faultSection({ text, faults }: View): Html {
  const { waiting } = faults;
  const list = waiting.map(
    ({ endpoint, fault }) => html`<li><code>${endpoint}</code> <span>${faultName(fault)}</span></li> `,
  );
  return html`<section id="faults" aria-labelledby="faults-title">
    <h2 id="faults-title">${text.faults}</h2>
    <p class="quiet">${text.faultsLead}</p>
    <div id="waiting" class="queue" data-live>
      ${
        list.length === 0
          ? html`<p>${text.noneWaiting}</p>`
          : html`<h3>${text.waiting}</h3>
              <ol>
                ${list}
              </ol>
              ${clearForm(faultsPath, text, text.waiting)}`
      }
    </div>
    ${endpoints.map((endpoint) => faultForms(endpoint, text))}
  </section>`;
}

function faultForms(endpoint: SandboxEndpoint, text: ConsoleWords): Html {
  const named = namedFaultsOf(endpoint).map(
    (fault) => html`<button name="fault" value="${fault}">${text.faultNames[fault]} <small>${fault}</small></button> `,
  );
  const numbered = commonErrors[endpoint].map(
    (error) =>
      html`<button name="error" value="${error}">
        ${endpoint === 'avatar' ? text.noPicture : error}
        <small>${endpoint === 'avatar' ? `error ${error}` : describeError(error).trim()}</small>
      </button> `,
  );
  const hidden = html`<input type="hidden" name="endpoint" value="${endpoint}" />`;
  return html`<div role="group" class="faults" aria-labelledby="faults-${endpoint}">
    <h3 id="faults-${endpoint}"><code>${endpoint}</code> <span class="quiet">${text.endpoints[endpoint]}</span></h3>
    <form method="post" action="${faultsPath}" class="chips">${hidden} ${named}${numbered}</form>
    ${endpoint === 'avatar' ? '' : otherNumberForm(endpoint, hidden, text)}
  </div> `;
}

function otherNumberForm(endpoint: SandboxEndpoint, hidden: Html, text: ConsoleWords): Html {
  return html`<form method="post" action="${faultsPath}" class="number">
    ${hidden}
    <label>
      <span class="quiet">${text.otherNumber(endpoint)}</span>
      <input name="error" inputmode="numeric" pattern="-?[1-9][0-9]{0,8}" required size="8" autocomplete="off" />
    </label>
    <button>${text.queue}</button>
  </form>`;
}

function userSection({ text, qq, language }: View): Html {
  const { accounts, firstApp } = qq.registry;
  const cards = accounts.map((account, index) => {
    const openid = qq.registry.openid(firstApp, account);
    const button = html`<button name="openid" value="${openid}" aria-describedby="user-${index}">
      ${text.loginNext}
    </button>`;
    return html`<li>
      ${portraitOf(openid)}
      <span id="user-${index}">${nameOf(account, language)}<small>${traitsOf(account, language)}</small></span>
      <small class="openid">openid <code>${openid}</code></small>
      ${qq.autoApprove ? button : ''}
    </li> `;
  });
  return html`<section id="users" aria-labelledby="users-title">
    <h2 id="users-title">${text.users}</h2>
    <p class="quiet">${qq.autoApprove ? text.skipsPage : text.showsPage}</p>
    ${qq.autoApprove ? nextUsers() : ''}
    <form method="post" action="${nextUserPath}">
      <ul class="users">
        ${cards}
      </ul>
    </form>
  </section>`;

  function nextUsers(): Html {
    const names = qq.queuedAccounts.map((account) => html`<li>${nameOf(account, language)}</li> `);
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
          <dd><code>${app.appId}</code></dd>
          <dt>${text.appKey}</dt>
          <dd>${shownKey(app, text)}</dd>
          <dt>${text.redirectUris}</dt>
          ${acceptedUris(app, qq.strict, language).map((uri) => html`<dd>${uri}</dd> `)}
          <dt>unionid</dt>
          <dd>${text.unionid(app.unionid !== false)}</dd>
        </dl> `,
    )}
  </section>`;
}

/** Only the made-up key that everybody knows is shown; another one may be somebody's real one by mistake. */
function shownKey({ appKey }: SandboxApp, text: ConsoleWords): Html {
  return appKey === defaultApps[0].appKey
    ? html`<code>${appKey}</code>`
    : html`<span class="quiet">${text.keyHidden}</span>`;
}

function requestSection({ text, qq, requests }: View): Html {
  const newest = requests.slice(-shown).reverse();
  return html`<section id="requests" aria-labelledby="requests-title">
    <h2 id="requests-title">${text.requests}</h2>
    <label class="refresh" hidden><input type="checkbox" id="refresh" autocomplete="off" /> ${text.refresh}</label>
    <p id="gone" class="error" role="status" hidden>${text.gone}</p>
    <div id="log" data-live>
      ${
        requests.length === 0
          ? html`<p class="quiet">${text.noRequests}</p>`
          : html`<p class="quiet">${text.newestOf(newest.length, requests.length)}</p>
              <ol class="log">
                ${newest.map((request) => entry(request, qq, text))}
              </ol>`
      }
    </div>
  </section>`;
}

function entry(request: SandboxRequest, qq: QQ, text: ConsoleWords): Html {
  const { time, endpoint, method, path, status, error, fault, user, parameters } = summarize(request, qq.registry);
  const failed = error !== undefined || fault !== undefined || status === undefined || status >= 400;
  return html`<li${failed ? html` class="failed"` : ''}>
    <p class="line">
      <time>${time}</time> <b>${endpoint}</b> <code>${method} ${path}</code>
      <span class="status">→ ${status ?? text.unanswered}</span>
      ${error === undefined ? '' : html`<span class="error">${error}</span>`}
      ${fault === undefined ? '' : html`<span class="fault">${text.fault}${text.colon}${fault}</span>`}
      ${user === undefined ? '' : html`<bdi>${user}</bdi>`}
    </p>
    ${parameters.length === 0 ? '' : html`<p class="parameters">${parameters.map(shownParameter)}</p>`}
  </li> `;
}

function shownParameter({ name, value }: { readonly name: string; readonly value: string }): Html {
  return html`<code><span class="quiet">${name}=</span>${value}</code> `;
}

function clearForm(path: string, text: ConsoleWords, what: string): Html {
  return html`<form method="post" action="${path}">
    <button name="clear" value="1" aria-label="${text.clear}${text.colon}${what}">${text.clear}</button>
  </form>`;
}
