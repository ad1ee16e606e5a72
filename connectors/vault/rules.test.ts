/** Rules said of every connector there is: what its own form gives as examples is taken, and what it does not name is not. */
import { describe, expect, it, test } from 'vitest'
import type { AuthKind } from '../../schemas/tickets.ts'
import { CONNECTORS } from '../registry.ts'
import { isVendorUrl } from './base-url.ts'
import { oauthAddress } from './oauth.ts'
import { connectionRules, fieldsFor, isOAuth, wholeFields, type ConnectionState } from './rules.ts'

const rules = connectionRules((id) => CONNECTORS.find((one) => one.id === id), () => CONNECTORS.map(({ id }) => id))
const each = CONNECTORS.flatMap(({ id, config }) => config.auth.map((auth): [string, AuthKind] => [id, auth]))
const configOf = (id: string) => CONNECTORS.find((one) => one.id === id)!.config

/** A connection as the examples of its form make it. */
function exemplary(id: string, auth: AuthKind): { state: ConnectionState; given: Record<string, string> } {
  const config = configOf(id)
  const pairs = (isSecret: boolean): Record<string, string> => Object.fromEntries(fieldsFor(config, auth).filter((field) => field.isSecret === isSecret).map(({ name, example }) => [name, example]))
  const given = pairs(true)
  return { state: { connector: id, name: 'main', environment: 'production', baseUrl: config.baseUrlExample, auth, scopes: [], fields: pairs(false), mapping: {}, secrets: Object.keys(given) }, given }
}

describe.each(each)('%s with %s', (id, auth) => {
  it('takes what its own form gives as examples', () => {
    const { state, given } = exemplary(id, auth)
    expect(rules.mistakes(state, given)).toEqual([])
    // What people install themselves has no address that anybody could know.
    expect(rules.adminOnly(null, state)).toHaveLength(configOf(id).hosts.length === 0 ? 1 : 0)
  })

  it('wants each field that is needed, and takes no other', () => {
    const { state, given } = exemplary(id, auth)
    for (const { name, isRequired, isSecret, default: otherwise } of fieldsFor(configOf(id), auth)) {
      const without = (of: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(of).filter(([key]) => key !== name))
      const mistakes = rules.mistakes({ ...state, fields: without(state.fields), secrets: state.secrets.filter((key) => key !== name) }, without(given))
      expect([name, mistakes.length > 0]).toEqual([name, (isRequired && otherwise === undefined) || (name === 'clientId' && isOAuth(auth))])
      if (isSecret) expect(rules.mistakes({ ...state, fields: { ...state.fields, [name]: 'x' } }, given).join()).toContain('is a secret')
    }
    expect(rules.mistakes({ ...state, fields: { ...state.fields, noSuchField: 'x' } }, given).join()).toContain('no field noSuchField')
  })

  it('knows its own addresses from strangers’, and speaks OAuth with none of these', () => {
    const { state } = exemplary(id, auth)
    const config = configOf(id)
    for (const baseUrl of ['https://evil.test', `https://${new URL(config.baseUrlExample).hostname}.evil.test`, 'http://127.0.0.1:1']) {
      expect(isVendorUrl(baseUrl, config.hosts)).toBe(false)
      expect(rules.adminOnly(null, { ...state, baseUrl })).toHaveLength(1)
      if (config.oauth !== undefined && isOAuth(auth)) expect(oauthAddress(config.oauth.tokenUrl, { baseUrl, fields: wholeFields(config, state.fields), hosts: config.hosts })?.origin).toBe(new URL(baseUrl).origin)
    }
  })
})

test('a connector that keeps its clientSecret is one that uses OAuth, and the other way round there are addresses', () => {
  for (const { id, config } of CONNECTORS) expect([id, config.oauth !== undefined]).toEqual([id, config.auth.some(isOAuth)])
})
