import type { UserInfoResponse } from '../protocol/profile.js';

/** A profile as a session holds it: without QQ's field names, which are a third of it in every request's session. */
export interface StoredProfile {
  /** The values of {@link FIELDS}, in that order; an empty list for a field that QQ did not send. */
  values: (UserInfoResponse[string] | [])[];
  /** What QQ sent beyond them. */
  others?: UserInfoResponse;
}

// The order is that of sessions in their stores: new fields go to the end.
const FIELDS = [
  'ret',
  'msg',
  'is_lost',
  'nickname',
  'gender',
  'gender_type',
  'province',
  'city',
  'year',
  'constellation',
  'figureurl',
  'figureurl_1',
  'figureurl_2',
  'figureurl_qq_1',
  'figureurl_qq_2',
  'figureurl_qq',
  'figureurl_type',
  'is_yellow_vip',
  'vip',
  'yellow_vip_level',
  'level',
  'is_yellow_year_vip',
] as const;

/** Makes of a profile what goes into the session. */
export function packProfile(raw: UserInfoResponse): StoredProfile {
  const others = { ...raw };
  const values = FIELDS.map((field): StoredProfile['values'][number] => {
    const value = raw[field];
    Reflect.deleteProperty(others, field);
    return value === undefined ? [] : value;
  });
  return { values, ...(Object.keys(others).length > 0 && { others }) };
}

/** Makes the profile that QQ sent of what was stored. */
export function unpackProfile({ values, others }: StoredProfile): UserInfoResponse {
  const raw: UserInfoResponse = {};
  for (let index = 0; index < FIELDS.length; index += 1) {
    const field = FIELDS[index];
    const value = values[index];
    if (field !== undefined && value !== undefined && !Array.isArray(value)) raw[field] = value as string;
  }
  return others ? { ...raw, ...others } : raw;
}
