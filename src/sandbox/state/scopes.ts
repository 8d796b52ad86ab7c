/** QQ's APIs that a scope can name, the withdrawn ones among them. */
const API_NAMES = (
  'get_user_info get_simple_userinfo get_vip_info get_vip_rich_info list_album upload_pic add_album list_photo get_info ' +
  'add_t del_t add_pic_t get_repost_list get_other_info get_fanslist get_idollist add_idol del_idol get_tenpay_addr ' +
  'add_share add_one_blog do_like'
).split(' ');

/** The names in a `scope` parameter, `get_user_info` where it is missing. QQ separates them with commas. */
export function scopesOf(scope: string | undefined): readonly string[] {
  const names = (scope ?? '').split(',').map((name) => name.trim());
  const given = [...new Set(names.filter(Boolean))];
  return given.length > 0 ? given : ['get_user_info'];
}

/** Whether a scope grants an API. */
export function grants(scopes: readonly string[], api: string): boolean {
  return scopes.includes(api) || scopes.includes('all');
}

/** The names in a scope that are no API of QQ's. */
export function unknownScopes(scopes: readonly string[]): readonly string[] {
  return scopes.filter((name) => name !== 'all' && !API_NAMES.includes(name));
}

/** The API of a path such as `/user/get_vip_info`, if QQ has or had one of that name. */
export function apiOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return API_NAMES.includes(name) ? name : undefined;
}
