// A user's own application in ESM: logs in through the sandbox and prints the user.
import express from 'express';
import session from 'express-session';
import { qqConnect, qqErrorHandler, requireQQUser } from 'express-qq-connect';
import { QQConnectClient, parseQQBody } from 'express-qq-connect/client';
import { startSandbox } from 'express-qq-connect/sandbox';
import * as avatars from 'express-qq-connect/avatars';
import * as redis from 'express-qq-connect/redis';
import { logIn } from './log-in.mjs';

const app = express();
const user = await logIn({ app, session, qqConnect, qqErrorHandler, requireQQUser, startSandbox });
const entryPoints = [QQConnectClient, parseQQBody, avatars.qqAvatarUrl, redis.redisLock].map((value) => typeof value);
console.log(JSON.stringify({ user, entryPoints }));
