/** Writes `docs/connectors/`, a page for each ticket system and their index: `npm run gen`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectorIndex, connectorPage } from './guide-page.ts'
import { CONNECTORS } from './registry.ts'

/** Every page by its file name, as the connectors would have it. */
export function connectorPages(): ReadonlyMap<string, string> {
  return new Map([['README.md', connectorIndex(CONNECTORS)], ...CONNECTORS.map((connector): [string, string] => [`${connector.id}.md`, connectorPage(connector)])])
}

/** Where the pages lie. */
export const CONNECTOR_PAGES_FOLDER = join(import.meta.dirname, '../docs/connectors')

if (import.meta.main) {
  rmSync(CONNECTOR_PAGES_FOLDER, { recursive: true, force: true })
  mkdirSync(CONNECTOR_PAGES_FOLDER, { recursive: true })
  for (const [name, page] of connectorPages()) writeFileSync(join(CONNECTOR_PAGES_FOLDER, name), page)
}
