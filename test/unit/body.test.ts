import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { isQQConnectError, parseQQBody } from '../../src/client.js';
import { readQQError } from '../../src/protocol/body.js';
import { toQQUser } from '../../src/protocol/profile.js';
import { createDialect } from '../../src/transport/dialect.js';
import type { QQStep, QQUser, UserInfoResponse } from '../../src/client.js';
import type { SendRequest } from '../../src/transport/request.js';

const OPENID = '0123456789ABCDEF0123456789ABCDEF';

const me = { client_id: '100000042', openid: OPENID };

const json = JSON.stringify(me);

describe('parseQQBody reads the body of me', () => {
  it.each([
    ['as the documents have it', `callback( ${json} );\n`],
    ['without blanks', `callback(${json});`],
    ['with blanks everywhere', `  callback  (  ${json}  )  ;  `],
    ['with newlines everywhere', `\r\ncallback\n(\n${json}\n)\n;\r\n`],
    [
      'with newlines and tabs between its members',
      'callback({\n\t"client_id" :\t"100000042",\r\n"openid"\n:"' + OPENID + '"});',
    ],
    ['behind a BOM', `\uFEFFcallback( ${json} );`],
    ['behind a BOM, as JSON', `\uFEFF${json}`],
    ['without the semicolon', `callback( ${json} )`],
    ['without the semicolon, with a newline', `callback( ${json} )\n`],
    ['with another name for the callback', `_Callback$2.done( ${json} );`],
    ['with a name of one letter', `c(${json})`],
    ['as JSON', json],
    ['as JSON between newlines', `\n\n${json}\n\n`],
    ['in the other order', `callback( {"openid":"${OPENID}","client_id":"100000042"} );`],
    ['form-encoded', `client_id=100000042&openid=${OPENID}`],
    ['form-encoded, with a newline', `openid=${OPENID}&client_id=100000042\n`],
  ])('%s', (_what, body) => {
    expect(parseQQBody(body)).toEqual(me);
  });

  it.each(['a);b', ');', '});', '} );\n', '("', '){', 'callback( {} );', '\\', '"'])(
    'with %j in a string',
    (nickname) => {
      const body = { ...me, nickname };
      expect(parseQQBody(`callback( ${JSON.stringify(body)} );\n`)).toEqual(body);
      expect(parseQQBody(`callback(${JSON.stringify(body)})`)).toEqual(body);
      expect(parseQQBody(JSON.stringify(body))).toEqual(body);
    },
  );
});

