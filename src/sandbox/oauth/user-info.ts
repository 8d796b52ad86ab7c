import { apiResponse, type SandboxResponse } from '../http/response.js';
import { Refusal } from '../state/errors.js';
import { grants } from '../state/scopes.js';
import type { Call, Parameters } from '../http/call.js';
import type { Login } from '../state/grants.js';
import type { QQ } from '../state/qq.js';

type Fields = Readonly<Record<string, string | number | null>>;

const DECODER = 'service codec Unmarshal: 1 error(s) decoding:\n\n* ';
/** The parameters that QQ decodes as numbers. */
const NUMBERS = ['oauth_consumer_key', 'appid'];
const SECRETS = ['access_token'];

/**
 * `get_user_info`: the profile, always as JSON. `get_simple_userinfo` is the same without `constellation` and
 * `figureurl_type`.
 *
 * Checked in this order: a repeated parameter and an APP ID that is not digits are 1; a missing APP ID
 * (`oauth_consumer_key`, or `appid` in its place) and a missing or malformed `openid` are -1; a missing `access_token` is
 * 1002; a token whose permission the user withdrew is 100030; any other bad token, or one of another application, is -23;
 * an `openid` of another user is -22; an API outside the granted scope is 100030.
 */
export function userInfo(api: 'get_user_info' | 'get_simple_userinfo', call: Call, qq: QQ): SandboxResponse {
  checkTypes(call);
  const login = authenticate(call.query, qq);
  if (!grants(login.scopes, api)) throw new Refusal(100030);
  const hidden: Fields = api === 'get_simple_userinfo' ? { constellation: null, figureurl_type: null } : {};
  const body = print({ ...profile(login, qq, call.origin), ...hidden });
  return { ...apiResponse(body), openid: qq.openid(login.app, login.account) };
}

/** Since 2024 QQ decodes the query into typed fields. */
function checkTypes({ query, repeated }: Call): void {
  const [name] = repeated;
  if (name !== undefined) {
    const type = NUMBERS.includes(name) ? 'uint64' : 'string';
    const value = SECRETS.includes(name) ? '***' : (query[name] ?? '').slice(0, 100);
    const text = `${name} expected type ${type}, got unconvertible type []string, value: [${value} ${value}]`;
    throw new Refusal(1, DECODER + text);
  }
  const appId = query.oauth_consumer_key ?? query.appid ?? '';
  if (!/^\d*$/.test(appId)) {
    const text = `cannot parse '${query.oauth_consumer_key === undefined ? 'appid' : 'oauth_consumer_key'}' as uint: `;
    throw new Refusal(1, `${DECODER}${text}strconv.ParseUint: parsing "${appId.slice(0, 100)}": invalid syntax`);
  }
}

function authenticate(query: Parameters, qq: QQ): Login {
  const { access_token: accessToken, oauth_consumer_key: consumerKey, openid } = query;
  const appId = consumerKey ?? query.appid;
  if (!appId) throw new Refusal(-1, "client request's parameters are invalid, invalid appid");
  if (!openid || (!/^[0-9A-F]{32}$/i.test(openid) && !qq.findAccount(openid)))
    throw new Refusal(-1, "client request's parameters are invalid, invalid openid");
  if (!accessToken) throw new Refusal(1002);
  const login = loginOf(accessToken, qq);
  if (login.app.appId !== appId) throw new Refusal(-23);
  if (qq.openid(login.app, login.account) !== openid) throw new Refusal(-22);
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

function profile({ app, account }: Login, qq: QQ, origin: string): Fields {
  const path = `${app.appId}/${qq.openid(app, account)}`;
  const qzone = (size: number) => `${origin}/qzapp/${path}/${size}`;
  const avatar = (size: number) => `${origin}/qqapp/${path}/${size}`;
  const usual: Fields = {
    ret: 0,
    msg: '',
    is_lost: 0,
    nickname: '',
    gender: '男',
    gender_type: 2,
    province: '广东',
    city: '深圳',
    year: '1990',
    constellation: '',
    figureurl: qzone(30),
    figureurl_1: qzone(50),
    figureurl_2: qzone(100),
    figureurl_qq_1: avatar(40),
    figureurl_qq_2: avatar(100),
    figureurl_qq: account.figureurl_qq_2 === undefined || account.figureurl_qq_2 ? avatar(640) : null,
    figureurl_type: '1',
    is_yellow_vip: '0',
    vip: '0',
    yellow_vip_level: '0',
    level: '0',
    is_yellow_year_vip: '0',
  };
  const given = Object.entries(account).filter(([name, value]) => name in usual && value !== undefined);
  return { ...usual, ...(Object.fromEntries(given) as Fields) };
}

/** Prints the fields in QQ's layout: four blanks, slashes escaped, no blank after `"is_lost":`. */
function print(fields: Fields): string {
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => {
      const json = JSON.stringify(value).replaceAll('/', '\\/');
      return `    "${name}":${name === 'is_lost' ? '' : ' '}${json}`;
    });
  return `{\n${lines.join(',\n')}\n}\n`;
}
