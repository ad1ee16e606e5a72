/**
 * A position in one partition of a topic, as one whole number that only grows: the topic's epoch above 2^40, the offset below.
 * A version of a thing is the position of the input record that caused it. A recreated topic gets a higher epoch.
 */
export type Position = number

const OFFSETS_PER_EPOCH = 2 ** 40

/** Nothing has been read yet. */
export const NO_POSITION: Position = -1

/** The position of `offset` in a topic of this epoch (1 to 8,191). */
export function positionOf(epoch: number, offset: number): Position {
  return epoch * OFFSETS_PER_EPOCH + offset
}

/** The offset inside its epoch. */
export function offsetOf(position: Position): number {
  return position < 0 ? -1 : position % OFFSETS_PER_EPOCH
}

/** The epoch of a position, 0 for none. */
export function epochOf(position: Position): number {
  return position < 0 ? 0 : Math.floor(position / OFFSETS_PER_EPOCH)
}
