import { describe, expect, it } from '@jest/globals';
import { MissLimiter } from '../../src/avatars/miss-limiter.js';

function setUp(perClient: number, total: number) {
  let now = 0;
  const limiter = new MissLimiter({ perClient, total }, () => now);
  return { take: (ip: string) => limiter.take(ip), advance: (ms: number) => (now += ms) };
}

describe('the limit on fetches', () => {
  it('lets so many begin in a minute for each client, and says when the next may', () => {
    const { take, advance } = setUp(3, 100);
    expect([take('a'), take('a'), take('a')]).toEqual([0, 0, 0]);
    expect(take('a')).toBe(20);
    expect(take('b')).toBe(0);
    advance(20_000);
    expect(take('a')).toBe(0);
    expect(take('a')).toBe(20);
  });

  it('lets so many begin over all, from however many addresses', () => {
    const { take, advance } = setUp(3, 10);
    const admitted = Array.from({ length: 5_000 }, (_, index) => take(`192.0.2.${index}`)).filter((wait) => wait === 0);
    expect(admitted).toHaveLength(10);
    advance(60_000);
    expect(take('192.0.2.7')).toBe(0);
  });

  it('takes a /64 of IPv6, and an IPv4 address in either form, for one client', () => {
    const { take } = setUp(1, 100);
    expect(take('2400:1::1')).toBe(0);
    expect(take('2400:1:0:0:ffff::2')).toBeGreaterThan(0);
    expect(take('2400:1:0:1::1')).toBe(0);
    expect(take('::ffff:8.8.8.8')).toBe(0);
    expect(take('8.8.8.8')).toBeGreaterThan(0);
  });

  it('never saves up more than a minute, whatever the clock does', () => {
    const { take, advance } = setUp(2, 100);
    advance(3_600_000);
    expect([take('a'), take('a'), take('a') > 0]).toEqual([0, 0, true]);
    advance(-7_200_000);
    expect(take('b')).toBe(0);
  });
});
