import { connect } from 'node:net';

/** Sends bytes as they are, which no HTTP client would, and gives the answer as text. */
export async function rawRequest(siteUrl: string, text: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(siteUrl);
  const socket = connect(Number(port), hostname);
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0), text: answer };
}

/** A GET of a path, byte for byte. */
export async function rawGet(siteUrl: string, path: string, headers = ''): Promise<{ status: number; text: string }> {
  return rawRequest(siteUrl, `GET ${path} HTTP/1.1\r\nHost: site\r\nConnection: close\r\n${headers}\r\n`);
}
