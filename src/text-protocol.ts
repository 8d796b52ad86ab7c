/**
 * The QQ HTTP text protocol, versions 1.0 to 1.2: a codec, a client and a simulator. The service is gone.
 *
 * @packageDocumentation
 */
export { QQTextClient } from './text-protocol/client.js';
export type { QQTextClientOptions, TextMessagesOptions } from './text-protocol/client.js';
export { QQTextError } from './text-protocol/errors.js';
export type { QQTextErrorCode } from './text-protocol/errors.js';
export { facePicture, formatTextPacket, parseTextPacket } from './text-protocol/packet.js';
export type { TextPacket, TextPacketKind } from './text-protocol/packet.js';
export type { TextFriend, TextMessage, TextProfile } from './text-protocol/replies.js';
export { startTextServer } from './text-protocol/simulator/server.js';
export type { TextFault, TextServer, TextServerOptions } from './text-protocol/simulator/server.js';
export type { TextUser } from './text-protocol/simulator/users.js';
