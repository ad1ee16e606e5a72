/**
 * Writes `schemas/records.ts` from the `.avsc` files: `npm run gen`. A test fails when the two differ.
 * Each record becomes an interface, each enum a union of words; `["null", X]` becomes `X | null`.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Schema = string | Schema[] | { type: Schema; name?: string; doc?: string; fields?: Field[]; symbols?: string[]; items?: Schema; values?: Schema }
interface Field { name: string; type: Schema; doc?: string }

const PRIMITIVES: Readonly<Record<string, string>> = { null: 'null', boolean: 'boolean', int: 'number', long: 'number', double: 'number', string: 'string', bytes: 'Buffer' }

/** The TypeScript text for every `.avsc` file in `folder`, in file-name order. */
export function generate(folder: string): string {
  const out = ['// Made by schemas/generate.ts from schemas/avro; do not edit. `npm run gen` makes it anew.', '']
  const seen = new Map<string, string>()

  const declare = (name: string, text: string): string => {
    const known = seen.get(name)
    if (known !== undefined && known !== text) throw new Error(`two schemas name ${name} and differ`)
    if (known === undefined) {
      seen.set(name, text)
      out.push(text, '')
    }
    return name
  }
  const typeOf = (schema: Schema): string => {
    if (typeof schema === 'string') return PRIMITIVES[schema] ?? schema
    if (Array.isArray(schema)) return [...schema.filter((s) => s !== 'null'), ...schema.filter((s) => s === 'null')].map(typeOf).join(' | ')
    if (schema.symbols !== undefined) {
      const union = schema.symbols.map((s) => `'${s}'`).join(' | ')
      return schema.symbols.length === 1 ? union : declare(schema.name ?? '', `export type ${schema.name} = ${union}`)
    }
    if (schema.fields !== undefined) {
      const lines = schema.fields.map((field) => {
        const doc = field.doc === undefined ? '' : `  /** ${field.doc} */\n`
        return `${doc}  ${field.name}: ${typeOf(field.type)}`
      })
      return declare(schema.name ?? '', `/** ${schema.doc ?? schema.name} */\nexport interface ${schema.name} {\n${lines.join('\n')}\n}`)
    }
    if (schema.items !== undefined) {
      const item = typeOf(schema.items)
      return item.includes('|') ? `(${item})[]` : `${item}[]`
    }
    if (schema.values !== undefined) return `Record<string, ${typeOf(schema.values)}>`
    return typeOf(schema.type)
  }
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.avsc')).sort()) typeOf(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Schema)
  return out.join('\n').trimEnd() + '\n'
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, 'records.ts'), generate(join(import.meta.dirname, 'avro')))
