// The same application in CommonJS: `require` loads the package as it is.
const express = require('express');
const session = require('express-session');
const { qqConnect, qqErrorHandler, requireQQUser } = require('express-qq-connect');
const { QQConnectClient } = require('express-qq-connect/client');
const { startSandbox } = require('express-qq-connect/sandbox');

import('../esm/log-in.mjs')
  .then(({ logIn }) => logIn({ app: express(), session, qqConnect, qqErrorHandler, requireQQUser, startSandbox }))
  .then((user) => console.log(JSON.stringify({ user, entryPoints: [typeof QQConnectClient] })));
