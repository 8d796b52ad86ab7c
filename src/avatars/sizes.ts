/** The sizes in pixels that the image service knows. */
export const AVATAR_SIZES = [40, 100, 140, 640] as const;

/** A size in pixels that the image service knows. */
export type AvatarSize = (typeof AVATAR_SIZES)[number];

/** The size of an avatar where none is asked for. */
export const DEFAULT_AVATAR_SIZE: AvatarSize = 100;

/** The smallest known size that has at least so many pixels; beyond the largest there is only the largest. */
export function snapAvatarSize(pixels: number): AvatarSize {
  return AVATAR_SIZES.find((size) => size >= pixels) ?? 640;
}
