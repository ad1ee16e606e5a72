/** Holds what a fake is asked and answers to a vendor's description under ../shared/specs, where that is there. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'

const ROOT = join(import.meta.dirname, '../../../shared/specs')

/** A description that values are held to. */
export interface HeldSpec {
  /** False: the description is not there, and nothing is held to anything. */
  readonly isThere: boolean
  /** What is wrong with a value of this schema of the description, by its name or, beginning with a slash, by its place; nothing where all is well, or where there is nothing to hold it to. */
  faults(schema: string, value: unknown): readonly string[]
}

/** Reads a description, such as `aws/ssm.openapi.json`. */
export function holdTo(file: string): HeldSpec {
  const path = join(ROOT, file)
  if (!existsSync(path)) return { isThere: false, faults: () => [] }
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { int32: true, int64: true, double: true, float: true, 'date-time': true, uuid: true, byte: true, uri: true } })
  ajv.addSchema(JSON.parse(readFileSync(path, 'utf8')) as object, file)
  const compiled = new Map<string, ValidateFunction>()
  return {
    isThere: true,
    faults(schema, value) {
      const validate = compiled.get(schema) ?? ajv.compile({ $ref: `${file}#${schema.startsWith('/') ? schema : `/components/schemas/${schema}`}` })
      compiled.set(schema, validate)
      return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message = 'does not fit' }) => `${schema}${instancePath} ${message}`)
    },
  }
}
