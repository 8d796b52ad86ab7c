import { localize, type Language } from '../http/language.js';
import { html } from './html.js';
import { page } from './page.js';
import { accountText, portraitImage } from './profile-card.js';
import type { Parameters } from '../http/call.js';
import type { SandboxResponse } from '../http/response.js';
import type { QQ } from '../state/qq.js';
import type { SandboxApp } from '../state/types.js';

const messages = localize({
  title: ['QQ 登录', 'Log in with QQ'],
  lead: ['申请使用你的 QQ 账号登录', 'requests to log you in with your QQ account'],
  application: ['应用', 'Application'],
  profile: ['登录后，该应用将获得：你的昵称、头像、性别', 'It will receive your nickname, avatar and gender'],
  choose: ['选择一个账号登录', 'Choose an account to log in with'],
  cancel: ['取消登录', 'Cancel'],
  cancelNote: [
    '真实的 QQ 在电脑上取消时只关闭页面；沙箱会带着 usercancel=1 回调应用。',
    'On a PC the real QQ only closes the page; the sandbox calls back with usercancel=1.',
  ],
  returns: ['登录后回调', 'Calls back'],
  stateMissing: [
    '这次登录没有 state，攻击者可以冒用（CSRF）。应用必须为每次登录生成新的随机值，并在回调时校验。',
    'This login has no state, so another site can log your user in (CSRF). Create a new random value for each login, and check it in the callback.',
  ],
});

/** The parameters that the form sends again. */
const CARRIED = ['response_type', 'client_id', 'redirect_uri', 'scope', 'state', 'display'];

/** The page on which the user chooses an account. Its form sends the request again, and it is checked again. */
export function loginPage(
  language: Language,
  app: SandboxApp,
  redirectUri: URL,
  parameters: Parameters,
  qq: QQ,
): SandboxResponse {
  const text = messages[language];
  const hidden = Object.entries(parameters)
    .filter(([name]) => CARRIED.includes(name))
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" /> `);
  const cards = qq.accounts.map((account) => {
    const openid = qq.openid(app, account);
    return html`<li>
      <button class="account" name="openid" value="${openid}">
        ${portraitImage(openid)} ${accountText(account, language)}
      </button>
    </li> `;
  });
  return page({
    language,
    layout: parameters.display === 'mobile' ? 'mobile' : undefined,
    title: text.title,
    image: app.icon,
    main: html`${app.icon !== undefined && html`<img class="icon" src="${app.icon}" alt="" width="56" height="56" />`}
      <h1>${text.title}</h1>
      <p class="lead">${text.application} <b dir="auto">${app.name ?? app.appId}</b> ${text.lead}</p>
      <p class="quiet">${text.profile}</p>
      ${!parameters.state && html`<p class="warning" role="alert">${text.stateMissing}</p>`}
      <form method="post" action="/oauth2.0/authorize">
        ${hidden}
        <fieldset>
          <legend>${text.choose}</legend>
          <ul class="accounts">
            ${cards}
          </ul>
        </fieldset>
        <p class="cancel">
          <button class="plain" name="usercancel" value="1" aria-describedby="cancel-note">${text.cancel}</button>
        </p>
        <p class="quiet small" id="cancel-note">${text.cancelNote}</p>
      </form>
      <p class="quiet small">${text.returns} <span class="url">${redirectUri.origin + redirectUri.pathname}</span></p>`,
  });
}
