/** Whether two accounts are two people. Somebody who sets another's password can log in as them, and their two yesses are one. */

/** An account, and who else could act in its name. */
export interface Handed {
  readonly id: string
  readonly hands: readonly string[]
}

/** How long somebody counts as able to act in another's name after that ended: time for the person to notice that they were locked out, in ms. */
export const HANDS_MS = 24 * 3_600_000

/** Whether one person could be behind both: one of the two as the other, or a third as both. */
export function couldBeOne(a: Handed, b: Handed): boolean {
  const behind = new Set([a.id, ...a.hands])
  return [b.id, ...b.hands].some((id) => behind.has(id))
}
