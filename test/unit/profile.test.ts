import { describe, expect, it } from '@jest/globals';
import { toQQUser } from '../../src/protocol/profile.js';
import type { QQUser, UserInfoResponse } from '../../src/client.js';

const user = (raw: UserInfoResponse): QQUser => toQQUser({ appId: '1', openid: 'O' }, raw);
const qlogo = (name: string) => `https://thirdqq.qlogo.cn/${name}`;

describe('a user made from a profile', () => {
  it('has the identity it was given, and none from the profile', () => {
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

  it('has every avatar there is, over https where the host is Tencent’s', () => {
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
  ])('leaves %s alone, which is not one of Tencent’s hosts', (url) => {
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
  ])('has no avatar for %j, rather than that', (url) => {
    const made = user({ figureurl_qq_2: url, figureurl_qq_1: url });
    expect(made).not.toHaveProperty('figureurl_qq_2');
    expect(made).not.toHaveProperty('avatarUrl');
  });

  it('has the best avatar there is: 100 px of QQ, the largest of QQ, 40 px of QQ, then the Qzone ones', () => {
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
