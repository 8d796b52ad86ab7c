import type { Request, Response } from 'express';

/** What the next page says at its top. */
export type Notice = 'cancelled' | 'refreshed' | 'loggedOut';

const COOKIE = 'qq_example_notice';
const FOUND = /(?:^|; )qq_example_notice=(cancelled|refreshed|loggedOut)(?:;|$)/;

/** Keeps a notice for the next page, in a cookie: a visitor who has logged out has no session. */
export function setNotice(res: Response, notice: Notice): void {
  res.cookie(COOKIE, notice, { httpOnly: true, sameSite: 'lax', maxAge: 60_000 });
}

/** Returns the notice for this page and deletes it, so that a reload does not show it again. */
export function takeNotice(req: Request, res: Response): Notice | undefined {
  const notice = FOUND.exec(req.headers.cookie ?? '')?.[1] as Notice | undefined;
  if (notice) res.clearCookie(COOKIE);
  return notice;
}