describe('parseQQBody', () => {
  it('reads any flat object in each of the three formats', () => {
    const values = fc.dictionary(
      fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null)),
    );
    fc.assert(
      fc.property(values, fc.constantFrom('callback', 'cb_1', '$.jsonp'), (body, name) => {
        const text = JSON.stringify(body);
        expect(parseQQBody(text)).toEqual(JSON.parse(text));
        expect(parseQQBody(`${name}( ${text} );\n`)).toEqual(JSON.parse(text));
      }),
    );
    const fields = fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), fc.string({ unit: 'grapheme' }), { minKeys: 1 });
    fc.assert(
      fc.property(fields, (body) => {
        expect(parseQQBody(new URLSearchParams(body).toString())).toEqual({ ...body });
      }),
    );
  });

  it('returns an object or throws ERR_QQ_INVALID_RESPONSE for any text', () => {
    const pieces = fc.constantFrom(
      'callback',
      '(',
      ')',
      '{',
      '}',
      ';',
      '"',
      ':',
      ',',
      '=',
      '&',
      '\n',
      '\uFEFF',
      '%',
      '[',
      ']',
      '<',
      '\\',
      'a',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            const body = parseQQBody(text);
            expect(typeof body).toBe('object');
            expect(Array.isArray(body)).toBe(false);
          } catch (error) {
            expect(error).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE' });
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps the types that QQ gave', () => {
    expect(parseQQBody('{"ret":0,"expires_in":"7776000","error":100016}')).toEqual({
      ret: 0,
      expires_in: '7776000',
      error: 100016,
    });
    expect(parseQQBody('access_token=A%2BB&expires_in=7776000').access_token).toBe('A+B');
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \r\n\t '],
    ['a BOM', '\uFEFF'],
    ['an HTML page', '<html><body a="b">502</body></html>'],
    ['a doctype', '<!doctype html>\n<title>x=1</title>'],
    ['an array', '[1,2]'],
    ['an array in JSONP', 'callback([1]);'],
    ['a word', 'not-json'],
    ['a word in JSONP', 'callback(null);'],
    ['an empty JSONP', 'callback();'],
    ['a JSON number', '7'],
    ['a JSON string', '"openid"'],
    ['JSON null', 'null'],
    ['JSON that was cut', json.slice(0, 40)],
    ['JSONP that was cut in its object', `callback( ${json.slice(0, 40)}`],
    ['JSONP that was cut before its parenthesis', `callback( ${json} `],
    ['two objects', `${json}${json}`],
    ['a gateway’s sentence', 'Bad Gateway: reason=timeout'],
  ])('rejects %s', (_what, body) => {
    expect(() => parseQQBody(body)).toThrow(
      expect.objectContaining({ name: 'QQResponseError', code: 'ERR_QQ_INVALID_RESPONSE', status: 502 }),
    );
  });

  it('throws an error without the text', () => {
    const body = `{"access_token":"${OPENID}"`;
    expect(() => parseQQBody(body)).toThrow("QQ's answer is neither JSON nor JSONP that can be read");
  });

  it.each([
    ['plainly', '{"__proto__":{"polluted":1},"openid":"x"}'],
    ['escaped', '{"\\u005f\\u005Fproto__":{"polluted":1},"openid":"x"}'],
    ['escaped in its middle', '{"__pr\\u006fto__":{"polluted":1},"openid":"x"}'],
    ['deep inside', '{"openid":"x","a":{"__proto__":{"polluted":1}}}'],
    ['in JSONP', 'callback( {"__proto__":{"polluted":1},"openid":"x"} );'],
    ['in a form', '__proto__=polluted&openid=x'],
  ])('sets no prototype by a __proto__ written %s', (_how, text) => {
    const body = parseQQBody(text);
    expect(body.openid).toBe('x');
    expect(Object.hasOwn(body, '__proto__')).toBe(false);
    expect(Object.hasOwn(body.a ?? {}, '__proto__')).toBe(false);
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('reads a large body in linear time', () => {
    for (const part of ['callback(', 'a', ' ', '(', '{"a":', '\\u005f', '%']) {
      const text = part.repeat(60_000 / part.length);
      expect(() => parseQQBody(text)).toThrow();
    }
    expect(parseQQBody(`callback(${' '.repeat(60_000)}{"a":1}${' '.repeat(60_000)});`)).toEqual({ a: 1 });
  });
});

describe('parseQQBody reads JSON with a mistake in it', () => {
  it('if it is an error, as Tencent’s sample with a comma before the brace', () => {
    const sample = 'callback( {"error":100016,"error_description":"access token check failed",} );';
    expect(parseQQBody(sample)).toEqual({ error: 100016, error_description: 'access token check failed' });
  });

  it('if a nickname contains raw control characters', () => {
    expect(parseQQBody('{"ret":0,"nickname":"a\u0001\nb"}')).toEqual({ ret: 0, nickname: 'a b' });
  });

  it.each(['openid', 'unionid', 'client_id', 'access_token', 'refresh_token'])('but reads no %s from it', (name) => {
    expect(() => parseQQBody(`callback( {"${name}":"x",} );`)).toThrow(
      expect.objectContaining({ code: 'ERR_QQ_INVALID_RESPONSE' }),
    );
    expect(() => parseQQBody(`{"${name}":"x\u0001"}`)).toThrow();
  });

  it('if it is an error beside an identity, which is then ignored', () => {
    expect(parseQQBody('{"error":100016,"openid":"x",}').error).toBe(100016);
  });

  it('without a change of JSON that is valid', () => {
    expect(parseQQBody('{"nickname":"a, } b,}"}').nickname).toBe('a, } b,}');
  });
});

describe('readQQError', () => {
  it.each<[Record<string, unknown>, number | string, string]>([
    [{ error: 100016, error_description: 'access token check failed' }, 100016, 'access token check failed'],
    [{ error: '100016', error_description: 'as a string' }, 100016, 'as a string'],
    [{ error: 'invalid_grant', error_description: 'a word' }, 'invalid_grant', 'a word'],
    [{ error: 100016, msg: 'the old word' }, 100016, 'the old word'],
    [{ error: 100016 }, 100016, ''],
    [{ error: 100016, error_description: 7 }, 100016, ''],
    [{ ret: -22, msg: 'openid is invalid' }, -22, 'openid is invalid'],
    [{ ret: 1002, msg: '请先登录' }, 1002, '请先登录'],
    [{ ret: '1002', msg: 'as a string' }, 1002, 'as a string'],
    [{ ret: '-23' }, -23, ''],
    [{ ret: 100030, nickname: 'a nickname' }, 100030, ''],
    [{ error: 100016, ret: 0 }, 100016, ''],
    [{ error: 0, ret: 1 }, 1, ''],
  ])('finds the error in %j', (body, qqCode, qqMessage) => {
    expect(readQQError(body)).toEqual({ qqCode, qqMessage });
  });

  it.each<[Record<string, unknown>]>([
    [{}],
    [{ ret: 0, msg: '' }],
    [{ ret: '0' }],
    [{ error: 0 }],
    [{ error: '' }],
    [{ openid: 'x' }],
  ])('finds none in %j', (body) => {
    expect(readQQError(body)).toBeUndefined();
  });
});

const user = (raw: UserInfoResponse): QQUser => toQQUser({ appId: '1', openid: 'O' }, raw);

const qlogo = (name: string) => `https://thirdqq.qlogo.cn/${name}`;

describe('a user made from a profile', () => {
  it('has the given identity, and none from the profile', () => {
    const raw = { ret: 0, nickname: 'n', openid: 'ANOTHER', unionid: 'ANOTHER', appId: 'ANOTHER' };
    expect(toQQUser({ appId: '1', openid: 'O', unionid: 'U' }, raw)).toEqual({
      appId: '1',
      openid: 'O',
      unionid: 'U',
      nickname: 'n',
      raw,
    });
    expect(user(raw)).not.toHaveProperty('unionid');
  });

  it.each(['', '.', '🌙', '<b>x</b>', ' a ', 'a\u202eb'])('has the nickname %j as QQ sent it', (nickname) => {
    expect(user({ nickname }).nickname).toBe(nickname);
  });

  it.each<[UserInfoResponse]>([[{ nickname: null }], [{}], [{ nickname: 7 as unknown as string }]])(
    'has an empty nickname for %j',
    (raw) => {
      expect(user(raw).nickname).toBe('');
    },
  );

  it('has each avatar of the profile, over https if the host is Tencent’s', () => {
    const raw = {
      figureurl: 'http://qzapp.qlogo.cn/30',
      figureurl_1: 'http://qzapp.qlogo.cn/50',
      figureurl_2: 'https://qzapp.qlogo.cn/100',
      figureurl_qq_1: 'http://thirdqq.qlogo.cn/40',
      figureurl_qq_2: 'http://b.store.qq.com/100',
      figureurl_qq: 'http://elsewhere.example/640',
    };
    expect(user(raw)).toMatchObject({
      figureurl: 'https://qzapp.qlogo.cn/30',
      figureurl_1: 'https://qzapp.qlogo.cn/50',
      figureurl_2: 'https://qzapp.qlogo.cn/100',
      figureurl_qq_1: 'https://thirdqq.qlogo.cn/40',
      figureurl_qq_2: 'https://b.store.qq.com/100',
      figureurl_qq: 'http://elsewhere.example/640',
      raw,
    });
  });

  it.each([
    'http://qlogo.cn.evil.example/x',
    'http://evil.example/qlogo.cn/',
    'http://notqlogo.cn/x',
    'http://qlogo.cn:81/x',
  ])('keeps %s, which is not one of Tencent’s hosts', (url) => {
    expect(user({ figureurl_qq_2: url }).figureurl_qq_2).toBe(url);
  });

  it.each([
    '',
    ' ',
    'javascript:alert(1)',
    'data:image/png;base64,AA',
    '//qlogo.cn/x',
    'https://q.qlogo.cn/"><script>',
    'x',
  ])('has no avatar for %j', (url) => {
    const made = user({ figureurl_qq_2: url, figureurl_qq_1: url });
    expect(made).not.toHaveProperty('figureurl_qq_2');
    expect(made).not.toHaveProperty('avatarUrl');
  });

  it('has as avatarUrl the first of: 100 px of QQ, the largest of QQ, 40 px of QQ, those of Qzone', () => {
    const order = ['figureurl_qq_2', 'figureurl_qq', 'figureurl_qq_1', 'figureurl_2', 'figureurl_1', 'figureurl'];
    const raw: UserInfoResponse = Object.fromEntries(order.map((name) => [name, qlogo(name)]));
    for (const name of order) {
      expect(user(raw).avatarUrl).toBe(qlogo(name));
      raw[name] = ''; // what QQ sends where there is none
    }
    expect(user(raw)).not.toHaveProperty('avatarUrl');
  });

  it.each<[UserInfoResponse, QQUser['gender']]>([
    [{ gender: '女', gender_type: 1 }, 'female'],
    [{ gender: '女', gender_type: 2 }, 'female'],
    [{ gender: '男', gender_type: 1 }, 'male'],
    [{ gender: '男' }, 'male'],
    [{ gender: 'Male' }, 'male'],
    [{ gender: 'female' }, 'female'],
    [{ gender: '男', gender_type: 2 }, undefined],
    [{ gender: '男', gender_type: '2' }, undefined],
    [{ gender: '男', province: '广东', city: '深圳', year: '1990' }, undefined],
    [{ gender: '' }, undefined],
    [{ gender: '未知' }, undefined],
    [{ gender: 2 as unknown as string }, undefined],
    [{}, undefined],
  ])('has for %j the gender %s', (raw, gender) => {
    expect(user(raw).gender).toBe(gender);
    expect('gender' in user(raw)).toBe(gender !== undefined);
  });
});

const GRAPH = 'https://graph.example';
const paths = {
  token: '/oauth2.0/token',
  refresh: '/oauth2.0/token',
  me: '/oauth2.0/me',
  user_info: '/user/get_user_info',
  api: '/user/get_vip_info',
};
type Step = keyof typeof paths & QQStep;

function dialectOver(text: string, status = 200) {
  const request = jest.fn<SendRequest>(async () => Promise.resolve({ status, headers: {}, text }));
  const callQQ = createDialect(request, GRAPH);
  return {
    call: async (step: Step, query: Record<string, string> = {}) =>
      callQQ({ step, path: paths[step], query: new URLSearchParams(query) }),
    sent: () => request.mock.calls[0]?.[0],
  };
}

async function answer(step: Step, text: string, status?: number): Promise<unknown> {
  return dialectOver(text, status).call(step);
}

/** The fields of an error that say what was wrong with the answer. */
async function failure(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    if (!isQQConnectError(error, 'response')) throw error;
    const { code, step, endpoint, qqCode, qqMessage } = error;
    return { code, step, endpoint, qqCode, qqMessage };
  }
  throw new Error('this answer was taken for a success');
}

