import { describe, expect, it } from 'vitest'
import type { ExternalCompany } from '../port.ts'
import { matchAsset, matchCompany, matchUser, normalised } from './match.ts'

const company = (externalId: string, name: string, domains: readonly string[] = [], isActive = true): ExternalCompany => ({ externalId, name, domains, isActive })
const ours = { name: 'Müller & Sons Ltd', aliases: ['Mueller Group'], domains: ['mueller.test'] }

describe('companies', () => {
  it.each([
    ['its exact name', [company('1', 'müller & sons  ltd'), company('2', 'Muller and Sons')], 'exact name'], ['its domain', [company('1', 'MS', ['MUELLER.test']), company('2', 'Muller and Sons')], 'domain'],
    ['its name without the legal form', [company('1', 'Muller and Sons, Limited'), company('2', 'Sons')], 'normalised name'], ['a name a person gave it elsewhere', [company('1', 'Mueller GmbH')], 'other name'],
  ])('are matched by %s', (_what, all, by) => expect(matchCompany(ours, all, new Set())).toMatchObject({ status: 'matched', externalId: '1', by }))

  it.each([
    ['two fit', [company('1', 'Müller & Sons Ltd'), company('2', 'MÜLLER & SONS LTD')]], ['none fits', [company('1', 'Smith')]], ['there is nobody', []], ['the one that fits is closed', [company('1', 'Müller & Sons Ltd', [], false)]],
  ])('are asked of a person where %s', (_why, all) => expect(matchCompany(ours, all, new Set())).toMatchObject({ status: 'asked', externalId: null }))

  it('are never given to two of ours by a rule', () => {
    expect(matchCompany(ours, [company('1', 'Müller & Sons Ltd')], new Set(['1']))).toMatchObject({ status: 'asked', candidates: [{ externalId: '1' }] })
  })

  it('keep a name that is nothing but a legal form', () => expect(normalised('The Company Ltd.')).toBe('the company ltd'))
})

describe('things', () => {
  const asset = (externalId: string, name: string, aliases: readonly string[] = []) => ({ externalId, name, aliases })
  it.each([
    ['exact name', [asset('1', 'WEB-1'), asset('2', 'web-1.acme.local')]], ['other name', [asset('1', 'Server 4', ['10.0.0.4']), asset('2', 'web-10')]], ['short name', [asset('1', 'web-1.acme.local'), asset('2', 'web-11')]],
  ])('are matched by %s', (by, all) => expect(matchAsset({ name: 'web-1', aliases: ['10.0.0.4'] }, all)).toMatchObject({ status: 'matched', externalId: '1', by }))

  it('are none where nothing fits, and asked where several do; addresses have no short name', () => {
    expect(matchAsset({ name: 'web-1', aliases: [] }, [asset('1', 'web-2')])).toMatchObject({ status: 'none', candidates: [] })
    expect(matchAsset({ name: 'web-1', aliases: [] }, [asset('1', 'web-1'), asset('2', 'WEB-1')])).toMatchObject({ status: 'asked' })
    expect(matchAsset({ name: '10.0.0.4', aliases: [] }, [asset('1', '10.0.0.5')])).toMatchObject({ status: 'none' })
  })
})

describe('people', () => {
  it('are matched by e-mail and by nothing else', () => {
    expect(matchUser('Ann@msp.test', [{ externalId: '1', name: 'Ann', email: 'ann@MSP.test' }, { externalId: '2', name: 'Ann@msp.test', email: null }])).toMatchObject({ status: 'matched', externalId: '1' })
    expect(matchUser('ann@msp.test', [{ externalId: '2', name: 'Ann', email: null }])).toMatchObject({ status: 'none' })
  })
})
