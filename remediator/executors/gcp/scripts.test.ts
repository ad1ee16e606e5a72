import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SYSTEMS } from '../../../schemas/runbooks.ts'
import { EXEC_SCRIPT_MAX, execScripts, readOutput, scriptRoom } from './scripts.ts'

const PLAN = { id: 'aw-0123456789abcdef0123456789abcdef01234567', instanceNumber: '4567890123456789012', beginsBefore: 1_800_000_000 }

describe.each(SYSTEMS)('the scripts for %s', (system) => {
  test('hold the longest command they say they have room for', () => {
    const { enforce, validate } = execScripts({ system, timeoutMs: 900_000, script: 'x'.repeat(scriptRoom(system)) }, PLAN)
    expect(enforce.length).toBeLessThanOrEqual(EXEC_SCRIPT_MAX)
    expect(validate.length).toBeLessThanOrEqual(EXEC_SCRIPT_MAX)
    expect(scriptRoom(system)).toBeGreaterThan(20_000)
  })

  test('hold no character of the command as text, whatever it is', () => {
    const marked = execScripts({ system, timeoutMs: 60_000, script: 'a mark that is nowhere else' }, PLAN).enforce
    fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (script) => {
      const { enforce } = execScripts({ system, timeoutMs: 60_000, script }, PLAN)
      const encoded = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
      expect(enforce).toBe(marked.replace(encoded('a mark that is nowhere else'), encoded(script)))
    }))
  })
})

describe('the output file', () => {
  test('is read by its lengths, so nothing a command prints can pass for something else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 255 }), (out, err, code) => {
      const file = Buffer.concat([Buffer.from(`aw1 ${code} ${out.length} ${out.length} ${err.length} ${err.length}\n`), out, err])
      expect(readOutput(file)).toEqual({ exitCode: code, hasTimedOut: code === 124 || code === 137, stdout: Buffer.from(out).toString('utf8'), stderr: Buffer.from(err).toString('utf8'), isTruncated: false })
    }))
  })

  test.each(['', 'aw1 0 1 1 0 0', 'aw1 0 1 1 0 0\n', 'aw1 0 1 1 0 0\nab', 'aw2 0 0 0 0 0\n', 'aw1 0 x 0 0 0\n', 'hello\n'])('%j is none', (text) => {
    expect(readOutput(Buffer.from(text))).toBeNull()
  })
})
