/** How often clouds are called, as several processes over one database count it together. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CALL_RATES, callGate } from '../../remediator/runs/call-gate.ts'
import type { CallGate } from '../../remediator/runs/ports.ts'
import { systemClock } from '../../schemas/clock.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { callAccounts } from '../../storage/tickets/call-accounts.ts'
import type { EmptyDatabase } from './database.contract.ts'

const NOW_MS = Date.UTC(2026, 2, 2, 10)

/** Runs the suite over an engine. */
export function callGateContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`the call rates of clouds on ${engineName}`, () => {
    let empty: EmptyDatabase
    const opened: Database[] = []
    let gates: CallGate[]

    beforeAll(async () => {
      empty = await make()
      // The embedded engine serves one process; a server serves several, each with connections of its own.
      for (let turn = 0; turn < (empty.shared ? 2 : 1); turn++) opened.push(await openDatabase({ ...empty.options, clock: systemClock }))
      gates = [opened[0]!, opened.at(-1)!].map((database) => callGate(callAccounts(database, { clock: systemClock })))
    })
    afterAll(async () => {
      for (const database of opened) await database.close()
      await empty.drop()
    })

    it('never exceed a window together, however two processes ask at once', async () => {
      const { burst, perSecond } = CALL_RATES.datto_rmm.send
      const turns: number[] = []
      for (let second = 0; second < 10; second++) {
        const nowMs = NOW_MS + second * 1_000
        const waits = await Promise.all([0, 1, 0, 1].map((who) => gates[who]!.take('datto_rmm', 'acct', 'send', nowMs)))
        turns.push(...waits.map((waitMs) => nowMs + waitMs))
      }
      turns.sort((a, b) => a - b)
      expect(turns).toHaveLength(40)
      expect(turns.filter((turn) => turn === NOW_MS)).toHaveLength(4)
      for (const spanMs of [1_000, 10_000, 60_000]) {
        for (const [index, turn] of turns.entries()) expect(turns.slice(index).filter((other) => other < turn + spanMs).length).toBeLessThanOrEqual(burst + (perSecond * spanMs) / 1_000 + 1)
      }
    })

    it('leave look-ups what is above half of what may be asked at once, whichever process asks, and nothing while a command waits', async () => {
      const { burst, perSecond } = CALL_RATES.azure.ask
      const spare = (who: number, nowMs: number): Promise<number> => gates[who]!.spare('azure', 'looked', nowMs)
      const first = await Promise.all(Array.from({ length: burst }, (_, turn) => spare(turn % 2, NOW_MS)))
      expect(first.filter((waitMs) => waitMs === 0)).toHaveLength(burst / 2)
      expect(new Set(first.filter((waitMs) => waitMs > 0))).toEqual(new Set([1_000 / perSecond]))
      expect(await Promise.all(Array.from({ length: burst / 2 }, (_, turn) => gates[turn % 2]!.take('azure', 'looked', 'ask', NOW_MS)))).toEqual(Array(burst / 2).fill(0))
      expect(await gates[0]!.take('azure', 'looked', 'ask', NOW_MS)).toBe(1_000 / perSecond)
      expect(await spare(1, NOW_MS)).toBeGreaterThan((burst / 2 / perSecond) * 1_000)
      // Who was refused has used nothing up.
      expect(await spare(1, NOW_MS)).toBe(await spare(0, NOW_MS))
    })

    it('make both rest when a cloud asked one of them for rest, that account alone', async () => {
      await gates[0]!.rest('azure', 'acct', NOW_MS + 30_000, NOW_MS)
      expect(await gates[1]!.isResting('azure', 'acct', NOW_MS + 29_999)).toBe(true)
      expect(await gates[1]!.take('azure', 'acct', 'ask', NOW_MS + 5_000)).toBe(25_000)
      expect(await gates[1]!.isResting('azure', 'acct', NOW_MS + 30_000)).toBe(false)
      expect([await gates[1]!.isResting('azure', 'other', NOW_MS), await gates[1]!.take('azure', 'other', 'ask', NOW_MS)]).toEqual([false, 0])
    })

    it('are kept over a restart of all of them', async () => {
      for (let turn = 0; turn < CALL_RATES.gcp.send.burst; turn++) expect(await gates[0]!.take('gcp', 'acct', 'send', NOW_MS)).toBe(0)
      const restarted = callGate(callAccounts(opened[0]!, { clock: systemClock }))
      expect(await restarted.take('gcp', 'acct', 'send', NOW_MS)).toBe(1_000)
    })
  })
}
