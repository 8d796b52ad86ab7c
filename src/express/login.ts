import { channelOf } from './popup.js';
import { isPhone } from './request-kind.js';
import { requireSession } from './session.js';
import { isOtherAppsWebView, sendWebViewPage } from './web-view.js';
import type { Request, Response } from 'express';
import type { QQConnectContext } from './context.js';

/** How one login differs from the others. */
export interface LoginOptions {
  /** Where it ends: a path of this site, or a URL of one of `allowedReturnOrigins`; anything else is the default. */
  returnTo?: string | undefined;
  /** `'mobile'` or `'pc'` in place of what the option `display` says; `'popup'` for a login in a pop-up window. */
  display?: string | undefined;
  /** Names the `BroadcastChannel` on which the opener of a pop-up waits. */
  channel?: string | undefined;
  /** Go on in a web view of another app, where QQ may refuse: the user was told and wants it. */
  inWebView?: boolean | undefined;
}

function displayFor(context: QQConnectContext, req: Request, asked: string | undefined): 'mobile' | undefined {
  const display = asked === 'mobile' || asked === 'pc' ? asked : context.options.display;
  const mobile = display === 'mobile' || (display === 'auto' && isPhone(req));
  return mobile ? 'mobile' : undefined; // QQ has no word for the desktop
}

/** Begins a login: remembers it in the browser and sends that to QQ. Answers the request. */
export async function beginLogin(
  context: QQConnectContext,
  req: Request,
  res: Response,
  options: LoginOptions,
): Promise<void> {
  requireSession(req); // now, rather than when the user comes back
  context.advice.beforeLogin(req);
  const returnTo = context.returnTo(options.returnTo) ?? context.defaultReturnTo;
  if (isOtherAppsWebView(req) && !options.inWebView) {
    const url = new URL(context.loginUrl, context.siteOrigin);
    url.searchParams.set('returnTo', returnTo);
    sendWebViewPage(req, res, url, { display: options.display, channel: options.channel });
    return;
  }
  const popup = options.display === 'popup' ? channelOf(options.channel) : undefined;
  const { state } = await context.attempts.begin(req, res, { returnTo, popup });
  const url = context.client.buildAuthorizationUrl({ state, display: displayFor(context, req, options.display) });
  context.tell({ type: 'login_started' });
  res.set('Cache-Control', 'no-store');
  res.redirect(req.method === 'POST' ? 303 : 302, url.href);
}
