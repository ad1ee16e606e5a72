import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { embeddedEngines, readConfig } from './config.ts'
import type { AppError } from './schemas/errors.ts'

const mistakesOf = (environment: Record<string, string>): readonly unknown[] => {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    return (error as AppError).details.mistakes as unknown[]
  }
}

describe('readConfig', () => {
  it('needs nothing: every engine is embedded and nothing outside is changed', () => {
    const config = readConfig({})
    expect([config.host, config.port, config.dataDir, config.mode]).toEqual(['127.0.0.1', 8080, resolve('.data'), 'dry-run'])
    expect(embeddedEngines(config)).toHaveLength(5)
  })

  const cases: [string, Record<string, string>, RegExp][] = [
    ['a port that is none', { AW_PORT: '80a' }, /^AW_PORT: a whole number/],
    ['a name nobody knows', { AW_PROT: '80' }, /^AW_PROT: no such setting/],
    ['an unknown mode', { AW_MODE: 'live' }, /^AW_MODE: one of demo, dry-run, sandbox, production/],
    ['a half-hearted pair of eyes', { AW_TOKEN_FOUR_EYES: 'no' }, /^AW_TOKEN_FOUR_EYES: one of counts, never/],
    ['a short master key', { AW_MASTER_KEY: 'c2hvcnQ=' }, /^AW_MASTER_KEY: 32 bytes/],
    ['a short master key before it', { AW_MASTER_KEY: Buffer.alloc(32).toString('base64'), AW_MASTER_KEY_PREVIOUS: 'c2hvcnQ=' }, /^AW_MASTER_KEY_PREVIOUS: 32 bytes/],
    ['a master key before none', { AW_MASTER_KEY_PREVIOUS: Buffer.alloc(32).toString('base64') }, /^AW_MASTER_KEY: needed with AW_MASTER_KEY_PREVIOUS/],
    ['a guessable admin token', { AW_ADMIN_TOKEN: 'admin' }, /^AW_ADMIN_TOKEN: at least 16/],
    ['brokers without a registry', { KAFKA_BROKERS: 'a:9092' }, /^SCHEMA_REGISTRY_URL: needed/],
    ['a broker without a port', { KAFKA_BROKERS: 'a', SCHEMA_REGISTRY_URL: 'http://r' }, /^KAFKA_BROKERS: host:port/],
    ['an address of the wrong kind', { REDIS_URL: 'http://x' }, /^REDIS_URL: an address that starts with redis:/],
    ['a provider nobody knows', { AW_LLM_ORDER: 'openai,skynet' }, /^AW_LLM_ORDER: some of openai, bedrock, anthropic, gemini/],
    ['a provider named twice', { AW_LLM_ORDER: 'openai,openai' }, /^AW_LLM_ORDER: .*each once/],
    ['a base address that is none', { OPENAI_BASE_URL: 'localhost:11434' }, /^OPENAI_BASE_URL: an address/],
    ['a limit of no requests', { AW_LLM_GEMINI_REQUESTS_PER_MINUTE: '0' }, /^AW_LLM_GEMINI_REQUESTS_PER_MINUTE: a whole number/],
    ['a mail server without a sender', { AW_SMTP_URL: 'smtp://mail', AW_PUBLIC_URL: 'https://aw' }, /^AW_MAIL_FROM: needed with AW_SMTP_URL/],
    ['mails whose links lead nowhere', { AW_SMTP_URL: 'smtp://mail', AW_MAIL_FROM: 'aw@example.com' }, /^AW_PUBLIC_URL: needed with AW_SMTP_URL/],
    ['a sender that is two lines', { AW_SMTP_URL: 'smtp://mail', AW_PUBLIC_URL: 'https://aw', AW_MAIL_FROM: 'aw@example.com\nBcc: eve@example.com' }, /^AW_MAIL_FROM: an address/],
    ['a mail server by another protocol', { AW_SMTP_URL: 'https://me:hunter2@mail', AW_PUBLIC_URL: 'https://aw', AW_MAIL_FROM: 'aw@example.com' }, /^AW_SMTP_URL: an address that starts with smtp:/],
    ['a secret file that is not there', { AW_ADMIN_TOKEN_FILE: '/nowhere' }, /^AW_ADMIN_TOKEN_FILE: reading the file it names: ENOENT/],
  ]
  it.each(cases)('refuses %s, saying how to mend it', (_name, environment, message) => {
    expect(mistakesOf(environment)).toEqual([expect.stringMatching(message)])
  })

  it('reports all mistakes at once, each once', () => {
    expect(mistakesOf({ AW_PORT: 'x', AW_MODE: 'y', AW_BODY_BYTES: '1' })).toHaveLength(3)
  })

  it('never repeats an address, which may hold a password', () => {
    expect(JSON.stringify(mistakesOf({ DATABASE_URL: 'mysql://me:hunter2@db/x' }))).not.toContain('hunter2')
  })

  it('takes secrets from files, and prints none', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'aw-config-')), 'token')
    writeFileSync(file, 'a-very-long-admin-token\n')
    const config = readConfig({ AW_ADMIN_TOKEN_FILE: file, DATABASE_URL: 'postgres://me:hunter2@db/x' })
    expect(config.adminToken?.reveal()).toBe('a-very-long-admin-token')
    expect(`${JSON.stringify(config)}${inspect(config)}${String(config.adminToken)}`).not.toMatch(/hunter2|a-very-long/)
  })

  it('refuses a secret given twice', () => {
    expect(mistakesOf({ AW_MASTER_KEY: Buffer.alloc(32).toString('base64'), AW_MASTER_KEY_FILE: '/x' })).toContainEqual(expect.stringMatching(/not both/))
  })

  it('asks no language model without credentials', () => {
    expect(readConfig({}).llm.order).toEqual([])
  })

  it('asks the providers with credentials, in the default order or the one that is named', () => {
    const keys = { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b', GEMINI_API_KEY: 'c', AWS_REGION: 'eu-central-1' }
    expect(readConfig(keys).llm.order).toEqual(['openai', 'bedrock', 'anthropic', 'gemini'])
    expect(readConfig({ ...keys, AW_LLM_ORDER: 'gemini, anthropic' }).llm.order).toEqual(['gemini', 'anthropic'])
    expect(readConfig({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1/', AW_LLM_ORDER: 'anthropic,openai' }).llm).toMatchObject({ order: ['openai'], openai: { baseUrl: 'http://127.0.0.1:11434/v1' } })
  })

  it('keeps questions to Bedrock in the part of the world they come from, and takes models by tier', () => {
    const { providers } = readConfig({ AWS_REGION: 'eu-central-1', AW_LLM_OPENAI_CHEAP_MODEL: 'llama3', AW_LLM_GEMINI_STRONG_MODEL: 'gemini-x' }).llm
    expect(providers.bedrock.models).toEqual({ cheap: 'eu.amazon.nova-lite-v1:0', strong: 'eu.amazon.nova-pro-v1:0' })
    expect(providers.openai.models).toEqual({ cheap: 'llama3', strong: 'llama3' })
    expect(providers.gemini.models.strong).toBe('gemini-x')
  })

  it('prints no key of a provider', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'aw-config-')), 'key')
    writeFileSync(file, 'sk-from-a-file\n')
    const config = readConfig({ OPENAI_API_KEY_FILE: file, ANTHROPIC_API_KEY: 'sk-ant-direct', GEMINI_API_KEY: 'AIza-direct' })
    expect(config.llm.openai.apiKey?.reveal()).toBe('sk-from-a-file')
    expect(`${JSON.stringify(config)}${inspect(config, { depth: 9 })}`).not.toMatch(/sk-|AIza/)
  })

  it('is documented name by name', () => {
    const [unknown] = mistakesOf({ AW_X: '1' })
    const page = readFileSync(join(import.meta.dirname, 'docs/configuration.md'), 'utf8')
    const names = String(unknown).split('known are ')[1]?.split(', ') ?? []
    expect(names.length).toBeGreaterThan(5)
    for (const name of names) expect(page).toContain(`\`${name}\``)
  })
})
