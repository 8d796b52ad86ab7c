import express from 'express';

/** Express and express-session alone, with a session of whatever content it is given. */
export function mount(app) {
  app.post('/seed', express.json({ limit: '1mb' }), (req, res) => {
    Object.assign(req.session, req.body);
    res.sendStatus(204);
  });
  return {};
}

export const nicknameOf = (req) => req.session.nickname;
