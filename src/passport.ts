/** A Passport strategy for QQ login on Express, NestJS, Koa and Fastify. It does not import Passport. */
export { Strategy } from './passport/strategy.js';
export type {
  AuthenticateOptions,
  Done,
  Options,
  Profile,
  QQUserProfile,
  StrategyOptions,
  StrategyOptionsWithRequest,
  TokenParams,
  User,
  VerifyFunction,
  VerifyFunctionWithParams,
  VerifyFunctionWithRequest,
  VerifyFunctionWithRequestAndParams,
} from './passport/types.js';
