import { QQTextError } from './errors.js';
import type { TextPacket } from './packet.js';

/** A message that {@link QQTextClient.poll} returns. Its text has LF as line end, and no blank of the server's. */
export type TextMessage =
  /** `MT` 9, 2, 3 and 4. The text of an `add-refused` is the reason. */
  | { type: 'text' | 'add-request' | 'add-accepted' | 'add-refused'; from: string; text: string }
  /** `MT` 99 with one to three digits: the new status of `from`. */
  | { type: 'status'; from: string; status: number }
  /** Any other `MT`, and 99 with a text. */
  | { type: 'unknown'; code: string; from: string; text: string };

/** A profile. A property is absent if the server sent no value, or an empty one. */
export interface TextProfile {
  uin?: string;
  nickname?: string;
  realName?: string;
  email?: string;
  homepage?: string;
  address?: string;
  postcode?: string;
  phone?: string;
  mobile?: string;
  job?: string;
  school?: string;
  /** With LF as line end. */
  introduction?: string;
  /** The province's name. */
  province?: string;
  city?: string;
  country?: string;
  sex?: 'male' | 'female';
  /** In years; 0 where the user gave none. */
  age?: number;
  /** See {@link facePicture}. */
  face?: number;
  /** 1 to 5: A, B, O, AB, other. 0 if not given. */
  bloodType?: number;
  /** 1 (水瓶) to 12 (摩羯). 0 if not given. */
  constellation?: number;
  /** The sign of the Chinese zodiac, 1 (鼠) to 12 (猪). 0 if not given. */
  zodiac?: number;
}

/** A friend who is online. */
export interface TextFriend {
  uin: string;
  nickname: string;
  /** 10 online, 30 busy. */
  status: number;
  /** See {@link facePicture}. */
  face: number;
}

const profileTexts = {
  NK: 'nickname',
  RN: 'realName',
  EM: 'email',
  HP: 'homepage',
  AD: 'address',
  PC: 'postcode',
  PH: 'phone',
  MO: 'mobile',
  JB: 'job',
  SC: 'school',
  PV: 'province',
  CT: 'city',
  CY: 'country',
} as const satisfies Record<string, keyof TextProfile>;

const profileNumbers = {
  AG: 'age',
  FC: 'face',
  BT: 'bloodType',
  CO: 'constellation',
  SH: 'zodiac',
} as const satisfies Record<string, keyof TextProfile>;

const messageTypes = new Map([
  ['9', 'text'],
  ['2', 'add-request'],
  ['3', 'add-accepted'],
  ['4', 'add-refused'],
] as const);

/** Makes the error for a reply that does not fit its request. */
export function malformedReply(command: string, what: string): QQTextError {
  return new QQTextError('ERR_QQ_TEXT_MALFORMED', `${command}: ${what}`);
}

/** Reads a value that every reply to this command has. */
export function textOf(packet: TextPacket, key: string, command: string): string {
  const value = packet[key];
  if (typeof value !== 'string') throw malformedReply(command, `the reply has no ${key}`);
  return value;
}

function numberOf(text: string, key: string, command: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw malformedReply(command, `${key} of the reply is not a whole number`);
}

/** Reads a number that a reply may leave out or empty. */
export function optionalNumberOf(packet: TextPacket, key: string, command: string): number | undefined {
  const value = packet[key];
  return value === undefined || value === '' ? undefined : numberOf(String(value), key, command);
}

function qqNumberOf(text: string, command: string): string {
  if (!/^\d+$/.test(text)) throw malformedReply(command, 'UN of the reply is not a QQ number');
  return text;
}

/** Reads parallel lists as rows. */
function rowsOf<K extends string>(packet: TextPacket, keys: readonly K[], command: string): Record<K, string>[] {
  const lists = keys.map((key) => [key, packet[key]] as const);
  const missing = lists.find(([, list]) => !Array.isArray(list));
  if (missing) throw malformedReply(command, `the reply has no ${missing[0]}`);
  const lengths = new Set(lists.map(([, list]) => list?.length));
  if (lengths.size > 1) throw malformedReply(command, `the lists ${keys.join(', ')} have different lengths`);
  const [length = 0] = lengths;
  return Array.from(
    { length },
    (_, row) => Object.fromEntries(lists.map(([key, list]) => [key, list?.[row] ?? ''])) as Record<K, string>,
  );
}

/** Reads a page of the reply to `List`. */
export function readFriends(packet: TextPacket): string[] {
  return rowsOf(packet, ['UN'], 'List').map(({ UN }) => qqNumberOf(UN, 'List'));
}

/** Reads a page of the reply to `Query_Stat`. */
export function readOnline(packet: TextPacket): TextFriend[] {
  return rowsOf(packet, ['FC', 'ST', 'UN', 'NK'], 'Query_Stat').map(({ FC, ST, UN, NK }) => ({
    uin: qqNumberOf(UN, 'Query_Stat'),
    nickname: NK,
    status: numberOf(ST, 'ST', 'Query_Stat'),
    face: numberOf(FC, 'FC', 'Query_Stat'),
  }));
}

function withLineFeeds(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

/** Reads the reply to `GetInfo`. */
export function readProfile(packet: TextPacket): TextProfile {
  const profile: TextProfile = {};
  const text = (key: string): string | undefined => (packet[key] === '' ? undefined : packet[key]?.toString());
  const uin = text('UN');
  if (uin !== undefined) profile.uin = qqNumberOf(uin, 'GetInfo');
  for (const [key, name] of Object.entries(profileTexts)) {
    const value = text(key);
    if (value !== undefined) profile[name] = value;
  }
  const introduction = text('PR');
  if (introduction !== undefined) profile.introduction = withLineFeeds(introduction);
  for (const [key, name] of Object.entries(profileNumbers)) {
    const value = optionalNumberOf(packet, key, 'GetInfo');
    if (value !== undefined) profile[name] = value;
  }
  if (packet.SX === '0') profile.sex = 'male';
  if (packet.SX === '1') profile.sex = 'female';
  return profile;
}

function readMessage(code: string, from: string, item: string): TextMessage {
  const text = withLineFeeds(item.endsWith(' ') ? item.slice(0, -1) : item);
  if (code === '99' && /^\d{1,3}$/.test(text)) return { type: 'status', from, status: Number(text) };
  const type = messageTypes.get(code as '9');
  return type ? { type, from, text } : { type: 'unknown', code, from, text };
}

/** Reads the reply to `GetMsgEx`, which may leave out its lists with `MN=0`. */
export function readMessages(packet: TextPacket): TextMessage[] {
  const keys = ['MT', 'UN', 'MG'] as const;
  const lists = packet.MN === '0' ? { MT: [], UN: [], MG: [], ...packet } : packet;
  return rowsOf(lists, keys, 'GetMsgEx').map(({ MT, UN, MG }) => readMessage(MT, qqNumberOf(UN, 'GetMsgEx'), MG));
}
