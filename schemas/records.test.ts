import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openCodec, parseSchema } from './codec.ts'
import { ERROR_CODES } from './errors.ts'
import { generate } from './generate.ts'
import { TOPICS } from './topics.ts'

const here = import.meta.dirname
const memoryIds = () => {
  const texts: string[] = []
  return {
    idFor: async (_subject: string, text: string) => (texts.includes(text) ? texts.indexOf(text) : texts.push(text) - 1),
    schemaOf: async (id: number) => texts[id] ?? '',
  }
}

it('keeps the TypeScript types in step with the .avsc files (npm run gen)', () => {
  expect(readFileSync(join(here, 'records.ts'), 'utf8')).toBe(generate(join(here, 'avro')))
})

it('opens a codec for every topic', async () => {
  for (const { name } of Object.values(TOPICS)) await expect(openCodec(name, memoryIds())).resolves.toBeDefined()
})

it('brings back every form of a record, and refuses bytes that are none', async () => {
  const codec = await openCodec('alerts.raw.v1', memoryIds())
  const tick = { event: { type: 'tick' as const, processId: 'p', refused: [{ companyId: null, status: 401, code: 'unauthorized', count: 2 }], integration: null } }
  expect(JSON.parse(JSON.stringify(codec.decode(codec.encode(tick))))).toEqual(tick)
  for (const bytes of [Buffer.alloc(0), Buffer.from('hello world'), Buffer.from([0, 0, 0, 0, 0, 0xff])]) expect(() => codec.decode(bytes)).toThrow(expect.objectContaining({ code: 'record_unreadable' }))
})

it('changes released schemas only so that old and new read each other', () => {
  const released = join(here, 'released')
  for (const file of readdirSync(released)) {
    // A schema that has grown since has a numbered copy for each release.
    const [then, now] = [join(released, file), join(here, 'avro', file.replace(/\.\d+(?=\.avsc$)/, ''))].map((path) => parseSchema(readFileSync(path, 'utf8')))
    expect(() => now!.createResolver(then!), `${file}: new reads released`).not.toThrow()
    expect(() => then!.createResolver(now!), `${file}: released reads new`).not.toThrow()
  }
  expect(readdirSync(released).length).toBeGreaterThanOrEqual(Object.keys(TOPICS).length)
})

it('documents exactly the error codes there are', () => {
  const page = readFileSync(join(here, '../docs/errors.md'), 'utf8')
  const documented = [...page.matchAll(/^\| `([a-z_]+)` \| (\w+) \| (.+) \|$/gm)].map(([, code, retry, doc]) => [code, { retry, doc }])
  expect(Object.fromEntries(documented)).toEqual(ERROR_CODES)
})
