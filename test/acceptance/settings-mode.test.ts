/**
 * The story: somebody reads the settings of a company to learn whether its tickets and repairs are real. Whatever was set for whom, under whatever AW_MODE, the API, `aw settings show` and
 * `aw company mode` say what tickets and repairs go by, and where it comes from.
 */
import { afterEach, expect, it } from 'vitest'
import type { ApiClient } from '../../cli/client.ts'
import { companyMode, companyModeText } from '../../cli/company-mode.ts'
import { settingsText, showSettings } from '../../cli/settings-diff.ts'
import { TestClock } from '../../schemas/clock.ts'
import { runMode } from '../../schemas/remediation-settings.ts'
import { MODES, type Mode } from '../../schemas/settings.ts'
import { syncStore } from '../../storage/tickets/sync-store.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'

let api: ApiHarness
afterEach(() => api.close())

/** The command line's way to this API. */
const client = (): ApiClient => {
  const one: Pick<ApiClient, 'call'> = {
    async call<T>(method: string, url: string, body?: unknown): Promise<T> {
      const { status, text } = await api.call(ADMIN_TOKEN, method, url, body)
      expect(status, text).toBeLessThan(300)
      return JSON.parse(text) as T
    },
  }
  return one as ApiClient
}

it.each([...MODES])('under AW_MODE=%s', async (ceiling) => {
  api = await openApiHarness(new TestClock(), { mode: ceiling })
  // What a release before took as a mode for all companies, and never went by.
  await api.database.query(`update msp_settings set settings = '{"mode":"production","windowMs":420000}', origins = '{"mode":{"by":{"kind":"user","id":"x","name":"x"},"at":"2026-01-01T00:00:00.000Z","comment":""}}'`)
  const { id } = await api.company('Acme')
  for (const own of [null, ...MODES]) {
    if (own !== null) await client().call('PATCH', `/api/companies/${id}`, { mode: own })
    const goesBy: Mode = runMode(ceiling, await syncStore(api.database, { clock: new TestClock() }).companyMode(id), null)
    const mode = own ?? 'dry-run'
    const from = goesBy === mode ? (own === null ? 'built_in' : 'company') : 'AW_MODE'
    const view = await showSettings(client(), 'Acme')
    expect(view).toMatchObject({ effectiveMode: goesBy, settings: { mode, windowMs: 420_000 }, origins: { effectiveMode: { from }, mode: { from: own === null ? 'built_in' : 'company' }, windowMs: { from: 'msp' } } })
    expect(settingsText(view)).toMatch(new RegExp(`^mode +"${mode}" +${own === null ? 'built_in' : 'company'}$`, 'm'))
    expect(settingsText(view)).toMatch(new RegExp(`^effectiveMode +"${goesBy}" +${from}$`, 'm'))
    expect((await api.call(ADMIN_TOKEN, 'GET', `/api/companies/${id}`)).body).toMatchObject({ mode, effectiveMode: goesBy })
    const told = await companyMode(client(), 'Acme')
    expect(told).toEqual({ company: 'Acme', own, effective: goesBy })
    expect(companyModeText(told)).toContain(`Acme is in mode ${goesBy}`)
  }
  // The company takes it back, and none is set for all.
  await client().call('PATCH', `/api/companies/${id}`, { inherit: ['mode'] })
  expect(await companyMode(client(), 'Acme')).toMatchObject({ own: null })
  const msp = await showSettings(client(), undefined)
  expect([msp.settings.mode, msp.overrides, Object.keys(msp.origins)]).toEqual(['dry-run', { windowMs: 420_000 }, []])
  expect(settingsText(msp)).toMatch(/^mode +"dry-run" +built_in$/m)
  expect(await api.call(ADMIN_TOKEN, 'PUT', '/api/settings', { mode: 'production' })).toMatchObject({ status: 400, body: { message: expect.stringContaining('mode') } })
})
