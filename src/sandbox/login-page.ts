import type { Answer } from './answer.js';
import { html, type Html } from './html.js';
import { page, type Language, type Words } from './page.js';
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

type Trait = 'unnamed' | 'nameless' | 'emoji' | 'small' | 'noUnionid' | 'placeholder' | 'lost' | 'ordinary';

const traits: Words<Readonly<Record<Trait, string>>> = {
  zh: {
    unnamed: '（空昵称）',
    nameless: '昵称是空字符串',
    emoji: '昵称里有表情符号',
    small: '没有 100 像素的头像',
    noUnionid: '没有 unionid 权限',
    placeholder: '占位资料：男、广东、深圳、1990',
    lost: '资料不完整（is_lost）',
    ordinary: '资料齐全',
  },
  en: {
    unnamed: '(no nickname)',
    nameless: 'the nickname is empty',
    emoji: 'emoji in the nickname',
    small: 'no 100 px avatar',
    noUnionid: 'no unionid permission',
    placeholder: 'placeholder profile: 男, 广东, 深圳, 1990',
    lost: 'incomplete profile (is_lost)',
    ordinary: 'complete profile',
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
    mobile,
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

/** Where the page's own pictures are; apart from QQ's paths, so that they use up no fault and fill no request log. */
export function portraitPath(openid: string): string {
  return `/sandbox/portraits/${openid}`;
}

function card(account: Account, openid: string, language: Language): Html {
  const { nickname } = account.user;
  const name = nickname.trim()
    ? html`<b dir="auto">${nickname}</b>`
    : html`<b class="quiet">${traits[language].unnamed}</b>`;
  return html`<li>
    <button class="account" name="openid" value="${openid}">
      <img src="${portraitPath(encodeURIComponent(openid))}" alt="" width="64" height="64" />
      <span>${name}<small>${traitsOf(account, language).join(language === 'zh' ? '、' : ', ')}</small></span>
    </button>
  </li> `;
}

function traitsOf({ user, unionid }: Account, language: Language): string[] {
  const { nickname, gender = '男', province = '广东', city = '深圳', year = '1990' } = user;
  const found: Partial<Record<Trait, boolean>> = {
    nameless: !nickname.trim(),
    emoji: /\p{Extended_Pictographic}/u.test(nickname),
    small: user.figureurl_qq_2 === '' || user.figureurl_qq_2 === null,
    noUnionid: unionid === false,
    placeholder: [gender, province, city, year].join() === '男,广东,深圳,1990',
    lost: user.is_lost === 1,
  };
  const names = Object.keys(found).filter((name) => found[name as Trait]) as Trait[];
  return (names.length > 0 ? names : (['ordinary'] as const)).map((name) => traits[language][name]);
}
