import { describe, expect, it } from 'vitest'
import { FIELDS_MAX } from './limits.ts'
import { parseBody } from './parse.ts'

const parse = (text: string, contentType = 'application/json'): unknown => parseBody(Buffer.from(text), contentType)

describe('reading a body', () => {
  it.each(['application/json', 'application/json; charset=utf-8', 'application/cloudevents+json', 'text/json', '', 'text/plain; charset=UTF-8'])('reads JSON sent as %j', (contentType) => {
    expect(parse('\ufeff {"a":[1]}', contentType)).toEqual({ a: [1] })
  })

  it('keeps plain text that is no JSON as text', () => {
    expect(parse('the disk is full', 'text/plain')).toBe('the disk is full')
  })

  it('reads a flat form, and the JSON inside the field payload', () => {
    expect(parse('host=a&text=b+c%21', 'application/x-www-form-urlencoded')).toEqual({ host: 'a', text: 'b c!' })
    expect(parse(`payload=${encodeURIComponent('{"a":1}')}&x=y`, 'application/x-www-form-urlencoded')).toEqual({ a: 1 })
    expect(parse('payload=words', 'application/x-www-form-urlencoded')).toEqual({ payload: 'words' })
  })

  it('reads the innermost texts of XML, and neither entities nor documents it names', () => {
    const xml = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><a><!-- <c>no</c> --><b x="1">1 &lt; 2 &#33; &e;</b><c><![CDATA[<raw>]]></c><d/><b>second</b></a>'
    expect(parse(xml, 'text/xml')).toEqual({ b: '1 < 2 ! &e;', c: '<raw>' })
    expect(parse('<'.repeat(100_000), 'text/xml')).toEqual({})
  })

  it('mends raw line breaks inside quotes, which templates leave there', () => {
    expect(parse('{"message":"first\r\nsecond\\n","b":"\\\\"}')).toEqual({ message: 'first\r\nsecond\n', b: '\\' })
  })

  it('reads JSON lines under any type, and only where every line is an object', () => {
    for (const contentType of ['application/x-ndjson', 'application/json', 'text/plain']) expect(parse('{"a":1}\r\n{"id":12345678901234567890}\n', contentType)).toMatchObject([{ a: 1 }, {}])
    expect(parse('{"id":12345678901234567890}\n{"b":2}')).toEqual([{ id: '12345678901234567890' }, { b: 2 }])
    expect(() => parse('{"a":1}\n{"b":}')).toThrow(expect.objectContaining({ code: 'payload_invalid' }))
    expect(() => parse('{"a":1}\n[2]')).toThrow(expect.objectContaining({ code: 'payload_invalid' }))
  })

  it('says where JSON ends being JSON, and never what stands there', () => {
    const broken = () => parse('{"token":"secret-value",}')
    expect(broken).toThrow(expect.objectContaining({ code: 'payload_invalid', message: expect.stringMatching(/not JSON \(at position \d+/) }))
    expect(broken).not.toThrow(/secret-value/)
  })

  it.each(['', '  ', '{', 'nothing', '{"a":$VALUE}'])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'payload_invalid' }))
  })

  it('refuses nesting that is deeper than the limit without running out of stack', () => {
    expect(() => parse('['.repeat(100_000) + ']'.repeat(100_000))).toThrow(/levels deep/)
    expect(parse('['.repeat(60) + ']'.repeat(60))).toBeInstanceOf(Array)
  })

  it('refuses a form with too many fields', () => {
    expect(() => parse(Array.from({ length: FIELDS_MAX + 1 }, (_, index) => `f${index}=1`).join('&'), 'application/x-www-form-urlencoded')).toThrow(/more than/)
  })

  it('lets no field called __proto__ change what an object is', () => {
    const fromForm = parse('__proto__=x&a=b', 'application/x-www-form-urlencoded') as object
    const fromJson = parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>
    expect(Object.getPrototypeOf(fromForm)).toBe(Object.prototype)
    expect(Object.getPrototypeOf(fromJson)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('bodies found by fuzzing', () => {
  it('a multipart form whose head is no UTF-8 is refused like any other that is broken', () => {
    const body = Buffer.concat([Buffer.from('--x\r\ncontent-disposition: form-data; name="a'), Buffer.of(0xff), Buffer.from('"\r\n\r\n1\r\n--x--\r\n')])
    expect(() => parseBody(body, 'multipart/form-data; boundary=x')).toThrow(expect.objectContaining({ code: 'payload_invalid' }))
  })
})
