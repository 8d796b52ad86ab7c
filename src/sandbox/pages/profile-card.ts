import { localize, type Language } from '../http/language.js';
import { html, type Html } from './html.js';

const messages = localize({
  unnamed: ['（空昵称）', '(no nickname)'],
  nameless: ['昵称为空字符串', 'empty nickname'],
  emoji: ['昵称含表情符号', 'emoji in the nickname'],
  none: ['没有头像', 'no avatar'],
  small: ['没有 100 像素的头像', 'no 100 px avatar'],
  noUnionid: ['没有 unionid 权限', 'no unionid permission'],
  placeholder: ['占位资料：男、广东、深圳、1990', 'placeholder profile: 男, 广东, 深圳, 1990'],
  lost: ['资料不完整（is_lost）', 'incomplete profile (is_lost)'],
  consent: ['跳过授权，或接口未开通', 'skipped the consent, or API inactive'],
  ordinary: ['资料齐全', 'complete profile'],
  comma: ['、', ', '],
});
import type { Account } from '../state/grants.js';

/** Where a user's picture for the pages is. It is not QQ's path, so it uses no fault and is not logged. */
export function portraitPath(openid: string): string {
  return `/sandbox/portraits/${encodeURIComponent(openid)}`;
}

/** A user's picture. The name beside it is its text alternative. */
export function portraitImage(openid: string): Html {
  return html`<img src="${portraitPath(openid)}" alt="" width="64" height="64" />`;
}

/** A user's nickname, or words for the lack of one. */
export function accountName({ nickname }: Account, language: Language): Html {
  return nickname.trim()
    ? html`<b dir="auto">${nickname}</b>`
    : html`<b class="quiet">${messages[language].unnamed}</b>`;
}

/** A user's nickname, and what is special about the profile. */
export function accountText(account: Account, language: Language): Html {
  const text = messages[language];
  const { nickname, gender = '男', province = '广东', city = '深圳', year = '1990' } = account;
  const isConsent = nickname === 'qzuser';
  const has = (avatar: string | null | undefined) => avatar !== '' && avatar !== null;
  const traits = [
    isConsent && text.consent,
    !nickname.trim() && text.nameless,
    /\p{Extended_Pictographic}/u.test(nickname) && text.emoji,
    !isConsent && !has(account.figureurl_qq_1) && text.none,
    has(account.figureurl_qq_1) && !has(account.figureurl_qq_2) && text.small,
    account.unionid === false && text.noUnionid,
    !isConsent && [gender, province, city, year].join() === '男,广东,深圳,1990' && text.placeholder,
    account.is_lost === 1 && text.lost,
  ].filter((trait) => trait !== false);
  const description = traits.join(text.comma) || text.ordinary;
  return html`<span>${accountName(account, language)}<small>${description}</small></span>`;
}
