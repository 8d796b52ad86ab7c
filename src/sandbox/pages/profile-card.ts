import { html, type Html } from './html.js';
import type { Language, LocalizedText } from '../http/language.js';
import type { Account } from '../state/registry.js';

type Trait = 'unnamed' | 'nameless' | 'emoji' | 'small' | 'noUnionid' | 'placeholder' | 'lost' | 'consent' | 'ordinary';

const traits: LocalizedText<Readonly<Record<Trait, string>>> = {
  zh: {
    unnamed: '（空昵称）',
    nameless: '昵称为空字符串',
    emoji: '昵称含表情符号',
    small: '没有 100 像素的头像',
    noUnionid: '没有 unionid 权限',
    placeholder: '占位资料：男、广东、深圳、1990',
    lost: '资料不完整（is_lost）',
    consent: '跳过授权，或接口未启用',
    ordinary: '资料齐全',
  },
  en: {
    unnamed: '(no nickname)',
    nameless: 'empty nickname',
    emoji: 'emoji in the nickname',
    small: 'no 100 px avatar',
    noUnionid: 'no unionid permission',
    placeholder: 'placeholder profile: 男, 广东, 深圳, 1990',
    lost: 'incomplete profile (is_lost)',
    consent: 'skipped the consent, or API inactive',
    ordinary: 'complete profile',
  },
};

/** Where the pages' own pictures are. They are not QQ's paths, so they use no fault and are not logged. */
export function portraitPath(openid: string): string {
  return `/sandbox/portraits/${openid}`;
}

/** A user's picture. The name beside it is its text alternative. */
export function portraitImage(openid: string): Html {
  return html`<img src="${portraitPath(encodeURIComponent(openid))}" alt="" width="64" height="64" />`;
}

/** A user's nickname, or words for the lack of one. */
export function accountName({ user: { nickname } }: Account, language: Language): Html {
  return nickname.trim() ? html`<b dir="auto">${nickname}</b>` : html`<b class="quiet">${traits[language].unnamed}</b>`;
}

/** Describes what is special about a user's profile. */
export function describeUser({ user, unionid }: Account, language: Language): string {
  const { nickname, gender = '男', province = '广东', city = '深圳', year = '1990' } = user;
  const consent = nickname === 'qzuser';
  const found: Partial<Record<Trait, boolean>> = {
    consent,
    nameless: !nickname.trim(),
    emoji: /\p{Extended_Pictographic}/u.test(nickname),
    small: !consent && (user.figureurl_qq_2 === '' || user.figureurl_qq_2 === null),
    noUnionid: unionid === false,
    placeholder: !consent && [gender, province, city, year].join() === '男,广东,深圳,1990',
    lost: user.is_lost === 1,
  };
  const names = Object.keys(found).filter((name) => found[name as Trait]) as Trait[];
  return (names.length > 0 ? names : (['ordinary'] as const))
    .map((name) => traits[language][name])
    .join(language === 'zh' ? '、' : ', ');
}
