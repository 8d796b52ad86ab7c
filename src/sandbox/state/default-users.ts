import type { SandboxApp, SandboxUser } from './types.js';

/** The application that is registered when no other is given. */
export const defaultApps: readonly [SandboxApp] = [{ appId: '100000001', appKey: 'sandbox-app-key-not-a-secret' }];

const man = { gender: '男', gender_type: 2 };
const woman = { gender: '女', gender_type: 1 };

/** The users that exist when no others are given: an ordinary one, then profiles that break applications. */
export const defaultUsers: readonly SandboxUser[] = [
  { id: 'ordinary', nickname: '林小满', ...woman, province: '浙江', city: '杭州', year: '1996' },
  { id: 'small-avatar', nickname: '阿哲', figureurl_qq_2: '', ...man, province: '四川', city: '成都', year: '1993' },
  { id: 'emoji', nickname: '晚安🌙小鲸鱼🐳', ...woman, province: '', city: '', year: '2001' },
  { id: 'empty-nickname', nickname: '', ...man, province: '', city: '', year: '0' },
  { id: 'placeholder', nickname: '青柠', ...man, province: '广东', city: '深圳', year: '1990' },
  { id: 'no-unionid', nickname: '老周', unionid: false, ...man, province: '湖北', city: '武汉', year: '1978' },
  { id: 'is-lost', nickname: '鹿鸣', is_lost: 1, ...woman, province: '江苏', city: '南京', year: '1999' },
  // What QQ returns for a user who skipped the consent, or while the API is inactive in the console.
  { id: 'qzuser', nickname: 'qzuser', figureurl_qq_1: '', figureurl_qq_2: '', ...man },
];
