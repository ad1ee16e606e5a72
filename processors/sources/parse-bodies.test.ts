import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FIELDS_MAX } from './limits.ts'
import { parseBody } from './parse.ts'
import { nameOfCheck, readEventType, shapeOf, stateOfText, withoutState } from './sentence.ts'

const invalid = expect.objectContaining({ code: 'payload_invalid' })

describe('a multipart form', () => {
  const TYPE = 'multipart/form-data; charset=utf-8; boundary="x Y"'
  const part = (headers: string, value: string | Buffer): Buffer => Buffer.concat([Buffer.from(`--x Y\r\nContent-Disposition: form-data; ${headers}\r\n\r\n`), Buffer.from(value), Buffer.from('\r\n')])
  const parse = (...parts: Buffer[]): unknown => parseBody(Buffer.concat([...parts, Buffer.from('--x Y--\r\n')]), TYPE)

  it('gives its text fields, and how many files were skipped', () => {
    const file = part('name="attachment1"; filename="a.png"\r\nContent-Type: image/png', Buffer.of(0, 255))
    expect(parse(part('name="subject"', 'disk full ü'), file, part('name="text"', 'a\r\nb'), file)).toEqual({ subject: 'disk full ü', text: 'a\r\nb', skipped_files: '2' })
  })

  it('reads a field in the charset that SendGrid or the part names, and in UTF-8 where nobody knows it', () => {
    const latin = Buffer.from('Störung', 'latin1')
    expect(parse(part('name="charsets"', '{"subject":"iso-8859-1","text":"x-odd"}'), part('name="subject"', latin), part('name="text"', 'ü'))).toMatchObject({ subject: 'Störung', text: 'ü' })
    expect(parse(part('name="a"\r\nContent-Type: text/plain; charset=ISO-8859-1', latin))).toEqual({ a: 'Störung' })
  })

  it('gives the JSON inside the field payload, and lets no name change what an object is', () => {
    expect(parse(part('name="payload"', '{"a":1}'), part('name="thumb"; filename="t.jpg"', 'x'))).toEqual({ a: 1 })
    expect(Object.getPrototypeOf(parse(part('name="__proto__"', 'x')))).toBe(Object.prototype)
  })

  it.each([
    ['no boundary', 'multipart/form-data', '--a--'],
    ['no end', TYPE, '--x Y\r\nContent-Disposition: form-data; name="a"\r\n\r\nb'],
    ['no part', TYPE, 'hello'],
    ['a header without an end', TYPE, `--x Y\r\n${'a'.repeat(20_000)}\r\n\r\nb\r\n--x Y--`],
  ])('with %s is refused', (_what, type, body) => {
    expect(() => parseBody(Buffer.from(body), type)).toThrow(invalid)
  })

  it('with too many parts is refused', () => {
    expect(() => parse(...Array.from({ length: FIELDS_MAX + 1 }, () => part('name="a"', 'b')))).toThrow(invalid)
  })

  it('of any bytes is read or refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isFramed) => {
      const body = isFramed ? part('name="a"', Buffer.from(bytes)) : Buffer.from(bytes)
      try {
        parseBody(body, TYPE)
      } catch (thrown) {
        expect(thrown).toEqual(invalid)
      }
    }), { numRuns: 500 })
  })
})

