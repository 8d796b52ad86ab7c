import { apiAnswer, retAnswer, type Answer } from './answer.js';
import type { Call } from './call.js';
import { Refusal } from './errors.js';
import type { Login } from './grants.js';
import type { QQ } from './qq.js';

/**
 * `get_user_info`: the profile, as JSON whatever is asked for.
 *
 * In this order: `openid` missing or of the wrong form and `oauth_consumer_key` missing are -1, a missing
 * `access_token` 1002, a token that QQ withdrew at the user's wish 100030, any other bad token or one of another
 * application -23, an openid that is not the token's -22.
 */
export function userInfo({ query, failWith }: Call, qq: QQ): Answer {
  try {
    if (failWith !== undefined) throw new Refusal(failWith);
    const login = authenticate(query, qq);
    return { ...apiAnswer(print(profile(login, qq))), openid: qq.registry.openid(login.app, login.account) };
  } catch (error) {
    if (error instanceof Refusal) return retAnswer(error.code);
    throw error;
  }
}

function authenticate(query: Call['query'], qq: QQ): Login {
  const { access_token: accessToken, oauth_consumer_key: appId, openid } = query;
  if (!openid || !appId) throw new Refusal(-1);
  if (!/^[0-9A-F]{32}$/i.test(openid) && !qq.registry.account(openid)) throw new Refusal(-1);
  if (!accessToken) throw new Refusal(1002);
  const login = loginOf(accessToken, qq);
  if (login.app.appId !== appId) throw new Refusal(-23);
  if (qq.registry.openid(login.app, login.account) !== openid) throw new Refusal(-22);
  return login;
}

function loginOf(accessToken: string, qq: QQ): Login {
  try {
    return qq.grants.login(accessToken);
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(error.code === 100015 ? 100030 : -23);
    throw error;
  }
}

function profile({ app, account }: Login, qq: QQ): Record<string, string | number | null> {
  const { user } = account;
  const path = `${app.appId}/${qq.registry.openid(app, account)}`;
  const qzone = (size: number) => `${qq.url}/qzapp/${path}/${size}`;
  const avatar = (size: number) => `${qq.url}/qqapp/${path}/${size}`;
  const {
    is_lost = 0,
    nickname,
    gender = '男',
    gender_type = 2,
    province = '广东',
    city = '深圳',
    year = '1990',
    constellation = '',
    figureurl = qzone(30),
    figureurl_1 = qzone(50),
    figureurl_2 = qzone(100),
    figureurl_qq_1 = avatar(40),
    figureurl_qq_2 = avatar(100),
    figureurl_qq = figureurl_qq_2 ? avatar(640) : null,
    figureurl_type = '1',
    is_yellow_vip = '0',
    vip = '0',
    yellow_vip_level = '0',
    level = '0',
    is_yellow_year_vip = '0',
  } = user;
  return {
    ret: 0,
    msg: '',
    is_lost,
    nickname,
    gender,
    gender_type,
    province,
    city,
    year,
    constellation,
    figureurl,
    figureurl_1,
    figureurl_2,
    figureurl_qq_1,
    figureurl_qq_2,
    figureurl_qq,
    figureurl_type,
    is_yellow_vip,
    vip,
    yellow_vip_level,
    level,
    is_yellow_year_vip,
  };
}

/** QQ's own layout: four blanks, slashes escaped, no blank after `"is_lost":`. */
function print(fields: Readonly<Record<string, string | number | null>>): string {
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => {
      const json = JSON.stringify(value).replaceAll('/', '\\/');
      return `    "${name}":${name === 'is_lost' ? '' : ' '}${json}`;
    });
  return `{\n${lines.join(',\n')}\n}\n`;
}
