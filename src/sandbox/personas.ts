import type { SandboxApp, SandboxUser } from './types.js';

/** The application that is there when none is given. */
export const defaultApps: readonly [SandboxApp] = [{ appId: '100000001', appKey: 'sandbox-app-key-not-a-secret' }];

/** The people who are there when none are given: an ordinary one first, then what breaks applications. */
export const defaultUsers: readonly SandboxUser[] = [
  {
    id: 'ordinary',
    nickname: '林小满',
    gender: '女',
    gender_type: 1,
    province: '浙江',
    city: '杭州',
    year: '1996',
  },
  {
    id: 'small-avatar',
    nickname: '阿哲',
    figureurl_qq_2: '',
    gender: '男',
    gender_type: 2,
    province: '四川',
    city: '成都',
    year: '1993',
  },
  {
    id: 'emoji',
    nickname: '晚安🌙小鲸鱼🐳',
    gender: '女',
    gender_type: 1,
    province: '',
    city: '',
    year: '2001',
  },
  { id: 'empty-nickname', nickname: '', gender: '男', gender_type: 2, province: '', city: '', year: '0' },
  { id: 'placeholder', nickname: '青柠', gender: '男', gender_type: 2, province: '广东', city: '深圳', year: '1990' },
  {
    id: 'no-unionid',
    nickname: '老周',
    unionid: false,
    gender: '男',
    gender_type: 2,
    province: '湖北',
    city: '武汉',
    year: '1978',
  },
];
