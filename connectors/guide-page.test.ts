import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CONNECTOR_PAGES_FOLDER, connectorPages } from './generate-guides.ts'
import { CONNECTORS } from './registry.ts'

describe('pages of the ticket systems', () => {
  const pages = connectorPages()

  it('are those of the connectors as they are; else run npm run gen', () => {
    expect(readdirSync(CONNECTOR_PAGES_FOLDER).sort()).toEqual([...pages.keys()].sort())
    for (const [name, page] of pages) expect(readFileSync(join(CONNECTOR_PAGES_FOLDER, name), 'utf8'), `${name} is stale: npm run gen`).toBe(page)
  })

  it.each(CONNECTORS.map((connector) => [connector.id, connector] as const))('%s has every field, right, step and error, and no secret example', (id, { config }) => {
    const page = pages.get(`${id}.md`) ?? ''
    for (const field of config.fields) {
      expect(page).toContain(`\`${field.name}\``)
      if (field.isSecret) expect(page).not.toContain(field.example)
    }
    for (const text of [...config.guide.steps, ...config.guide.permissions, ...config.guide.webhook]) expect(page).toContain(text)
    for (const { error, mend } of config.guide.troubleshooting) expect([page.includes(`\`${error.replaceAll('|', '\\|')}\``), page.includes(mend.replaceAll('|', '\\|'))]).toEqual([true, true])
    expect(page).not.toMatch(/undefined|\[object|NaN/)
    expect(pages.get('README.md')).toContain(`(${id}.md)`)
  })
})
