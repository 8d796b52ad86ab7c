export { warn } from '../protocol/warn.js';
