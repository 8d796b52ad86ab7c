import { Html } from './html.js';

// Two rings with a tail each: two letters Q, side by side.
const RINGS =
  '<g fill="none" stroke-width="3.2" stroke-linecap="round">' +
  '<circle cx="11" cy="15" r="7.4"/><circle cx="21.5" cy="15" r="7.4"/>' +
  '<path d="m14.2 20.4 2.6 4.2M24.7 20.4l2.6 4.2"/></g>';

function svg(attributes: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" ${attributes}>${RINGS}</svg>`;
}

/** The site's logo, for the page's header. */
export const LOGO = new Html(svg('width="32" height="32" stroke="currentColor" aria-hidden="true" focusable="false"'));

/** The same for the login button. */
export const SMALL_LOGO = new Html(
  svg('width="24" height="24" stroke="currentColor" aria-hidden="true" focusable="false"'),
);

/** The same as a picture of its own, which stands on light and dark. */
export const ICON = svg('stroke="#2f7fd6"');
