import { avatar } from './avatar.js';
import { displayName, shortId } from './display-name.js';
import { html } from './html.js';
import { layout, loginButton } from './layout.js';
import { messages } from './messages.js';
import type { QQUser } from 'express-qq-connect';
import type { AvatarSize } from './avatar.js';
import type { Html } from './html.js';
import type { View } from './layout.js';
import type { Messages } from './messages.js';

/** A view of a logged-in user. */
export type UserView = View & { user: QQUser };

function welcome({ language, user }: UserView): Html {
  const say = messages[language];
  const name = displayName(user, say.nameless);
  return html`<section class="hero">
    ${avatar({ pixels: 96, alt: say.avatarOf(name) })}
    <h1>${say.welcome}<bdi>${name}</bdi></h1>
    <p class="lead">${say.welcomeLead}</p>
    <p><a class="button" href="/profile">${say.profile}</a></p>
  </section>`;
}

function invitation({ language }: View): Html {
  const say = messages[language];
  return html`<section class="hero">
    <h1>${say.hello}</h1>
    <p class="lead">${say.lead}</p>
    <p>${loginButton(language, '/')}</p>
  </section>`;
}

function card(page: { href: string; title: string; text: string; access: string }): Html {
  return html`<li class="card">
    <h3><a href="${page.href}">${page.title}</a></h3>
    <p>${page.text}</p>
    <p class="badge">${page.access}</p>
  </li>`;
}

/** The home page, for every visitor. */
export function homePage(view: View): Html {
  const say = messages[view.language];
  const { user } = view;
  return layout(view, {
    title: say.home,
    main: html`${user ? welcome({ ...view, user }) : invitation(view)}
      <section aria-labelledby="pages">
        <h2 id="pages">${say.pages}</h2>
        <ul class="cards">
          ${card({ href: '/', title: say.home, text: say.homeText, access: say.everybody })}
          ${card({ href: '/private', title: say.private, text: say.privateText, access: say.membersOnly })}
          ${card({ href: '/profile', title: say.profile, text: say.profileText, access: say.membersOnly })}
        </ul>
      </section>`,
  });
}

/** A page for people who are logged in. `visits`: how often they have opened it. */
export function privatePage(view: UserView, visits: number): Html {
  const say = messages[view.language];
  return layout(view, {
    title: say.private,
    main: html`<h1>${say.privateTitle}</h1>
      <p class="lead">${say.privateLead}</p>
      <div class="sheet">
        <p class="count">${say.visits(visits)}</p>
        <p class="quiet">${say.visitsNote}</p>
      </div>`,
  });
}

function facts(user: QQUser, say: Messages): Html {
  const gender = user.gender === undefined ? say.unknown : say[user.gender];
  const nickname = displayName(user, say.emptyNickname);
  const unionid = user.unionid === undefined ? say.notGiven : html`<code>${shortId(user.unionid)}</code>`;
  return html`<dl class="sheet">
    <div>
      <dt>${say.nickname}</dt>
      <dd><bdi>${nickname}</bdi></dd>
    </div>
    <div>
      <dt>${say.gender}</dt>
      <dd>${gender}</dd>
    </div>
    <div>
      <dt>${say.openid}</dt>
      <dd><code>${shortId(user.openid)}</code></dd>
    </div>
    <div>
      <dt>${say.unionid}</dt>
      <dd>${unionid}</dd>
    </div>
    <div>
      <dt>${say.appId}</dt>
      <dd><code>${user.appId}</code></dd>
    </div>
  </dl>`;
}

// Each as large as it is, but the largest.
const SHOWN: [AvatarSize, number][] = [
  [640, 200],
  [140, 140],
  [100, 100],
  [40, 40],
];

// Tencent never enlarges an avatar: a user whose profile has only figureurl_qq_1 has no image of more than 40 px.
function largestGiven({ figureurl_qq, figureurl_qq_1, figureurl_qq_2 }: QQUser): 0 | 40 | 640 {
  if (figureurl_qq !== undefined || figureurl_qq_2 !== undefined) return 640;
  return figureurl_qq_1 === undefined ? 0 : 40;
}

function gallery(user: QQUser, say: Messages): Html {
  const alt = say.avatarOf(displayName(user, say.nameless));
  const figures = SHOWN.map(
    ([size, pixels]) =>
      html`<li>
        <figure>
          ${avatar({ size, pixels, alt })}
          <figcaption>${say.pixels(size, largestGiven(user))}</figcaption>
        </figure>
      </li>`,
  );
  return html`<ul class="gallery">
    ${figures}
  </ul>`;
}

const FIGURES = [
  'figureurl_qq',
  'figureurl_qq_2',
  'figureurl_qq_1',
  'figureurl_2',
  'figureurl_1',
  'figureurl',
] as const;

function addresses(user: QQUser, say: Messages): Html {
  const rows = FIGURES.map((field) => {
    const address = user[field];
    return html`<div>
      <dt><code>${field}</code></dt>
      <dd>${address === undefined ? say.notGiven : html`<code>${address}</code>`}</dd>
    </div>`;
  });
  return html`<dl class="sheet addresses">${rows}</dl>`;
}

/** All that QQ returns about a user. */
export function profilePage(view: UserView): Html {
  const { language, user } = view;
  const say = messages[language];
  return layout(view, {
    title: say.profile,
    main: html`<h1>${say.profile}</h1>
      <p class="lead">${say.profileLead}</p>
      ${facts(user, say)}
      <section aria-labelledby="avatars">
        <h2 id="avatars">${say.avatars}</h2>
        <p class="quiet">${say.avatarsNote}</p>
        ${gallery(user, say)}
      </section>
      <section aria-labelledby="addresses">
        <h2 id="addresses">${say.addresses}</h2>
        <p class="quiet">${say.addressesNote}</p>
        ${addresses(user, say)}
        <form method="post" action="/profile/refresh">
          <button class="button" aria-describedby="refresh-note">${say.refresh}</button>
          <p class="quiet" id="refresh-note">${say.refreshNote}</p>
        </form>
      </section>`,
  });
}

/** A page that says why there is none: 404 or 500. */
export function problemPage(view: View, problem: 'notFound' | 'failed'): Html {
  const say = messages[view.language];
  return layout(view, {
    title: say[problem],
    main: html`<section class="hero">
      <h1>${say[problem]}</h1>
      <p class="lead">${say[`${problem}Text`]}</p>
      <p><a class="button" href="/">${say.backHome}</a></p>
    </section>`,
  });
}
