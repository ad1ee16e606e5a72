/** What may be stored of a cloud account, and by whom; storage asks before it writes. */
import type { Cloud } from '../../schemas/runs.ts'
import { fieldMistakes } from './field.ts'
import { CLOUD_SCHEMAS } from './schemas.ts'

type Fields = Readonly<Record<string, string>>

const SECRET_MAX = 20_000
const NAME = /^[^\p{Cc}\p{Cf}]{1,80}$/u

/** What an account would be. */
export interface CloudAccountState {
  readonly cloud: Cloud
  readonly name: string
  readonly fields: Fields
  readonly hasSecret: boolean
}

/** The rules, in the shape storage takes. */
export const cloudAccountRules = {
  /** Fields that the program makes itself. */
  made: (cloud: Cloud): readonly string[] => CLOUD_SCHEMAS[cloud].fields.filter(({ isMade }) => isMade).map(({ name }) => name),

  /** Sentences on what is wrong. */
  mistakes({ cloud, name, fields, hasSecret }: CloudAccountState, secret: string | null): readonly string[] {
    const schema = CLOUD_SCHEMAS[cloud]
    const mistakes = [...fieldMistakes(schema, fields)]
    if (!NAME.test(name)) mistakes.push('name must have 1 to 80 visible characters')
    if (schema.secret === null && hasSecret) mistakes.push(`${cloud} accounts have no secret: a role is assumed`)
    if (schema.secret?.isNeeded(fields) === true && !hasSecret) mistakes.push(`the secret is missing: ${schema.secret.description}`)
    const mistake = secret === null ? null : secret.length > SECRET_MAX ? 'the secret is too long' : schema.secret?.mistake(secret) ?? null
    return mistake === null ? mistakes : [...mistakes, mistake]
  },

  /** Sentences on what only an MSP Admin may change so. */
  adminOnly(cloud: Cloud, before: Fields, after: Fields): readonly string[] {
    return CLOUD_SCHEMAS[cloud].fields.flatMap(({ name, adminOnly, default: otherwise }) => {
      const value = after[name]?.trim() ?? ''
      if (adminOnly === null || value === (before[name]?.trim() ?? '') || value === '' || value === otherwise || adminOnly.exceptFor?.test(value) === true) return []
      return [`${name} may be set so only by an MSP Admin, because ${adminOnly.why}`]
    })
  },

  /** Changed fields that a stored secret was given for. */
  rebinds: (cloud: Cloud, before: Fields, after: Fields): readonly string[] => CLOUD_SCHEMAS[cloud].fields.filter(({ name, bindsSecret }) => bindsSecret && (before[name]?.trim() ?? '') !== (after[name]?.trim() ?? '')).map(({ name }) => name),

  /** Whether the account uses an identity of the program’s own, which a company must not turn to another place. */
  usesOwnIdentity: (cloud: Cloud, fields: Fields): boolean => cloud !== 'aws' && CLOUD_SCHEMAS[cloud].secret?.isNeeded(fields) === false,
} as const
