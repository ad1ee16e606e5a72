/**
 * `npm run new:connector <id> ["Title"]`: a connector that works from its first minute, made of the reference (Zendesk) with its fake, golden calls, tests, and the lines that register it. It
 * passes the contract against its fake; then both are changed, the fake first, until they speak as the new vendor does.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const REFERENCE = 'zendesk'
const TAKEN = ['budget', 'http', 'notices', 'outbox', 'sync', 'templates', 'vault']

/** Makes it below `root`, and answers what was written. Throws where the id is none, or taken. */
export function newConnector(root: string, id: string, title: string): readonly string[] {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)) throw new Error(`"${id}" is no id: small letters, digits and single hyphens, such as "happy-desk"`)
  if (TAKEN.includes(id) || existsSync(join(root, 'connectors', id))) throw new Error(`connectors/${id} is there already: choose another id`)
  const names = { id, title: title.replace(/['\\`$]/g, ''), camel: camelOf(id) }
  const copies = [
    ...filesBelow(join(root, 'connectors', REFERENCE)).map((file): [string, string] => [`connectors/${REFERENCE}/${file}`, `connectors/${id}/${file}`]),
    [`test/fakes/psa/${REFERENCE}.ts`, `test/fakes/psa/${id}.ts`] as const,
    [`test/contracts/connector/${REFERENCE}.test.ts`, `test/contracts/connector/${id}.test.ts`] as const,
  ]
  for (const [from, to] of copies) {
    mkdirSync(dirname(join(root, to)), { recursive: true })
    writeFileSync(join(root, to), renamed(readFileSync(join(root, from), 'utf8'), names))
  }
  change(root, 'connectors/registry.ts', (text) => listed(withImport(text, `import { ${names.camel} } from './${id}/index.ts'`), names.camel))
  change(root, 'test/contracts/connector/subjects.ts', (text) => {
    const line = text.split('\n').find((one) => one.includes(`connector: ${REFERENCE},`)) ?? ''
    const imported = withImport(withImport(text, `import { ${names.camel} } from '../../../connectors/${id}/index.ts'`), `import { start${pascalOf(id)} } from '../../fakes/psa/${id}.ts'`)
    return imported.replace(line, `${renamed(line, names)}\n${line}`)
  })
  return [...copies.map(([, to]) => to), 'connectors/registry.ts', 'test/contracts/connector/subjects.ts']
}

interface Names { readonly id: string; readonly title: string; readonly camel: string }

/** A file of the reference as one of the new connector: in texts and paths its id, as a word of the language its name. */
function renamed(text: string, { id, title, camel }: Names): string {
  return text
    // Inside a name of the code it is part of an identifier, by itself it is a word for people.
    .replace(/(?<=[A-Za-z])Zendesk|Zendesk(?=[A-Za-z])/g, pascalOf(id))
    .replace(/Zendesk/g, title)
    .replace(': the reference among the connectors', '')
    .replace(/(['"`/-]|connect |connector )zendesk|zendesk(?=[-/]|\.com)/g, (_whole, before: string | undefined) => `${before ?? ''}${id}`)
    .replace(/zendesk/g, camel)
}

const camelOf = (id: string): string => id.replace(/-(.)/g, (_whole, letter: string) => letter.toUpperCase())
const pascalOf = (id: string): string => camelOf(id).replace(/^./, (letter) => letter.toUpperCase())

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort()
}

function change(root: string, path: string, how: (text: string) => string): void {
  writeFileSync(join(root, path), how(readFileSync(join(root, path), 'utf8')))
}

function withImport(text: string, line: string): string {
  const lines = text.split('\n')
  const first = lines.findIndex((one) => one.startsWith('import '))
  return [...lines.slice(0, first), line, ...lines.slice(first)].join('\n')
}

/** The registry with one more, by the order of names. */
function listed(text: string, name: string): string {
  return text.replace(/(CONNECTORS: readonly TicketConnector\[\] = \[)([^\]]*)\]/, (_whole, head: string, inside: string) => {
    const all = [...inside.split(',').map((one) => one.trim()).filter((one) => one !== ''), name].sort()
    return `${head}${all.join(', ')}]`
  })
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const [id = '', title = pascalOf(id)] = process.argv.slice(2)
  try {
    const written = newConnector(root, id, title)
    spawnSync(process.execPath, [join(root, 'connectors/generate-guides.ts')], { stdio: 'inherit' })
    process.stdout.write([
      ...written, `docs/connectors/${id}.md`, '',
      `It works against its fake: npx vitest run --project contract test/contracts/connector/${id}.test.ts`,
      `Next: 1. test/fakes/psa/${id}.ts says what ${title} says, held to its description.  2. connectors/${id}/ follows until the contract holds.  3. capabilities.ts is honest, subjects.ts says why.  4. UPDATE_GOLDEN=1 and npm run gen; read the diffs.`, '',
    ].join('\n'))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
