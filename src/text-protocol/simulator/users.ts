import type { TextProfile } from '../replies.js';

/** A user of the simulator. */
export interface TextUser {
  /** The QQ number: 5 to 11 digits, the first not 0. */
  uin: string;
  password: string;
  /** @defaultValue `''` */
  nickname?: string;
  /** @defaultValue `0` */
  face?: number;
  /** The rest of what `GetInfo` returns. */
  profile?: TextProfile;
  /** The QQ numbers in this user's list of friends. */
  friends?: string[];
  /**
   * Which users can add this user: all, only those who send a request first, or none.
   * @defaultValue `'ask'`
   */
  adding?: 'anyone' | 'ask' | 'nobody';
}

const numbers = ['9990000300', '9990000301', '9990000302', '9990000303', '9990000304'];

/** Returns the default users. All are friends of each other, and the password of each is `password`. */
export function defaultUsers(): TextUser[] {
  const details: Omit<TextUser, 'uin' | 'password' | 'friends'>[] = [
    { nickname: '小明', face: 270, profile: { sex: 'male', age: 25, province: '云南省', city: '昆明' } },
    { nickname: '小红', face: 141, profile: { sex: 'female', age: 23, province: '北京市' } },
    { nickname: 'R&B, 100%', face: 3, profile: { introduction: '第一行\r\n第二行，含 %2c 和 & 等字符' } },
    { nickname: '来者不拒', face: 0, adding: 'anyone' },
    { nickname: '谢绝添加', face: 6, adding: 'nobody' },
  ];
  return details.map((user, index) => {
    const uin = numbers[index] ?? '';
    return { uin, password: 'password', ...user, friends: numbers.filter((number) => number !== uin) };
  });
}

/**
 * Copies users, and validates them.
 *
 * @throws RangeError that names the position of an invalid user
 */
export function copyUsers(users: readonly TextUser[]): TextUser[] {
  const isUin = (uin: unknown): boolean => typeof uin === 'string' && /^[1-9]\d{4,10}$/.test(uin);
  const seen = new Set<string>();
  if (!Array.isArray(users)) throw new RangeError('users must be an array');
  return users.map((given: TextUser | null | undefined, index) => {
    const user: Partial<TextUser> = given ?? {};
    const require = (valid: boolean, what: string): void => {
      if (!valid) throw new RangeError(`users[${index}].${what}`);
    };
    const { uin = '', password = '', profile = {}, friends = [], adding = 'ask' } = user;
    const { nickname = profile.nickname ?? '', face = profile.face ?? 0 } = user;
    require(isUin(uin), 'uin must be a string of 5 to 11 digits, the first not 0');
    require(!seen.has(uin), 'uin is also the number of another user');
    require(typeof password === 'string' && password !== '', 'password must be a text that is not empty');
    require(typeof nickname === 'string', 'nickname must be a string');
    require(Number.isSafeInteger(face) && face >= 0, 'face must be a whole number from 0');
    require(Array.isArray(friends) && friends.every(isUin), 'friends must be an array of QQ numbers');
    require(['anyone', 'ask', 'nobody'].includes(adding), "adding must be 'anyone', 'ask' or 'nobody'");
    const details: unknown[] = Object.values(profile);
    require(details.every((detail) =>
      ['string', 'number', 'undefined'].includes(typeof detail),
    ), 'profile must hold texts and numbers');
    seen.add(uin);
    return { ...user, uin, password, nickname, face, adding, friends: [...friends], profile: { ...profile } };
  });
}
