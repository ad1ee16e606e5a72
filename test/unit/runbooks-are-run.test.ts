/** Every runbook that ships and has scripts for Linux is run for real in a test: before, after, twice, and on machines that are not as expected. Here only that there is such a test. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shippedRunbooks } from '../../remediator/library/shipped.ts'

const FOLDER = join(import.meta.dirname, '../runbooks')

test('every runbook for Linux is run for real', async () => {
  const texts = readdirSync(FOLDER).filter((name) => name.endsWith('.services.test.ts')).map((name) => readFileSync(join(FOLDER, name), 'utf8'))
  const linux = (await shippedRunbooks()).filter(({ systems, steps }) => systems.includes('linux') && steps.some(({ shell }) => shell?.linux !== undefined))
  expect(linux.map(({ id }) => id).filter((id) => !texts.some((text) => text.includes(`'${id}'`)))).toEqual([])
  expect(linux.length).toBeGreaterThanOrEqual(30)
})
