import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { parseBody } from '../parse.ts'
import { vmwareVrops } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(vmwareVrops, FOLDER)

describe('identity', () => {
  it('is the same when an alert is new, updated and canceled', () => {
    const found = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(vmwareVrops, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, status: alert.status }
    })
    const [firing, repeat, resolved] = found
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})

describe('the XML form', () => {
  it('is read like the JSON one', () => {
    const xml = '<?xml version="1.0" encoding="UTF-8"?><alert><startDate>1767607200000</startDate><criticality>ALERT_CRITICALITY_LEVEL_IMMEDIATE</criticality><alertId>al-9</alertId><status>CANCELED</status><resourceKind>VirtualMachine</resourceKind><alertName>Disk space is low &amp; falling</alertName><resourceName>vm-9</resourceName></alert>'
    expect(vmwareVrops.normalise(parseBody(Buffer.from(xml), 'application/xml'), { contentType: 'application/xml', headers: {}, receivedAtMs: 0 })).toMatchObject([
      { externalId: 'al-9', asset: 'vm-9', signature: 'Disk space is low & falling', severity: 'high', status: 'resolved', startsAtMs: 1767607200000 },
    ])
  })
})
