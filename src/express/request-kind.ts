import type { Request } from 'express';

/** Tells whether the browser asks only in case its user might want the page, which must use nothing up. */
export function isPrefetch(req: Request): boolean {
  const purposes = [req.get('sec-purpose'), req.get('purpose'), req.get('x-moz')];
  return req.method === 'HEAD' || purposes.some((purpose) => /prefetch|prerender|preview/i.test(purpose ?? ''));
}

/** Tells a request of a program, which wants JSON and statuses, from one for a page. A form's POST is for a page. */
export function isApiCall(req: Request): boolean {
  const mode = req.get('sec-fetch-mode');
  return (
    (mode !== undefined && mode !== 'navigate' && mode !== 'nested-navigate') ||
    req.get('x-requested-with') !== undefined ||
    req.accepts(['html', 'json']) === 'json'
  );
}

/** Tells a request that a guard must answer rather than redirect: only a page request survives a detour. */
export function isApiRequest(req: Request): boolean {
  return isApiCall(req) || !['GET', 'HEAD'].includes(req.method);
}

/**
 * Judges a request that changes something: `Sec-Fetch-Site` decides, where it is missing `Origin`, and where both are
 * missing it was no browser that sent it.
 */
export function isCrossSite(req: Request, siteOrigin: string): boolean {
  const site = req.get('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const origin = req.get('origin');
  return origin !== undefined && origin !== siteOrigin;
}

// HarmonyOS NEXT says `(Phone; OpenHarmony 5.0)`, and runs on PCs, too. Firefox says `Tablet;`, old Windows `Tablet PC`.
const PHONE = /Mobi|Android|iPhone|iPad|iPod|HarmonyOS|Windows Phone|Tablet;/i;

/** Tells a phone or tablet, by its client hint where there is one, else by its user agent. */
export function isPhone(req: Request): boolean {
  const hint = req.get('sec-ch-ua-mobile');
  return hint === '?1' || PHONE.test(req.get('user-agent') ?? '');
}
