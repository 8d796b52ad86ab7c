import { html, type Html } from './html.js';
import { page } from './page.js';
import { accountName, describeUser, portraitImage } from './profile-card.js';
import type { Language, LocalizedText } from '../http/language.js';
import type { SandboxResponse } from '../http/response.js';
import type { Account } from '../state/registry.js';
import type { SandboxApp } from '../state/types.js';

const messages: LocalizedText<{
  title: string;
  lead: (app: Html) => Html;
  profile: string;
  choose: string;
  cancel: string;
  cancelNote: string;
  returns: string;
  stateMissing: string;
}> = {
  zh: {
    title: 'QQ 登录',
    lead: (app) => html`应用 ${app} 申请使用你的 QQ 账号登录`,
    profile: '登录后，该应用将获得：你的昵称、头像、性别',
    choose: '选择一个账号登录',
    cancel: '取消登录',
    cancelNote: '真实的 QQ 在电脑上取消时只关闭页面；沙箱会带着 usercancel=1 回调应用。',
    returns: '登录后回调',
    stateMissing: '这次登录没有 state，可被他人冒用（CSRF）。每次登录应生成一个新的随机值，并在回调时校验。',
  },
  en: {
    title: 'Log in with QQ',
    lead: (app) => html`Application ${app} requests to log you in with your QQ account`,
    profile: 'It will receive your nickname, avatar and gender',
    choose: 'Choose an account to log in with',
    cancel: 'Cancel',
    cancelNote: 'On a PC the real QQ only closes the page; the sandbox calls back with usercancel=1.',
    returns: 'Calls back',
    stateMissing:
      'This login has no state, so another site can log your user in (CSRF). Create a new random value for each login, and check it in the callback.',
  },
};

/** The page on which the user chooses an account. Its form sends the request again, and it is checked again. */
export function loginPage(options: {
  readonly language: Language;
  readonly mobile: boolean;
  readonly app: SandboxApp;
  readonly redirectUri: URL;
  readonly parameters: Readonly<Record<string, string>>;
  readonly accounts: readonly { readonly account: Account; readonly openid: string }[];
}): SandboxResponse {
  const { language, mobile, app, redirectUri, parameters, accounts } = options;
  const text = messages[language];
  const hidden = Object.entries(parameters).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" /> `,
  );
  const cards = accounts.map(({ account, openid }) => card(account, openid, language));
  const icon = app.icon === undefined ? '' : html`<img class="icon" src="${app.icon}" alt="" width="56" height="56" />`;
  return page({
    language,
    layout: mobile ? 'mobile' : undefined,
    title: text.title,
    image: app.icon,
    main: html`${icon}
      <h1>${text.title}</h1>
      <p class="lead">${text.lead(html`<b dir="auto">${app.name ?? app.appId}</b>`)}</p>
      <p class="quiet">${text.profile}</p>
      ${parameters.state ? '' : html`<p class="warning" role="alert">${text.stateMissing}</p>`}
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

function card(account: Account, openid: string, language: Language): Html {
  return html`<li>
    <button class="account" name="openid" value="${openid}">
      ${portraitImage(openid)}
      <span>${accountName(account, language)}<small>${describeUser(account, language)}</small></span>
    </button>
  </li> `;
}
