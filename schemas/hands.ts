/** Whether two accounts are two people. Somebody who sets another's password can log in as them, and their two yesses are one. */

/** An account, and who else could act in its name. */
export interface Handed {
  readonly id: string
  readonly hands: readonly string[]
}

/** Id of whoever calls with the admin token. */
export const ADMIN_TOKEN_ID = 'admin-token'

/** How long somebody counts as able to act in another's name after that ended: time for the person to notice that they were locked out, in ms. */
export const HANDS_MS = 24 * 3_600_000

/** Whether one person could be behind both: one of the two as the other, or a third as both. Whose hands the admin token is among could be anybody who holds it; it is among none where it counts. */
export function couldBeOne(a: Handed, b: Handed): boolean {
  if ([a, b].some(({ hands }) => hands.includes(ADMIN_TOKEN_ID))) return true
  const behind = new Set([a.id, ...a.hands])
  return [b.id, ...b.hands].some((id) => behind.has(id))
}
