/** Assets from a CSV file: all of them, or every mistake with its line. */
import type { AssetFields } from '../schemas/views.ts'
import { parseCsv, type CsvMistake } from './csv.ts'

/** Rows an import may have. */
export const IMPORT_ROWS_MAX = 20_000

/** Column names, written with or without underscores; only `name` must be there. Lists are divided by `;`, tags are `key=value`. */
export const ASSET_COLUMNS = ['name', 'aliases', 'critical', 'cloud_provider', 'region', 'account', 'instance_id', 'resource_group', 'vm_name', 'tags'] as const

const TRUE = ['true', 'yes', '1']
const FALSE = ['false', 'no', '0', '']
const MISTAKES_MAX = 50
const TEXT_MAX = 255
const ALIASES_MAX = 50
const TAGS_MAX = 100

type Column = (typeof ASSET_COLUMNS)[number]
type Tell = (message: string) => void

/** Reads assets. `mistakes` is empty when all rows are right; only then `assets` may be used. */
export function readAssetCsv(text: string): { assets: AssetFields[]; mistakes: CsvMistake[] } {
  const { rows, mistake } = parseCsv(text)
  const mistakes: CsvMistake[] = mistake === null ? [] : [mistake]
  const [header, ...records] = rows
  if (header === undefined) return { assets: [], mistakes: [...mistakes, { line: 1, message: 'the file is empty; its first line names the columns' }] }
  const columns = header.fields.map((field) => ASSET_COLUMNS.find((column) => squeeze(column) === squeeze(field)))
  columns.forEach((column, index) => {
    if (column === undefined) mistakes.push({ line: header.line, message: `there is no column ${JSON.stringify((header.fields[index] ?? '').slice(0, 60))}; columns are ${ASSET_COLUMNS.join(', ')}` })
    else if (columns.indexOf(column) !== index) mistakes.push({ line: header.line, message: `column ${column} stands twice` })
  })
  if (!columns.includes('name')) mistakes.push({ line: header.line, message: 'the column "name" is missing' })
  if (records.length > IMPORT_ROWS_MAX) mistakes.push({ line: header.line, message: `more than ${IMPORT_ROWS_MAX} rows; split the file` })
  if (mistakes.length > 0) return { assets: [], mistakes: mistakes.slice(0, MISTAKES_MAX) }

  const firstLines = new Map<string, number>()
  const assets: AssetFields[] = []
  for (const { line, fields } of records) {
    if (mistakes.length >= MISTAKES_MAX) break
    const tell: Tell = (message) => mistakes.push({ line, message })
    if (fields.length !== columns.length) {
      tell(`${fields.length} fields where the first line has ${columns.length}`)
      continue
    }
    const asset = readAsset((column) => (fields[columns.indexOf(column)] ?? '').trim(), tell)
    const first = firstLines.get(asset.name)
    if (first === undefined) firstLines.set(asset.name, line)
    else tell(`the name ${JSON.stringify(asset.name)} stands in line ${first} already`)
    assets.push(asset)
  }
  return { assets, mistakes }
}

function readAsset(raw: (column: Column) => string, tell: Tell): AssetFields {
  const bounded = (column: Column): string | null => {
    const value = raw(column)
    if (value.length > TEXT_MAX) tell(`${column} is longer than ${TEXT_MAX} characters`)
    return value === '' ? null : value
  }
  const name = bounded('name')
  if (name === null) tell('name is empty')
  const critical = raw('critical').toLowerCase()
  if (!TRUE.includes(critical) && !FALSE.includes(critical)) tell(`critical is ${JSON.stringify(critical.slice(0, 60))}; write true or false`)
  const provider = raw('cloud_provider').toLowerCase()
  const cloudProvider = provider === 'aws' || provider === 'azure' || provider === 'gcp' ? provider : null
  if (cloudProvider === null && provider !== '') tell(`cloud_provider is ${JSON.stringify(provider.slice(0, 60))}; write aws, azure, gcp or nothing`)
  return {
    name: name ?? '', aliases: readAliases(raw('aliases'), tell), critical: TRUE.includes(critical), cloudProvider, region: bounded('region'), account: bounded('account'),
    instanceId: bounded('instance_id'), resourceGroup: bounded('resource_group'), vmName: bounded('vm_name'), tags: readTags(raw('tags'), tell),
  }
}

function readAliases(value: string, tell: Tell): string[] {
  const aliases = parts(value)
  if (aliases.length > ALIASES_MAX) tell(`more than ${ALIASES_MAX} aliases`)
  if (aliases.some((alias) => alias.length > TEXT_MAX)) tell(`an alias is longer than ${TEXT_MAX} characters`)
  return aliases
}

function readTags(value: string, tell: Tell): Record<string, string> {
  const tags = new Map<string, string>()
  for (const part of parts(value)) {
    const divider = part.indexOf('=')
    if (divider < 1) tell(`tag ${JSON.stringify(part.slice(0, 60))} is not key=value`)
    else tags.set(part.slice(0, divider).trim().slice(0, TEXT_MAX), part.slice(divider + 1).trim().slice(0, TEXT_MAX))
  }
  if (tags.size > TAGS_MAX) tell(`more than ${TAGS_MAX} tags`)
  return Object.fromEntries(tags)
}

function parts(value: string): string[] {
  return value.split(';').map((part) => part.trim()).filter((part) => part !== '')
}

function squeeze(name: string): string {
  return name.trim().toLowerCase().replaceAll('_', '')
}
