/** What an account of a cloud is described by: form, documentation and validation come from the same table. */
import type { Cloud } from '../../schemas/runs.ts'

/** One field of an account. */
export interface CloudField {
  readonly name: string
  readonly title: string
  /** One or two sentences: what it is and where it is found. */
  readonly description: string
  readonly example: string
  readonly isRequired: boolean
  /** `list`: comma separated, each part fits `pattern`; `address`: http or https, see `addressMistake`. */
  readonly kind: 'text' | 'list' | 'choice' | 'address'
  /** Matched against the whole value, or each part of a list. */
  readonly pattern: RegExp | null
  /** What a choice may be. */
  readonly values: readonly string[]
  /** What counts when it is absent. */
  readonly default: string | null
  /** Made by the program; nobody gives it. */
  readonly isMade: boolean
  /** Only an MSP Admin sets it; null: whoever manages the company. Values that fit `exceptFor` are free. */
  readonly adminOnly: { readonly why: string; readonly exceptFor: RegExp | null } | null
  /** Says where a stored secret is sent, or what for: whoever changes it has to know the secret. */
  readonly bindsSecret: boolean
}

/** The table of one cloud. */
export interface CloudSchema {
  readonly cloud: Cloud
  readonly fields: readonly CloudField[]
  /** Null: the cloud needs none. */
  readonly secret: { readonly title: string; readonly description: string; readonly example: string; readonly isNeeded: (fields: Readonly<Record<string, string>>) => boolean; readonly mistake: (secret: string) => string | null } | null
  /** What two fields say together that cannot be. */
  readonly together: (fields: Readonly<Record<string, string>>) => readonly string[]
}

const VALUE_MAX = 1000

/** A field with the usual rest. */
export function field(name: string, title: string, description: string, example: string, rest: Partial<CloudField> = {}): CloudField {
  return { name, title, description, example, isRequired: false, kind: 'text', pattern: null, values: [], default: null, isMade: false, adminOnly: null, bindsSecret: false, ...rest }
}

/** Sentences on what is wrong with the fields of an account; none where all is well. */
export function fieldMistakes(schema: CloudSchema, fields: Readonly<Record<string, string>>): readonly string[] {
  const mistakes: string[] = []
  for (const name of Object.keys(fields)) {
    if (!schema.fields.some((one) => one.name === name)) mistakes.push(`${schema.cloud} accounts have no field ${name.slice(0, 40)}; they have ${schema.fields.map((one) => one.name).join(', ')}`)
  }
  for (const one of schema.fields) {
    const value = fields[one.name]?.trim() ?? ''
    if (value === '') {
      if (one.isRequired) mistakes.push(`${one.name} is missing: ${one.description} Example: ${one.example}`)
      continue
    }
    const mistake = value.length > VALUE_MAX ? `is longer than ${VALUE_MAX} characters` : valueMistake(one, value)
    if (mistake !== null) mistakes.push(`${one.name} ${mistake}. Example: ${one.example}`)
  }
  return mistakes.length > 0 ? mistakes : schema.together(fields)
}

function valueMistake({ kind, pattern, values }: CloudField, value: string): string | null {
  if (kind === 'choice') return values.includes(value) ? null : `must be one of ${values.join(', ')}`
  if (kind === 'address') return addressMistake(value)
  const parts = kind === 'list' ? value.split(',').map((part) => part.trim()).filter((part) => part !== '') : [value]
  const wrong = parts.find((part) => pattern !== null && !new RegExp(`^(?:${pattern.source})$`, pattern.flags).test(part))
  return wrong === undefined ? null : `does not have the right form: ${wrong.slice(0, 60)}`
}

/** Addresses that hand out credentials to whoever asks from a machine of a cloud, and those of no machine at all. */
const FORBIDDEN_HOSTS = [/^169\.254\./, /^0\./, /^100\.100\.100\.200$/, /^\[fe[89ab][0-9a-f]:/, /^\[fd00:ec2::/, /^\[::\]$/, /^\[::ffff:/, /^metadata(\.google\.internal)?\.?$/, /^instance-data/]

/** Why an address must not be called, or null. Requests go there with signatures and tokens. */
export function addressMistake(text: string): string | null {
  if (!URL.canParse(text)) return 'must be an address'
  const { protocol, hostname, username, password, search, hash } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return 'must begin with http:// or https://'
  if (username !== '' || password !== '' || search !== '' || hash !== '') return 'must have neither user nor password, nothing after ? and nothing after #'
  if (FORBIDDEN_HOSTS.some((host) => host.test(hostname))) return 'is an address that gives credentials to machines, or of none at all, and is never called'
  return null
}
