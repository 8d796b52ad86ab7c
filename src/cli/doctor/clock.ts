import { info, ok, warn } from './check.js';
import type { Check } from './check.js';

const TOLERATED_MS = 2 * 60_000;

/**
 * Compares this machine's clock with another's.
 *
 * @param date - the `Date` header of the other, if it answered with one
 * @param now - this machine's time, in ms since 1970
 */
export function checkClock(date: string | null | undefined, now: number): Check[] {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) {
    const en = 'The clock could not be compared: no answer with a date.';
    return [info('clock_unknown', { en, zh: '无法核对系统时间：没有收到带日期的应答。' })];
  }
  const skew = now - theirs;
  if (Math.abs(skew) <= TOLERATED_MS) return [ok('clock', { en: 'The clock is right.', zh: '系统时间准确。' })];
  const minutes = Math.round(Math.abs(skew) / 60_000);
  const found = {
    en: `The clock is ${minutes} minutes ${skew > 0 ? 'ahead' : 'behind'}.`,
    zh: `系统时间${skew > 0 ? '快' : '慢'}了 ${minutes} 分钟。`,
  };
  const fix = {
    en: 'Set it by NTP: logins, sessions and certificates expire by it.',
    zh: '请用 NTP 校时：登录、会话和证书的有效期都靠它。',
  };
  return [warn('clock', found, fix)];
}
