// A fixed-answer stand-in for graph.qq.com in a process of its own: the same cost for everybody. Counts what comes in,
// and how many of the calls had to wait for another one.
import { createServer } from 'node:http';

const OPENID = 'F0E1D2C3B4A5968778695A4B3C2D1E0F';
const TOKEN = { access_token: 'A'.repeat(32), refresh_token: 'B'.repeat(32) };
const image = (host, size) => `http://${host}.qlogo.cn/qqapp/100000042/${OPENID}/${size}`;
const PROFILE = JSON.stringify(
  {
    ret: 0,
    msg: '',
    is_lost: 0,
    nickname: '示例用户',
    gender: '男',
    gender_type: 2,
    province: '广东',
    city: '深圳',
    year: '1990',
    constellation: '',
    figureurl: image('qzapp', 30),
    figureurl_1: image('qzapp', 50),
    figureurl_2: image('qzapp', 100),
    figureurl_qq_1: image('thirdqq', 40),
    figureurl_qq_2: image('thirdqq', 100),
    figureurl_qq: image('thirdqq', 640),
    figureurl_type: '1',
    is_yellow_vip: '0',
    vip: '0',
    yellow_vip_level: '0',
    level: '0',
    is_yellow_year_vip: '0',
  },
  undefined,
  4,
);

function answer(path, query) {
  const json = query.get('fmt') === 'json';
  if (path === '/oauth2.0/token') {
    if (query.get('grant_type') === 'refresh_token') control.refreshes += 1;
    const { expiresIn } = control;
    const token = {
      ...TOKEN,
      expires_in: String(expiresIn),
      ...(query.get('need_openid') === '1' && { openid: OPENID }),
    };
    return json ? JSON.stringify(token) : new URLSearchParams(token).toString();
  }
  if (path === '/oauth2.0/me') {
    const me = {
      client_id: '100000042',
      openid: OPENID,
      ...(query.get('unionid') === '1' && { unionid: `UID_${OPENID}` }),
    };
    return json ? JSON.stringify(me) : `callback( ${JSON.stringify(me)} );\n`;
  }
  return PROFILE;
}

const control = { latency: 0, expiresIn: 7_776_000, calls: 0, refreshes: 0, depth: 0, running: 0 };

const server = createServer((req, res) => {
  const [path, query = ''] = req.url.split('?');
  control.calls += 1;
  // A call that begins while another one runs did not wait for it.
  if (control.running === 0) control.depth += 1;
  control.running += 1;
  const send = () => {
    control.running -= 1;
    res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(answer(path, new URLSearchParams(query)));
  };
  if (control.latency === 0) send();
  else setTimeout(send, control.latency);
});

process.on('message', (wish) => {
  process.send({ calls: control.calls, refreshes: control.refreshes, depth: control.depth });
  Object.assign(control, wish, { calls: 0, refreshes: 0, depth: 0 });
});
process.on('disconnect', () => process.exit());
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }));