describe('createDialect() sends', () => {
  it.each<[Step, string]>([
    ['token', `${GRAPH}/oauth2.0/token?a=b+c&fmt=json`],
    ['me', `${GRAPH}/oauth2.0/me?a=b+c&fmt=json`],
    ['user_info', `${GRAPH}/user/get_user_info?a=b+c`],
    ['api', `${GRAPH}/user/get_vip_info?a=b+c`],
  ])('%s as a GET with its parameters in the query', async (step, url) => {
    const { call, sent } = dialectOver('{"access_token":"AT","ret":0}');
    await call(step, { a: 'b c' });
    expect(sent()).toEqual({ url, once: false });
  });

  it('a refresh token once', async () => {
    const { call, sent } = dialectOver('{"access_token":"AT"}');
    await call('refresh', { refresh_token: 'RT' });
    expect(sent()).toEqual({ url: `${GRAPH}/oauth2.0/token?refresh_token=RT&fmt=json`, once: true });
  });
});

describe('createDialect() returns', () => {
  const tokens = { access_token: 'AT', token_type: 'bearer', expires_in: 7776000, refresh_token: 'RT' };
  const json = '{"access_token":"AT","expires_in":"7776000","refresh_token":"RT"}';

  it.each([
    ['form-encoded', 'access_token=AT&expires_in=7776000&refresh_token=RT'],
    ['JSON', json],
    ['JSONP', `callback( ${json} );\n`],
    ['JSON with another token_type', json.replace('{', '{"token_type":"mac",')],
  ])('tokens as RFC 6749 has them, from %s', async (_format, text) => {
    expect(await answer('token', text)).toEqual(tokens);
  });

  it.each([undefined, null, '', ' ', 'soon', -1, 315_360_001, '1e999', [1], true])(
    'tokens without a lifetime if expires_in is %j',
    async (expires_in) => {
      const text = JSON.stringify({ access_token: 'AT', expires_in });
      expect(await answer('token', text)).toEqual({ access_token: 'AT', token_type: 'bearer' });
    },
  );

  it.each([[0], [315_360_000], ['60'], [7776000.5]])('tokens with the lifetime %j', async (expires_in) => {
    const text = JSON.stringify({ access_token: 'AT', expires_in });
    expect(await answer('token', text)).toHaveProperty('expires_in', Number(expires_in));
  });

  it.each(['', 7, null])('tokens without a refresh token if it is %j', async (refresh_token) => {
    const text = JSON.stringify({ access_token: 'AT', refresh_token });
    expect(await answer('token', text)).toEqual({ access_token: 'AT', token_type: 'bearer' });
  });

  it('no other field of a token response, because openid-client would verify an ID token', async () => {
    const text = '{"access_token":"AT","id_token":"x","scope":7,"openid":"O"}';
    expect(await answer('token', text)).toEqual({ access_token: 'AT', token_type: 'bearer', openid: 'O' });
  });

  it('a profile without its nested fields', async () => {
    const text = '{"ret":0,"nickname":"n","nested":{"a":1},"list":[1],"level":null}';
    expect(await answer('user_info', text)).toEqual({ ret: 0, nickname: 'n', level: null });
  });

  it.each([
    ['an avatar', '{"figureurl_qq_1":"http://thirdqq.qlogo.cn/x/40"}'],
    ['an empty nickname', '{"nickname":""}'],
  ])('a profile without ret, with %s', async (_what, text) => {
    expect(await answer('user_info', text)).toEqual(JSON.parse(text));
  });

  it.each<Step>(['user_info', 'api'])('%s with control characters in the nickname', async (step) => {
    expect(await answer(step, '{"ret":0,"nickname":"a\u0002b"}')).toEqual({ ret: 0, nickname: 'a b' });
  });

  it('a profile that has a field twice', async () => {
    expect(await answer('user_info', '{"ret":0,"nickname":"a","nickname":"b"}')).toEqual({ ret: 0, nickname: 'b' });
  });
});

