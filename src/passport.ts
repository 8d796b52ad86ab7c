/** QQ login for Passport, without Passport: on Express, NestJS, Koa and Fastify. */
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
