import type { Answer } from './answer.js';
import { html, type Html } from './html.js';
import { page, type Language, type Words } from './page.js';
import { nameOf, portraitOf, traitsOf } from './profile-card.js';
import type { Account } from './registry.js';

const words: Words<{
  title: string;
  asks: (appId: Html) => Html;
  gets: string;
  choose: string;
  cancel: string;
  cancelNote: string;
  returns: string;
}> = {
  zh: {
    title: 'QQ 登录',
    asks: (appId) => html`应用 ${appId} 想用你的 QQ 账号登录`,
    gets: '登录后，该应用将获得：你的昵称、头像、性别',
    choose: '选择一个账号登录',
    cancel: '取消登录',
    cancelNote: '真正的 QQ 在电脑上取消时只会关闭页面；沙箱会带着 usercancel=1 返回应用。',
    returns: '登录后返回',
  },
  en: {
    title: 'Log in with QQ',
    asks: (appId) => html`Application ${appId} wants you to log in with your QQ account`,
    gets: 'It will receive your nickname, avatar and gender',
    choose: 'Choose an account to log in with',
    cancel: 'Cancel',
    cancelNote: 'On a PC the real QQ only closes the page; the sandbox goes back with usercancel=1.',
    returns: 'Returns to',
  },
};

/** The page on which a person says who they are; its form repeats the request, which is judged again when it comes. */
export function loginPage(options: {
  readonly language: Language;
  readonly mobile: boolean;
  readonly appId: string;
  readonly redirectUri: URL;
  readonly parameters: Readonly<Record<string, string>>;
  readonly accounts: readonly { readonly account: Account; readonly openid: string }[];
}): Answer {
  const { language, mobile, appId, redirectUri, parameters, accounts } = options;
  const text = words[language];
  const hidden = Object.entries(parameters).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" /> `,
  );
  const cards = accounts.map(({ account, openid }) => card(account, openid, language));
  return page({
    language,
    layout: mobile ? 'mobile' : undefined,
    title: text.title,
    main: html`<h1>${text.title}</h1>
      <p class="lead">${text.asks(html`<b>${appId}</b>`)}</p>
      <p class="quiet">${text.gets}</p>
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
      ${portraitOf(openid)} <span>${nameOf(account, language)}<small>${traitsOf(account, language)}</small></span>
    </button>
  </li> `;
}
