import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Visitor, startSite } from '../support/site.js';
import type { Site } from '../support/site.js';

describe('a login', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
  });
  afterAll(async () => site.close());

  it('ends where it was begun, with the user on the request', async () => {
    const visitor = new Visitor(site);
    const response = await visitor.login('/private?tab=2');
    expect(response.status).toBe(302);
    expect(response.headers.location).toBe('/private?tab=2');
    const user = await visitor.agent.get('/auth/qq/user');
    expect(user.status).toBe(200);
    console.log(user.body, (await visitor.agent.get('/session')).body);
  });
});
