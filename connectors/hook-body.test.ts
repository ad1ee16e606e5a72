import { describe, expect, it } from 'vitest'
import { hookId, hookJson, hookRow } from './hook-body.ts'

describe('the body of a webhook', () => {
  it('is read as JSON, and not repeated where it is none', () => {
    expect(hookJson(Buffer.from('{"a":1}'), 'no JSON')).toEqual({ a: 1 })
    const broken = (): unknown => hookJson(Buffer.from('secret-in-a-body'), 'no JSON')
    expect(broken).toThrow(expect.objectContaining({ code: 'invalid', message: 'no JSON' }))
    expect(broken).not.toThrow(expect.objectContaining({ cause: expect.anything() as unknown }))
  })

  it('has objects where they are, and ids that could be some', () => {
    expect([hookRow({ a: 1 }), hookRow([1]), hookRow('x'), hookRow(null)]).toEqual([{ a: 1 }, {}, {}, {}])
    expect([hookId(7), hookId('42'), hookId('0'), hookId('-1'), hookId('1/2'), hookId(1.5), hookId({}), hookId('1234567890123456')]).toEqual(['7', '42', null, null, null, null, null, null])
  })
})
