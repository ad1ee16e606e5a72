import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../../config.ts'
import { ROLE_NAMES } from '../../app/roles/names.ts'

interface Compose {
  readonly services: Readonly<Record<string, { command?: readonly string[]; healthcheck?: { test?: readonly string[] }; environment?: Readonly<Record<string, string>>; depends_on?: Readonly<Record<string, { condition: string }>> }>>
}

const root = join(import.meta.dirname, '../..')
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as Compose
const documented = new Set([...readFileSync(join(root, 'docs/configuration.md'), 'utf8').matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => name))
const ours = Object.entries(compose.services).filter(([, { command }]) => command?.includes('role') === true)

describe('docker-compose.yml', () => {
  it('has one service for each role, and none for anything else', () => {
    expect(ours.map(([name]) => name).sort()).toEqual([...ROLE_NAMES].sort())
    for (const [name, { command }] of ours) expect(command).toEqual(['node', 'main.ts', 'role', name])
  })

  it('looks after the health of every service', () => {
    for (const [name, { healthcheck }] of Object.entries(compose.services)) expect([name, healthcheck?.test?.length ?? 0]).toEqual([name, expect.any(Number)])
    expect(Object.entries(compose.services).filter(([, { healthcheck }]) => (healthcheck?.test?.length ?? 0) < 2)).toEqual([])
  })

  it('starts a role only when the servers it needs are healthy', () => {
    for (const [, { depends_on }] of ours) {
      expect(depends_on).toEqual(Object.fromEntries(['kafka', 'registry', 'postgres', 'redis', 'clickhouse'].map((name) => [name, { condition: 'service_healthy' }])))
    }
  })

  it('gives the roles no setting that is not documented', () => {
    for (const [name, { environment = {} }] of ours) expect([name, Object.keys(environment).filter((setting) => !documented.has(setting))]).toEqual([name, []])
  })

  it('gives each role a configuration with all five servers that the program accepts', () => {
    const filled = (value: string): string => value.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_all, name: string, kind: string | undefined, word: string) =>
      kind === '-' ? word : name === 'AW_MASTER_KEY' ? Buffer.alloc(32).toString('base64') : 'filled0in0by0the0reader')
    for (const [, { environment = {} }] of ours) {
      const config = readConfig(Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value)])))
      expect([config.kafkaBrokers, config.schemaRegistryUrl, config.redisUrl, config.databaseUrl, config.clickhouseUrl]).not.toContain(null)
    }
  })
})
