import { mount as mountWith } from './express-qq-connect.mjs';

export const mount = (app, settings) => mountWith(app, settings, { unionid: true });
export { nicknameOf } from './express-qq-connect.mjs';
