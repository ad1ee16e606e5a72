/** Who could act in a person's name: written with each change of an account by somebody else, read where two people are asked for. */
import type { Caller } from '../../schemas/access.ts'
import { ADMIN_TOKEN_ID, HANDS_MS } from '../../schemas/hands.ts'
import { atMs, type Sql } from './sql.ts'

/**
 * Writes down that the caller set how one gets into an account (`isLasting`: its password or address, which holds until the person sets a password of their own) or what it
 * may do. With them come those who could act in the caller's name. The admin token is written down as well; whether it counts is asked when it is read.
 */
export async function noteHands(sql: Sql, caller: Caller, userId: string, isLasting: boolean, nowMs: number): Promise<void> {
  if (caller.kind === 'system' || caller.id === userId) return
  const actors = [...new Set([caller.id, ...(await handsOf(sql, caller.id, nowMs, true))])].filter((id) => id !== userId)
  await sql.query(
    `insert into user_hands (user_id, actor_id, until) select $1, unnest($2::text[]), case when $3 then null else ${atMs('$4')} end
     on conflict (user_id, actor_id) do update set until = case when user_hands.until is null or excluded.until is null then null else greatest(user_hands.until, excluded.until) end`,
    [userId, actors, isLasting, nowMs])
}

/** The person set a password of their own. Whoever knew the old one may have been it, so their time runs from now. */
export async function endHands(sql: Sql, userId: string, nowMs: number): Promise<void> {
  await sql.query(`update user_hands set until = ${atMs('$2')} where user_id = $1 and until is null`, [userId, nowMs])
}

/** Ids of those who could act in somebody's name, now or within the last HANDS_MS; with `isTokenBarred` the admin token is one of them, and is one of its own. */
export async function handsOf(sql: Sql, userId: string, nowMs: number, isTokenBarred: boolean): Promise<string[]> {
  const [row] = await sql.query<{ hands: string[] }>(`select ${handsSql('$1::text', '$2', isTokenBarred)} as hands`, [userId, nowMs])
  return row?.hands ?? []
}

/** The same within a query: an array, of the id and the time in ms that these expressions stand for. */
export function handsSql(userId: string, nowMs: string, isTokenBarred: boolean): string {
  const noted = `select h.actor_id from user_hands h where h.user_id = ${userId} and (h.until is null or h.until > ${atMs(nowMs)} - interval '${HANDS_MS} milliseconds')`
  return isTokenBarred ? `array(${noted} union select '${ADMIN_TOKEN_ID}' where ${userId} = '${ADMIN_TOKEN_ID}' order by 1)` : `array(${noted} and h.actor_id <> '${ADMIN_TOKEN_ID}' order by 1)`
}
