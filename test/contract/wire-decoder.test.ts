import { describe, expect, it } from '@jest/globals';
import { parseQQBody } from '../../src/client.js';
import { readQQError } from '../../src/protocol/body.js';
import { flatUserInfo, toQQUser } from '../../src/protocol/profile.js';
import { exchanges, recorded } from './wire.js';

const text = (value: unknown) => value ?? '';

/** Tencent's picture hosts have https, and most samples do not say so. */
const upgraded = (url: string) => url.replace(/^http:(?=\/\/\w+\.qlogo\.cn\/)/, 'https:');

describe('parseQQBody reads the recorded answers', () => {
  it('of every kind of endpoint, format and outcome', () => {
    expect(exchanges.length).toBeGreaterThan(60);
    expect(new Set(exchanges.map(({ kind }) => kind)).size).toBeGreaterThan(15);
  });

  it.each(recorded(/token|refresh/, 'success'))('%s: the tokens', (_id, { response, normalized }) => {
    const body = parseQQBody(response.body);
    expect(readQQError(body)).toBeUndefined();
    expect(body.access_token).toBe(normalized.access_token);
    expect(Number(body.expires_in)).toBe(normalized.expires_in);
    expect(text(body.refresh_token)).toBe(text(normalized.refresh_token));
    expect(body.openid).toBe(normalized.openid);
  });

  it.each(recorded(/^me/, 'success'))('%s: who it is', (_id, { response, normalized }) => {
    const { client_id, openid, unionid } = parseQQBody(response.body);
    expect({ client_id, openid, unionid }).toEqual({
      client_id: normalized.client_id,
      openid: normalized.openid,
      unionid: normalized.unionid,
    });
  });

  it.each(recorded(/^userinfo/, 'success'))('%s: the profile', (_id, { response, normalized }) => {
    const body = parseQQBody(response.body);
    expect(readQQError(body)).toBeUndefined();
    const user = toQQUser({ appId: 'an app', openid: 'an openid' }, flatUserInfo(body));
    expect(user.nickname).toBe(normalized.nickname);
    expect(user.avatarUrl).toBe(normalized.avatar ? upgraded(normalized.avatar) : undefined);
    expect(body.gender).toBe(normalized.gender_raw);
  });

  const said = recorded(/./, 'error').filter(([, { normalized }]) => normalized.reason === undefined);
  it.each(said)('%s: the error', (_id, { response, normalized }) => {
    expect(readQQError(parseQQBody(response.body))).toEqual({
      qqCode: normalized.provider_code,
      qqMessage: text(normalized.provider_message),
    });
  });

  const unreadable = recorded(/malformed/).filter(([, { normalized }]) => normalized.reason === 'malformed');
  it.each(unreadable)('%s: as nothing', (_id, { response }) => {
    expect(() => parseQQBody(response.body)).toThrow(
      expect.objectContaining({ code: 'ERR_QQ_INVALID_RESPONSE', action: 'try_later' }),
    );
  });
});