describe('logs in protobuf', () => {
  const bytes = (number: number, ...parts: (Buffer | string)[]): Buffer => {
    const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
    return Buffer.concat([Buffer.of(number * 8 + 2), body.length < 128 ? Buffer.of(body.length) : Buffer.of((body.length & 127) | 128, body.length >> 7), body])
  }
  const TYPE = 'application/x-protobuf'

  it('become what their JSON is', () => {
    const attribute = bytes(6, bytes(1, 'alert.id'), bytes(2, bytes(1, 'eu-1')))
    const time = Buffer.alloc(8)
    time.writeBigUInt64LE(1_770_091_506_000_007_000n)
    const record = bytes(2, Buffer.of(0x09), time, Buffer.of(0x10, 17), bytes(5, bytes(1, 'down')), attribute, bytes(9, Buffer.alloc(16, 7)), bytes(12, 'gateway'), bytes(15, 'from the future'))
    const body = bytes(1, bytes(1, bytes(1, bytes(1, 'service.name'), bytes(2, bytes(1, 'shop')))), bytes(2, bytes(1, bytes(1, 'lib')), record))
    expect(parseBody(body, TYPE)).toEqual({
      resourceLogs: [{
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeLogs: [{ scope: { name: 'lib' }, logRecords: [{ timeUnixNano: '1770091506000007000', severityNumber: 17, body: { stringValue: 'down' }, attributes: [{ key: 'alert.id', value: { stringValue: 'eu-1' } }], traceId: Buffer.alloc(16, 7).toString('base64'), eventName: 'gateway' }] }],
      }],
    })
  })

  it('that nest without end are refused', () => {
    let value = bytes(1, 'x')
    for (let level = 0; level < 200; level++) value = bytes(5, bytes(1, value))
    expect(() => parseBody(bytes(1, bytes(2, bytes(2, bytes(5, value)))), TYPE)).toThrow(invalid)
  })

  it('of any bytes are read or refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      for (const body of [Buffer.from(noise), bytes(1, bytes(2, bytes(2, Buffer.from(noise))))]) {
        try {
          parseBody(body, TYPE)
        } catch (thrown) {
          expect(thrown).toEqual(invalid)
        }
      }
    }), { numRuns: 500 })
  })
})

it('JSON lines give an array', () => {
  expect(parseBody(Buffer.from('{"a":1}\n\n{"a":2}\r\n'), 'application/x-ndjson')).toEqual([{ a: 1 }, { a: 2 }])
  expect(() => parseBody(Buffer.from('{"a":1}\n{'), 'application/x-ndjson')).toThrow(invalid)
})

describe('a sentence', () => {
  it.each([
    ['web01/HTTP is CRITICAL', 'web01/HTTP'], ['PROBLEM: disk full on a', 'disk full on a'], ['Interface Gi0/1, changed state to up', 'Interface Gi0/1'], ['Monitor is DOWN: shop', 'Monitor: shop'], ['OK', 'OK'], ['critical down', 'critical down'],
  ])('%j without its state is %j', (text, rest) => expect(withoutState(text)).toBe(rest))

  it.each([
    ['order 4711 took 23 ms at 12:03:04', 'order # took # ms at #'], ['eth0 and Gi0/1 of web-2', 'eth0 and Gi0/1 of web-2'], ['id=8c2f1a9b4d from 192.0.2.7', 'id=# from #'], ['97%', '#'], ['', ''],
  ])('%j has the shape %j', (text, shape) => expect(shapeOf(text)).toBe(shape))

  it.each([
    ['RAID degraded on db-7 (3 %)', 'db-7', 'RAID degraded'], ['db-7 is ill', 'db-7', '{asset} is ill'], ['db-7', 'db-7', 'db-7'], ['(97 %)', null, '(# %)'],
  ])('%j on %j names the check %j', (text, asset, name) => expect(nameOfCheck(text, asset)).toBe(name))

  it.each([
    ['link is up', 'resolved'], ['set up a call', null], ['could not be resolved', 'firing'], ['RECOVERY: a was down', 'resolved'], ['a is down', 'firing'], ['a acknowledged', 'acknowledged'], [null, null],
  ])('%j says %j', (text, status) => expect(stateOfText(text)).toBe(status))

  it.each([
    ['com.example.alert.resolved.v1', 'com.example.alert.v1', 'resolved'], ['com.example.incident.closed', 'com.example.incident', 'resolved'], ['com.example.object.closed', 'com.example.object.closed', null], ['resolved', 'resolved', 'resolved'], ['constructor', 'constructor', null],
  ])('the event type %j is %j, %j', (type, name, status) => expect(readEventType(type)).toEqual({ name, status }))
})
