import { createHash } from 'node:crypto';
import { writeReply } from './wire.js';
import type { TextProfile } from '../replies.js';
import type { TextUser } from './users.js';
import type { ReplyPairs } from './wire.js';

interface Message {
  type: number;
  from: string;
  text: string;
}

/** A user with all that changes. */
interface Account {
  user: TextUser;
  friends: Set<string>;
  queue: Message[];
  status: number;
  /** The time of the last request, in ms; `undefined` if not logged in. */
  seenAt: number | undefined;
}

/** What a command replies: `RES` and the pairs behind it, or `undefined` for a parameter that it cannot use. */
type Result = { res: number; pairs?: ReplyPairs } | undefined;
type Request = ReadonlyMap<string, string>;

const NO_SUCH_NUMBER = { res: 5 };
const NOT_LOGGED_IN = { res: 20 };
const DONE = { res: 0 };

/** How a reply spells a command, by the command in small letters. */
const replyNames = new Map(
  [
    ['Login', 'LIST', 'QUERY_STAT', 'GETINFO', 'AddToList', 'Ack_AddToList'],
    ['DelFromList', 'Change_Stat', 'GETMSGEX', 'CLTMSG', 'Finger', 'LOGOUT'],
  ]
    .flat()
    .map((name) => [name.toLowerCase(), name]),
);

const levels: readonly (readonly string[])[] = [
  ['UN', 'NK', 'LV'],
  ['FC', 'SX', 'AG', 'RN', 'EM', 'HP', 'AD', 'JB', 'SC', 'PC', 'PH', 'PR', 'PV'],
  ['BT', 'CO', 'SH', 'CT', 'CY', 'MO', 'CV', 'ID', 'MT', 'MV'],
];

const profileKeys: Readonly<Record<string, keyof TextProfile>> = {
  AG: 'age',
  RN: 'realName',
  EM: 'email',
  HP: 'homepage',
  AD: 'address',
  JB: 'job',
  SC: 'school',
  PC: 'postcode',
  PH: 'phone',
  PR: 'introduction',
  PV: 'province',
  BT: 'bloodType',
  CO: 'constellation',
  SH: 'zodiac',
  CT: 'city',
  CY: 'country',
  MO: 'mobile',
};

const byNumber = (a: Account, b: Account): number => Number(a.user.uin) - Number(b.user.uin);
const sexOf = ({ profile }: TextUser): string => ({ male: '0', female: '1', none: '' })[profile?.sex ?? 'none'];
const value = (request: Request, key: string): string => request.get(key) ?? '';
const wholeNumber = (text: string): number => (/^\d+$/.test(text) ? Number(text) : 0);

/** The state of the simulator, and what each command does with it. */
export class TextService {
  readonly #accounts: ReadonlyMap<string, Account>;
  readonly #clock: () => number;
  readonly #heartbeat: number;
  readonly #timeout: number;