describe('createDialect() throws', () => {
  it.each([200, 400, 500])('QQ’s number for an error with status %i', async (status) => {
    const text = 'callback( {"error":100020,"error_description":"code is reused error"} );\n';
    expect(await failure(answer('token', text, status))).toEqual({
      code: 'ERR_QQ_RESPONSE',
      step: 'token',
      endpoint: '/oauth2.0/token',
      qqCode: 100020,
      qqMessage: 'code is reused error',
    });
  });

  it('QQ’s number for an error in damaged JSON', async () => {
    expect(await failure(answer('me', '{"error":100016,"openid":"A",}'))).toMatchObject({ qqCode: 100016 });
  });

  it.each<[string, Step, string]>([
    ['user info without ret, nickname and avatar', 'user_info', '{"city":"x"}'],
    ['user info without ret, with an error of an unknown type', 'user_info', '{"nickname":"n","error":{}}'],
    ['user info without ret, with an empty error', 'user_info', '{"nickname":"n","error":""}'],
    ['user info with a ret that is null', 'user_info', '{"ret":null,"nickname":"n"}'],
    ['a token beside an error of an unknown type', 'token', '{"access_token":"AT","error":true}'],
    ['an openid beside an error of an unknown type', 'me', '{"openid":"O","error":{"code":1}}'],
    ['an openid beside a ret of an unknown type', 'me', '{"openid":"O","ret":[1]}'],
    ['a token answer without a token', 'token', 'expires_in=7200'],
    ['a token answer with an empty token', 'refresh', '{"access_token":""}'],
    ['an openid that is named twice', 'me', '{"openid":"A","client_id":"1","openid":"B"}'],
    ['an openid that is named twice in JSONP', 'me', 'callback( {"openid":"A","openid":"B"} );\n'],
    ['an openid that is named twice, once with an escape', 'me', '{"openid":"A","\\u006fpenid":"B"}'],
    ['an openid that is named twice with the same value', 'token', '{"access_token":"AT","openid":"A","openid":"A"}'],
    ['an openid that is named twice in a form', 'token', 'access_token=AT&openid=A&openid=B'],
    ['a token that is named twice', 'token', '{"access_token":"A","access_token":"B"}'],
  ])('ERR_QQ_INVALID_RESPONSE for %s', async (_what, step, text) => {
    expect(await failure(answer(step, text))).toMatchObject({ code: 'ERR_QQ_INVALID_RESPONSE', step });
  });

  it.each([
    ['in a nested object', '{"openid":"A","more":{"openid":"B"},"list":[{"openid":"C"}]}'],
    ['in a text', '{"openid":"A","msg":"\\"openid\\":\\"B\\", {\\"openid\\":"}'],
    ['as a value', '{"openid":"A","msg":"openid"}'],
  ])('no error for an openid whose name appears again %s', async (_where, text) => {
    expect(await answer('me', text)).toHaveProperty('openid', 'A');
  });

  it.each([401, 404, 500, 502, 503])('ERR_QQ_HTTP_STATUS for a body without an error and status %i', async (status) => {
    for (const text of ['', '<html>', '{"Error":"Error"}', '{"openid":"O"}', 'access_token=AT']) {
      expect(await failure(answer('me', text, status))).toMatchObject({ code: 'ERR_QQ_HTTP_STATUS' });
    }
  });

  it('no secret of the request in any form in which QQ repeats it', async () => {
    const text = '{"error":"bad s3cret","error_description":"s3cret and my-code and AT-1 are wrong"}';
    const query = { client_secret: 's3cret', code: 'my-code', access_token: 'AT-1' };
    expect(await failure(dialectOver(text).call('api', query))).toMatchObject({
      qqCode: 'bad [redacted]',
      qqMessage: '[redacted] and [redacted] and [redacted] are wrong',
    });
  });
});
