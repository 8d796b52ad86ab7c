import passport from 'passport';

/** What every tutorial around passport does: the profile goes into the session whole. */
export function mountPassport(app, strategy) {
  passport.use('qq', strategy);
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user));
  app.use(passport.session());
  app.get('/auth/qq/login', passport.authenticate('qq'));
  app.get('/auth/qq/callback', passport.authenticate('qq', { successRedirect: '/', failureRedirect: '/failed' }));
  return { login: '/auth/qq/login', callback: '/auth/qq/callback' };
}

export const nicknameOf = (req) => req.user?.nickname;