  constructor(users: readonly TextUser[], clock: () => number, heartbeat: number, timeout: number) {
    this.#accounts = new Map(
      users.map((user) => {
        const friends = new Set(user.friends);
        return [user.uin, { user, friends, queue: [], status: 20, seenAt: undefined }];
      }),
    );
    this.#clock = clock;
    this.#heartbeat = heartbeat;
    this.#timeout = timeout;
  }

  /** The users, with their friends as they are now. */
  get users(): TextUser[] {
    return [...this.#accounts.values()].map(({ user, friends }) => ({ ...user, friends: [...friends] }));
  }

  deliver(to: string, message: Message): void {
    this.#known(to).queue.push(message);
  }

  kick(uin: string): void {
    this.#known(uin).seenAt = undefined;
  }

  /** Carries out a request, and returns the body of the reply: `NULL` for one that the server does not know. */
  reply(request: Request, forcedRes?: number): string {
    const command = value(request, 'CMD').replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
    const name = replyNames.get(command);
    if (name === undefined || !['1.0', '1.1', '1.2'].includes(value(request, 'VER'))) return 'NULL';
    const result = forcedRes === undefined ? this.#run(command, request) : { res: forcedRes };
    if (!result) return 'NULL';
    const { res, pairs = {} } = result;
    const body = writeReply({
      VER: value(request, 'VER'),
      CMD: name,
      SEQ: command === 'query_stat' ? '-1' : value(request, 'SEQ'),
      UIN: value(request, 'UIN'),
      RES: res,
      ...pairs,
    });
    const endsInAmpersand =
      ['ack_addtolist', 'delfromlist', 'change_stat'].includes(command) ||
      (command === 'getmsgex' && Number(pairs.MN ?? 0) > 0);
    return endsInAmpersand ? `${body}&` : body;
  }

  #run(command: string, request: Request): Result {
    const own = this.#accounts.get(value(request, 'UIN'));
    if (command === 'login') return own ? this.#login(own, request) : NO_SUCH_NUMBER;
    if (!own || !this.#isLoggedIn(own)) return NOT_LOGGED_IN;
    own.seenAt = this.#clock();
    const other = this.#accounts.get(value(request, 'UN'));
    switch (command) {
      case 'list':
        return this.#list(own, request);
      case 'query_stat':
        return this.#queryStat(own, request);
      case 'addtolist':
        return other ? this.#add(own, other) : NO_SUCH_NUMBER;
      case 'ack_addtolist':
        return other ? this.#acknowledge(own, other, request) : NO_SUCH_NUMBER;
      case 'delfromlist':
        own.friends.delete(value(request, 'UN'));
        return DONE;
      case 'change_stat':
        return this.#changeStatus(own, value(request, 'ST'));
      case 'getinfo':
        return other ? this.#info(other.user, value(request, 'LV')) : NO_SUCH_NUMBER;
      case 'getmsgex':
        return this.#fetchMessages(own);
      case 'cltmsg':
        other?.queue.push({ type: 9, from: own.user.uin, text: value(request, 'MG') });
        return other ? DONE : NO_SUCH_NUMBER;
      case 'finger':
        return this.#search(request);
      default:
        this.#notifyFriends(own, 20);
        own.seenAt = undefined;
        return DONE;
    }
  }

  #known(uin: string): Account {
    const account = this.#accounts.get(uin);
    if (!account) throw new RangeError('the simulator has no user with this QQ number');
    return account;
  }

  #isLoggedIn({ seenAt }: Account): boolean {
    return seenAt !== undefined && this.#clock() - seenAt < this.#timeout * 1_000;
  }

  #notifyFriends(own: Account, status: number): void {
    for (const uin of own.friends) {
      const friend = this.#accounts.get(uin);
      if (friend && this.#isLoggedIn(friend)) {
        friend.queue.push({ type: 99, from: own.user.uin, text: String(status) });
      }
    }
  }

  #login(own: Account, request: Request): Result {
    const expected = createHash('md5').update(own.user.password).digest('hex');
    // A program of the time sent a blank behind the MD5, and was served.
    if (value(request, 'PS').replace(/ $/, '') !== expected) {
      return { res: 0, pairs: { RS: 1, RA: '密码错误' } };
    }
    own.seenAt = this.#clock();
    own.status = 10;
    this.#notifyFriends(own, 10);
    return { res: 0, pairs: { RS: 0, HI: this.#heartbeat, LI: this.#timeout } };
  }

  /** Cuts the page that a request wants out of rows in the order of their numbers. */
  #page<T>(rows: readonly T[], uinOf: (row: T) => string, request: Request, size: number): { page: T[]; last: 0 | 1 } {
    const after = wholeNumber(value(request, 'UN'));
    const rest = rows.filter((row) => Number(uinOf(row)) > after);
    const page = rest.slice(0, wholeNumber(value(request, 'TN')) || size);
    return { page, last: page.length === rest.length ? 1 : 0 };
  }

  #list(own: Account, request: Request): Result {
    const numbers = [...own.friends].sort((a, b) => Number(a) - Number(b));
    const { page, last } = this.#page(numbers, (uin) => uin, request, 160);
    return { res: 0, pairs: { FN: last, SN: page.length, UN: page } };
  }

  #queryStat(own: Account, request: Request): Result {
    const online = [...own.friends]
      .flatMap((uin) => this.#accounts.get(uin) ?? [])
      .filter((friend) => this.#isLoggedIn(friend) && [10, 30].includes(friend.status))
      .sort(byNumber);
    const { page, last } = this.#page(online, ({ user }) => user.uin, request, 50);
    const pairs = {
      FC: page.map(({ user }) => String(user.face ?? 0)),
      FN: last,
      SN: page.length,
      ST: page.map(({ status }) => String(status)),
      UN: page.map(({ user }) => user.uin),
      NK: page.map(({ user }) => user.nickname ?? ''),
    };
    return { res: 0, pairs };
  }

  #befriend(own: Account, other: Account): void {
    own.friends.add(other.user.uin);
    other.friends.add(own.user.uin);
  }

  #add(own: Account, other: Account): Result {
    const { uin, adding = 'ask' } = other.user;
    if (adding === 'anyone') this.#befriend(own, other);
    return { res: 0, pairs: { CD: { anyone: 0, ask: 1, nobody: 3 }[adding], UN: uin } };
  }

  #acknowledge(own: Account, other: Account, request: Request): Result {
    const type = new Map([
      ['0', 3],
      ['1', 4],
      ['2', 2],
    ]).get(value(request, 'CD'));
    if (type === undefined) return undefined;
    if (type === 3) this.#befriend(own, other);
    other.queue.push({ type, from: own.user.uin, text: value(request, 'RS') });
    return DONE;
  }

  #changeStatus(own: Account, status: string): Result {
    if (!['10', '20', '30', '40'].includes(status)) return undefined;
    own.status = Number(status);
    this.#notifyFriends(own, own.status === 40 ? 20 : own.status);
    return DONE;
  }

  #info(user: TextUser, level: string): Result {
    if (!['1', '2', '3'].includes(level)) return undefined;
    const { profile = {} } = user;
    const known: Readonly<Record<string, string | number | undefined>> = {
      UN: user.uin,
      NK: user.nickname,
      LV: level,
      FC: user.face,
      SX: sexOf(user),
      AG: profile.age ?? 0,
    };
    const keys = levels.slice(0, Number(level)).flat();
    const inOrder = [...keys.filter((key) => key !== 'NK').sort(), 'NK'];
    const valueOf = (key: string): string | number => {
      const name = profileKeys[key];
      return known[key] ?? (name && profile[name]) ?? '';
    };
    return { res: 0, pairs: Object.fromEntries(inOrder.map((key) => [key, valueOf(key)])) };
  }

  #fetchMessages(own: Account): Result {
    const messages = own.queue.splice(0);
    const pairs = {
      MN: messages.length,
      MT: messages.map(({ type }) => String(type)),
      UN: messages.map(({ from }) => from),
      MG: messages.map(({ text }) => `${text} `),
    };
    return { res: 0, pairs };
  }

  #search(request: Request): Result {
    const fits = (key: string, own: string): boolean => value(request, key) === '' || value(request, key) === own;
    const found = [...this.#accounts.values()]
      .map(({ user }) => user)
      .filter(({ profile }) => fits('AG', String(profile?.age ?? 0)) && fits('PV', profile?.province ?? ''))
      .filter((user) => fits('SX', sexOf(user)));
    const pairs = {
      FN: 1,
      SN: found.length,
      UN: found.map(({ uin }) => uin),
      NK: found.map(({ nickname = '' }) => nickname),
    };
    return { res: 0, pairs };
  }
}
