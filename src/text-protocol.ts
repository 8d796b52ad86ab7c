/**
 * The QQ HTTP text protocol, versions 1.0 to 1.2: a codec. The service is gone.
 *
 * @packageDocumentation
 */
export { QQTextError } from './text-protocol/errors.js';
export type { QQTextErrorCode } from './text-protocol/errors.js';
export { facePicture, formatTextPacket, parseTextPacket } from './text-protocol/packet.js';
export type { TextPacket, TextPacketKind } from './text-protocol/packet.js';
